"""The ledger's database is away while webhooks keep coming and a batch is in Sage."""

from itertools import chain

from bridge.states import State
from tests.fleets import FleetLab, answers

ORDERS = 20
LOCKED = "database is locked"
REFUSED = "connection to server"


def test_a_ledger_that_is_locked_longer_than_anybody_waits_costs_no_event_and_no_order(embedded: FleetLab) -> None:
    lab = embedded
    complaints = lab.services.log("intake.1").count(LOCKED)
    ids = lab.place_behind_gate(ORDERS)
    trap = lab.trap("after_header_write", "pause", ids)
    lab.ledger.resume(lab.shops[0])
    lab.await_hit(trap)
    with lab.stage.database.write():  # as a backup or a careless person may hold it
        lab.sage.release_fault(trap.fault_id)
        ids += lab.place(ORDERS)
        lab.until(lambda: are_accepted(lab, ids), "the receiver takes every webhook")
        lab.until(lambda: lab.services.log("intake.1").count(LOCKED) > complaints, "intake has given up once")

    settle_after_outage(lab, ids)
    assert lab.ledger.writes_begun(lab.ledger.record(trap.record.source_id)) == 1


def test_a_database_server_killed_in_a_batch_costs_no_event_and_no_order(served: FleetLab) -> None:
    """The outcome that Sage has given cannot be kept, so that the probe has to find what was written."""
    lab = served
    assert lab.server is not None
    ids = lab.place_behind_gate(ORDERS)
    trap = lab.trap("after_header_write", "pause", ids)
    lab.ledger.resume(lab.shops[0])
    lab.await_hit(trap)
    complaints = lab.services.log("sage-writer.ABC").count(REFUSED)
    lab.server.kill()
    ids += lab.place(ORDERS)
    lab.until(lambda: are_accepted(lab, ids), "the receiver takes every webhook")
    lab.sage.release_fault(trap.fault_id)
    lab.until(lambda: lab.services.log("sage-writer.ABC").count(REFUSED) > complaints, "the writer has given up")
    lab.server.start()

    settle_after_outage(lab, ids)
    record = lab.ledger.record(trap.record.source_id)
    assert (record.doubts, lab.ledger.writes_begun(record)) == (1, 1)


def settle_after_outage(lab: FleetLab, ids: list[str]) -> None:
    """As `settle`. A site may have been told something that its worker could not note any more."""
    lab.until(lambda: lab.ledger.all_in(State.CONFIRMED, ids), "the orders themselves are in Sage")
    lab.expire_tellings()
    lab.settle()


def are_accepted(lab: FleetLab, ids: list[str]) -> bool:
    """Whether every webhook of these orders was answered 202, by the site's own book."""
    told = answers(lab, ids)
    return len(told) == len(ids) and set(chain.from_iterable(told.values())) == {"202"}
