"""Finds what was left behind: batches of dead workers, orders whose customer was decided beside them, dead letters
that their queue has not been given."""

from collections import defaultdict

from celery import shared_task

from bridge.ledger.claims import turn_expired
from bridge.ledger.customers import heal_orders
from bridge.ledger.dead import as_letter, mark_queued, unqueued
from bridge.ledger.reading import call_in
from tasks import fleet

LETTERS = 500


@shared_task(name="ledger.sweep")
def sweep() -> int:
    """Turns overdue batches, moves forgotten orders on, calls in what a wrong clock put off, publishes dead letters.

    How many of all; twice does no more than once.
    """
    ports = fleet()
    turned = turn_expired(ports.database, by=ports.name, now=ports.clock.now())
    turned += heal_orders(ports.database, by=ports.name, now=ports.clock.now())
    turned += call_in(ports.database, now=ports.clock.now())
    with ports.database.read() as connection:
        waiting = unqueued(connection, LETTERS)
    by_entity = defaultdict(list)
    for row in waiting:
        by_entity[row.entity].append(as_letter(row))
    for entity, letters in by_entity.items():
        ports.dead_letters.publish(entity, letters)
    with ports.database.write() as connection:
        mark_queued(connection, [row.id for row in waiting], ports.clock.now())
    return turned + len(waiting)
