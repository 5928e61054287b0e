"""The canary that beat sends through every queue."""

from celery import shared_task

from bridge.ledger import heartbeats
from tasks import fleet


@shared_task(name="canary.echo")
def echo() -> None:
    """Notes that beat is alive, since nobody else sends canaries; that it came through shows that its queue is served.

    A worker that hears nothing else advances its own heartbeat by finishing this. Twice is the same as once.
    """
    ports = fleet()
    heartbeats.note(ports.database, [heartbeats.BEAT], by=ports.name, now=ports.clock.now())
