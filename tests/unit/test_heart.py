"""A worker's heartbeats: by queue and by worker, not for every task, and never at the cost of one."""

from celery.app.task import Context

from bridge.ledger import heartbeats
from bridge.ledger.store import Database
from tests.task_rig import NOW, TaskRig
from workers.heart import Heart


def done(queue: str = "intake") -> Context:
    """The request of a task that this worker has finished."""
    return Context(delivery_info={"routing_key": queue}, hostname="intake.1@here")


def names(rig: TaskRig) -> dict[str, str]:
    return {row.name: row.by for row in rig.rows("heartbeat")}


def test_a_finished_task_advances_its_queue_and_its_worker(rig: TaskRig) -> None:
    heart = Heart(lambda: rig.ports, note_s=0)
    heart.beat(done())
    assert names(rig) == {"queue:intake": "worker@test", "worker:intake.1@here": "worker@test"}
    later = rig.pass_time(seconds=1)
    heart.beat(done())
    assert {row.at for row in rig.rows("heartbeat")} == {later}


def test_a_busy_worker_does_not_write_for_every_task(rig: TaskRig) -> None:
    heart = Heart(lambda: rig.ports, note_s=3600)
    heart.beat(done())
    rig.pass_time(seconds=1)
    heart.beat(done())
    heart.beat(done("steward"))
    assert {row.name: row.at for row in rig.rows("heartbeat")}["queue:intake"] == NOW
    assert heartbeats.of_queue("steward") in names(rig), "another queue has a heartbeat of its own"


def test_a_ledger_that_is_away_costs_the_heartbeat_and_nothing_else(rig: TaskRig) -> None:
    there = rig.ports
    heart = Heart(lambda: rig.ports, note_s=3600)
    rig.change(database=Database("sqlite:////nowhere/at/all.db"))
    heart.beat(done())
    rig.change(database=there.database)
    heart.beat(done())
    assert "queue:intake" in names(rig), "what was not written is written with the next task"
