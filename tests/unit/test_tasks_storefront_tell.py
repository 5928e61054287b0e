"""`storefront.tell`: each confirmed order is told once; doubt is told again under the same key, refusal rests apart."""

from datetime import timedelta

import pytest

from bridge.errors import Refused, Throttled, TidegateError, Unauthorised, Uncertain, Unreachable
from bridge.flows import sending
from bridge.flows.sending import DOUBT_S, TURN, WAIT_S
from bridge.ledger.claims import begin_writing, claim, issue_fence
from bridge.ledger.moves import revise
from bridge.ledger.outcomes import Rules, Writer, commit_results
from bridge.ledger.rows import Record
from bridge.outcomes import Outcome
from bridge.ports.erp import ResultLine
from bridge.ports.storefront import Acknowledgement
from bridge.states import State
from tasks import storefront_tell
from tasks.ledger_sweep import sweep
from tasks.storefront_tell import tell
from tests.builders import an_order, the
from tests.task_rig import LANE, SITE_LANE, Shop, TaskRig

KEY = "clarity:acknowledgement:{}:sage100:ABC:1"


def confirmed(rig: TaskRig, *source_ids: str) -> list[Record]:
    """Orders that the site has and that are in the ERP by now; their tellings, in the same order."""
    now = rig.clock.now()
    for source_id in source_ids:
        rig.shop.put_order(rig.order(source_id))
        an_order(rig.database, source_id)
    fence = issue_fence(rig.database, LANE, by="w", now=now)
    batch = claim(rig.database, LANE, fence=fence, window_id=None, owner="w", limit=100, now=now)
    assert batch
    numbers = {record.id: f"{record.id:07d}" for record in batch.records}
    begin_writing(rig.database, batch, numbers, by="w", now=now)
    lines = [ResultLine(record_id, Outcome.CONFIRMED, number) for record_id, number in numbers.items()]
    commit_results(rig.database, Writer("w", LANE, fence), lines, Rules(), now=now)
    return [record for record in rig.records("acknowledgement") if record.source_id in source_ids]


def test_a_confirmed_order_is_told_with_its_number(rig: TaskRig) -> None:
    [telling] = confirmed(rig, "1")
    assert tell("clarity") == 1
    [told] = rig.shop.told
    assert (told.order_id, told.lane, told.state) == ("1", LANE, "accepted")
    assert (told.document_number, told.idempotency_key) == (telling.number, KEY.format("1"))
    assert rig.states("acknowledgement") == {"1": "CONFIRMED"}


def test_a_message_that_comes_twice_does_nothing_more(rig: TaskRig) -> None:
    confirmed(rig, "1")
    assert (tell("clarity"), tell("clarity")) == (1, 0)
    assert (len(rig.shop.told), rig.shop.mails_sent) == (1, ["1"])


def test_more_than_one_batch_is_told(rig: TaskRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storefront_tell, "BATCH", 2)
    confirmed(rig, "1", "2", "3")
    assert tell("clarity") == 3


def test_a_turn_of_telling_ends_and_the_next_goes_on(rig: TaskRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storefront_tell, "BATCH", 1)
    confirmed(rig, "1", "2", "3")
    at_once = rig.shop.acknowledge

    def slowly(telling: Acknowledgement) -> None:
        rig.pass_time(seconds=TURN.total_seconds() * 0.6)
        at_once(telling)

    monkeypatch.setattr(rig.shop, "acknowledge", slowly)
    assert (tell("clarity"), tell("clarity")) == (2, 1)


@pytest.mark.parametrize("has_arrived", [True, False])
def test_a_telling_in_doubt_rests_and_is_repeated_under_the_same_key(rig: TaskRig, has_arrived: bool) -> None:
    [telling] = confirmed(rig, "1")
    rig.shop.fail_next("acknowledge", Uncertain("the answer was lost"), after_effect=has_arrived)
    assert tell("clarity") == 0
    doubtful = the(rig.database, telling)
    assert (doubtful.state, doubtful.due_at) == (State.UNCERTAIN, rig.clock.now() + timedelta(seconds=DOUBT_S))
    rig.pass_time(seconds=DOUBT_S - 1)
    assert (tell("clarity"), len(rig.shop.told)) == (0, 1), "not before its time"
    rig.pass_time(seconds=1)
    assert tell("clarity") == 1
    assert [told.idempotency_key for told in rig.shop.told] == [KEY.format("1")] * 2
    assert rig.shop.mails_sent == ["1"]
    assert (the(rig.database, telling).state, rig.states()) == (State.CONFIRMED, {"1": "CONFIRMED"})


def test_a_telling_in_doubt_for_ever_is_a_dead_letter_of_its_own(rig: TaskRig) -> None:
    confirmed(rig, "1")
    for _ in range(4):
        rig.shop.fail_next("acknowledge", Uncertain("the answer was lost"))
        tell("clarity")
        rig.pass_time(seconds=DOUBT_S)
    assert rig.states("acknowledgement") == {"1": "DEAD"}
    assert [letter.entity for letter in rig.rows("dead_letter")] == ["acknowledgement"]
    assert (len(rig.shop.told), rig.states()) == (3, {"1": "CONFIRMED"})


