"""`ledger.sweep`: what a dead worker, a race or a broker that was away left lying is found and moved on, once."""

import pytest
from kombu.exceptions import OperationalError

from bridge.errors import StaleFence
from bridge.ledger.claims import begin_writing, claim, issue_fence
from bridge.ledger.dead import DeadMessage, as_letter, bury_message
from bridge.ledger.moves import Step, move
from bridge.ledger.outcomes import Rules, Writer, commit_results
from bridge.ledger.resting import open_letters
from bridge.outcomes import Outcome
from bridge.ports.erp import ResultLine
from bridge.states import State
from tasks import ledger_sweep
from tasks.ledger_sweep import sweep
from tests.builders import a_customer, an_order, the
from tests.task_rig import LANE, TaskRig


def unreadable(rig: TaskRig, *origins: str) -> None:
    with rig.database.write() as connection:
        for origin in origins:
            bury_message(connection, DeadMessage(origin, "resource: required", b"{}"), rig.clock.now())


def claimed(rig: TaskRig, *, limit: int = 1) -> Writer:
    """A writer that claims, sends its first batch, claims a second and is killed."""
    now = rig.clock.now()
    fence = issue_fence(rig.database, LANE, by="w", now=now)
    batch = claim(rig.database, LANE, fence=fence, window_id=None, owner="w", limit=limit, now=now)
    assert batch
    begin_writing(rig.database, batch, {record.id: str(record.id) for record in batch.records}, by="w", now=now)
    claim(rig.database, LANE, fence=fence, window_id=None, owner="w", limit=limit, now=now)
    return Writer("w", LANE, fence)


def test_with_nothing_left_lying_it_does_nothing(rig: TaskRig) -> None:
    an_order(rig.database)
    assert (sweep(), rig.letters.depths()["message"]) == (0, 0)


def test_what_a_killed_writer_left_is_turned_and_its_fence_is_stale(rig: TaskRig) -> None:
    sent, waiting = an_order(rig.database, "1"), an_order(rig.database, "2")
    writer = claimed(rig)
    assert sweep() == 0, "it may still be alive"
    rig.pass_time(seconds=600)
    assert sweep() == 2
    assert (the(rig.database, sent).state, the(rig.database, waiting).state) == (State.UNCERTAIN, State.READY)
    line = ResultLine(sent.id, Outcome.CONFIRMED, "1")
    with pytest.raises(StaleFence):
        commit_results(rig.database, writer, [line], Rules(), now=rig.clock.now())
    assert sweep() == 0


def test_an_order_settled_beside_its_customers_outcome_is_moved_on(rig: TaskRig) -> None:
    customer = a_customer(rig.database)
    order = an_order(rig.database, customer=customer)
    writer = claimed(rig)
    line = ResultLine(customer.id, Outcome.CONFIRMED, "C1")
    commit_results(rig.database, writer, [line], Rules(), now=rig.clock.now())
    with rig.database.write() as connection:  # settled as it was read, before the outcome above
        back = {"condition": f"customer:{customer.id}", "batch_id": None}
        step = Step(State.HELD, "waits for its customer", "reader", changes=back)
        move(connection, the(rig.database, order), step, rig.clock.now())
    assert sweep() == 1
    assert (the(rig.database, order).state, the(rig.database, order).condition) == (State.READY, None)
    assert sweep() == 0


def test_dead_letters_are_published_once_by_entity(rig: TaskRig) -> None:
    an_order(rig.database)
    writer = claimed(rig)
    line = ResultLine(1, Outcome.UNKNOWN, text="a fault of ours")
    commit_results(rig.database, writer, [line], Rules(), now=rig.clock.now())
    unreadable(rig, "stream:1-0", "stream:2-0")
    assert (sweep(), sweep()) == (3, 0)
    depths = rig.letters.depths()
    assert (depths["order"], depths["message"], sum(depths.values())) == (1, 2, 3)


def test_a_broker_that_is_away_loses_no_letter_and_keeps_no_record_from_being_moved_on(rig: TaskRig) -> None:
    an_order(rig.database)
    claimed(rig)
    unreadable(rig, "stream:1-0")
    rig.pass_time(seconds=600)
    rig.lose_broker()
    with pytest.raises(OperationalError):
        sweep()
    assert rig.states() == {"10025": "UNCERTAIN"}
    rig.find_broker()
    assert (sweep(), rig.letters.depths()["message"]) == (1, 1)


def test_letters_published_twice_by_a_kill_are_mended_by_a_rebuild(
    rig: TaskRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt("killed between the queue and the ledger")

    unreadable(rig, "stream:1-0", "stream:2-0")
    with monkeypatch.context() as patch:
        patch.setattr(ledger_sweep, "mark_queued", die)
        with pytest.raises(KeyboardInterrupt):
            sweep()
    assert (sweep(), rig.letters.depths()["message"]) == (2, 4)
    rig.letters.rebuild(
        {entity: [as_letter(row) for row in rows] for entity, rows in open_letters(rig.database).items()}
    )
    assert rig.letters.depths()["message"] == 2


def test_many_letters_take_several_sweeps(rig: TaskRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_sweep, "LETTERS", 2)
    unreadable(rig, "stream:1-0", "stream:2-0", "stream:3-0")
    assert (sweep(), sweep(), sweep()) == (2, 1, 0)
    assert rig.letters.depths()["message"] == 3