def test_a_refusal_rests_with_the_telling_and_holds_up_no_other(rig: TaskRig) -> None:
    first, second = confirmed(rig, "1", "2")
    rig.shop.fail_next("acknowledge", Refused("order 1 is Void", field="status", value="Void"))
    assert tell("clarity") == 1
    refused = the(rig.database, first)
    assert (refused.state, refused.reason_field, refused.reason_value) == (State.REVIEW, "status", "Void")
    assert the(rig.database, second).state is State.CONFIRMED
    assert rig.states() == {"1": "CONFIRMED", "2": "CONFIRMED"}


def test_a_fault_of_ours_with_one_telling_holds_up_no_other(rig: TaskRig) -> None:
    first, second = confirmed(rig, "1", "2")
    with rig.database.write() as connection:
        revise(connection, first, {"parent_id": None}, rig.clock.now())
    assert tell("clarity") == 1
    assert [the(rig.database, each).state for each in (first, second)] == [State.UNCERTAIN, State.CONFIRMED]
    assert "has no parent" in (the(rig.database, first).reason_text or "")


AWAY: list[tuple[TidegateError, float]] = [
    (Unreachable("connection refused"), WAIT_S),
    (Throttled("slow down", after_s=30), 30),
]


@pytest.mark.parametrize(("error", "rest_s"), AWAY)
def test_while_the_site_is_away_everything_waits_and_nothing_counts(
    rig: TaskRig, error: TidegateError, rest_s: float
) -> None:
    tellings = confirmed(rig, "1", "2")
    rig.shop.fail_next("acknowledge", error)
    assert (tell("clarity"), len(rig.shop.told)) == (0, 1), "the second was not even sent"
    for telling in tellings:
        now = the(rig.database, telling)
        assert (now.state, now.failures) == (State.READY, 0)
        assert now.due_at == rig.clock.now() + timedelta(seconds=rest_s)
    assert tell("clarity") == 0, "not before its time"
    rig.pass_time(seconds=rest_s)
    assert tell("clarity") == 2


class Tired(Shop):
    """A site that goes away after two tellings."""

    def acknowledge(self, told: Acknowledgement) -> None:
        if len(self.told) == 2:
            raise Unreachable("connection refused")
        super().acknowledge(told)


def test_what_was_told_before_the_site_went_away_stays_told(rig: TaskRig) -> None:
    rig.shop = Tired(rig.clock)
    rig.change_connection(storefront=rig.shop)
    confirmed(rig, "1", "2", "3", "4")
    assert tell("clarity") == 2
    assert rig.states("acknowledgement") == {"1": "CONFIRMED", "2": "CONFIRMED", "3": "READY", "4": "READY"}


def test_a_refused_logon_halts_the_connection_until_a_person_resumes_it(rig: TaskRig) -> None:
    tellings = confirmed(rig, "1", "2")
    rig.shop.fail_next("acknowledge", Unauthorised("the secret has expired"))
    assert tell("clarity") == 0
    assert rig.alarms()[f"halted:{SITE_LANE}"] == "at once"
    assert {the(rig.database, each).state for each in tellings} == {State.READY}
    rig.pass_time(hours=1)
    assert (tell("clarity"), len(rig.shop.told)) == (0, 1)
    rig.resume(SITE_LANE)
    assert tell("clarity") == 2
    assert {the(rig.database, each).failures for each in tellings} == {0}


def test_a_worker_that_died_after_it_told_leaves_a_doubt_that_is_repeated(
    rig: TaskRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt("killed between the site's answer and the commit")

    confirmed(rig, "1")
    with monkeypatch.context() as patch:
        patch.setattr(sending, "commit_results", die)
        with pytest.raises(KeyboardInterrupt):
            tell("clarity")
    assert (rig.states("acknowledgement"), rig.shop.mails_sent) == ({"1": "WRITING"}, ["1"])
    assert tell("clarity") == 0, "its batch is still its own"
    rig.pass_time(seconds=301)
    sweep()
    assert rig.states("acknowledgement") == {"1": "UNCERTAIN"}
    assert tell("clarity") == 1
    assert ([told.idempotency_key for told in rig.shop.told], rig.shop.mails_sent) == ([KEY.format("1")] * 2, ["1"])


def test_a_worker_that_was_given_up_and_comes_back_late_changes_nothing(rig: TaskRig) -> None:
    [telling] = confirmed(rig, "1")
    slow = Writer("slow", SITE_LANE, None)
    batch = claim(
        rig.database, SITE_LANE, fence=None, window_id=None, owner="slow", limit=5, now=rig.clock.now(), lease_s=300
    )
    assert batch
    begin_writing(rig.database, batch, {}, by="slow", now=rig.clock.now())
    rig.pass_time(seconds=301)
    sweep()
    late = ResultLine(telling.id, Outcome.REJECTED, text="too late")
    commit_results(rig.database, slow, [late], Rules(), now=rig.clock.now())
    assert the(rig.database, telling).state is State.UNCERTAIN
    assert tell("clarity") == 1
    commit_results(rig.database, slow, [late], Rules(), now=rig.clock.now())
    assert the(rig.database, telling).state is State.CONFIRMED
