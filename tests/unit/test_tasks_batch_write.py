"""`batch.write`: one lane in its present window, from a bare nudge; what the ERP cannot take now waits untouched."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bridge.erp.memory import MemoryErp, MemorySession
from bridge.errors import TryLater
from bridge.ledger import windows
from bridge.outcomes import Outcome
from bridge.ports.seats import Lease
from bridge.seats.budget import SeatBudget
from bridge.seats.memory import MemorySeats
from bridge.states import State
from tasks.batch_write import write
from tasks.documents_read import read
from tasks.storefront_poll import poll
from tests.builders import an_order, the
from tests.task_rig import LANE, TaskRig


@pytest.fixture
def rig(rig: TaskRig) -> TaskRig:
    """A lane whose window is open, and a company that knows what orders need."""
    rig.erp.company(LANE).add_customer("ACME")
    rig.erp.company(LANE).add_item("WIDGET")
    rig.open_window()
    return rig


def in_erp(rig: TaskRig) -> list[str]:
    """The stamps of the orders in the ERP."""
    stored = rig.erp.company(LANE).records.values()
    return [row.stamp for row in stored if row.document == "order"]


def next_window(rig: TaskRig) -> None:
    rig.pass_time(minutes=15)
    rig.open_window()


def test_an_order_walks_from_the_site_into_the_erp(rig: TaskRig) -> None:
    rig.shop.put_order(rig.order("1"))
    poll("clarity")
    read("clarity")
    assert write(LANE) == "empty"
    [order], [customer] = rig.records(), rig.records("customer")
    assert (order.state, customer.state) == (State.CONFIRMED, State.CONFIRMED)
    stored = rig.erp.stored(LANE, order.number or "")
    assert stored
    assert (stored.header["CustomerNo"], stored.total, order.flags) == (customer.number, Decimal(20), None)
    assert rig.states("acknowledgement") == {"1": "READY"}


def test_a_message_that_comes_twice_does_nothing_more(rig: TaskRig) -> None:
    order = an_order(rig.database)
    assert (write(LANE), write(LANE)) == ("empty", None)
    assert in_erp(rig) == [order.stamp]
    assert rig.rows("lane")[0].fence == 1, "the second did not even take a fence"


def test_a_message_outside_every_window_does_nothing(rig: TaskRig) -> None:
    order = an_order(rig.database)
    rig.pass_time(minutes=15)
    assert (write(LANE), the(rig.database, order).state) == (None, State.READY)


def test_a_message_for_a_lane_that_is_being_written_does_nothing(rig: TaskRig) -> None:
    an_order(rig.database)
    rig.seats.take(LANE, owner="another worker", purpose="writer", fence=7, lease_s=60)
    assert (write(LANE), rig.rows("lane")[0].fence) == (None, 0)


def test_a_message_for_an_unknown_lane_is_an_error(rig: TaskRig) -> None:
    with pytest.raises(KeyError, match="sage100:XYZ"):
        write("sage100:XYZ")


def test_while_the_erp_is_away_everything_waits_and_nothing_counts(rig: TaskRig) -> None:
    order = an_order(rig.database)
    rig.erp.faults.is_unreachable = True
    assert write(LANE) == Outcome.UNAVAILABLE
    now = the(rig.database, order)
    assert (now.state, now.failures, rig.seats.held()) == (State.READY, 0, [])
    rig.erp.faults.is_unreachable = False
    assert write(LANE) is None, "not before the next window"
    next_window(rig)
    assert (write(LANE), in_erp(rig)) == ("empty", [order.stamp])


def test_an_erp_that_stays_away_is_told_once_a_window_more(rig: TaskRig) -> None:
    an_order(rig.database)
    rig.erp.faults.is_unreachable = True
    write(LANE)
    assert rig.alarms() == {}
    next_window(rig)
    write(LANE)
    assert rig.alarms() == {f"outage:{LANE}": "high"}
    rig.erp.faults.is_unreachable = False
    next_window(rig)
    write(LANE)
    assert rig.alarms() == {}


def test_an_outage_that_shows_itself_in_another_way_each_time_is_one_outage(rig: TaskRig) -> None:
    order = an_order(rig.database)
    rig.erp.company(LANE).add_item("WIDGET")
    rig.erp.company(LANE).add_customer("ACME")
    rig.erp.faults.fail_before_commit(order.stamp)
    assert (write(LANE), rig.alarms()) == (Outcome.UNCERTAIN, {})
    next_window(rig)
    rig.erp.faults.is_unreachable = True
    assert (write(LANE), rig.alarms()) == (Outcome.UNAVAILABLE, {f"outage:{LANE}": "high"})


def test_a_refused_logon_halts_the_lane_until_a_person_resumes_it(rig: TaskRig) -> None:
    order = an_order(rig.database)
    rig.erp.faults.refuse_logon(LANE)
    assert write(LANE) == Outcome.UNAUTHORISED
    assert rig.alarms() == {f"halted:{LANE}": "at once"}
    rig.erp.faults.accept_logon(LANE)
    next_window(rig)
    assert (write(LANE), in_erp(rig)) == (None, [])
    rig.resume(LANE)
    assert (write(LANE), in_erp(rig)) == ("empty", [order.stamp])


def test_a_poison_order_holds_up_no_other(rig: TaskRig) -> None:
    refused = an_order(rig.database, "1")
    an_order(rig.database, "2", mapped="{not json")
    good = an_order(rig.database, "3")
    rig.erp.faults.answer(refused.stamp, Outcome.REJECTED, field="ItemCode", text="ItemCode X is not on file")
    assert (write(LANE), in_erp(rig)) == ("empty", [good.stamp])
    assert rig.states() == {"1": "REVIEW", "2": "DEAD", "3": "CONFIRMED"}


def test_a_lost_answer_is_probed_in_the_next_window_and_not_written_twice(rig: TaskRig) -> None:
    order = an_order(rig.database)
    rig.erp.faults.fail_after_commit(order.stamp)
    assert (write(LANE), the(rig.database, order).state) == (Outcome.UNCERTAIN, State.UNCERTAIN)
    next_window(rig)
    assert (write(LANE), the(rig.database, order).state) == ("empty", State.CONFIRMED)
    assert in_erp(rig) == [order.stamp]


def test_a_fault_of_ours_closes_the_window_and_is_told(rig: TaskRig, monkeypatch: pytest.MonkeyPatch) -> None:
    an_order(rig.database)
    with monkeypatch.context() as patch:
        patch.setattr("bridge.erp.memory.MemorySession.reserve", lambda *_: ["only one", "too many"])
        with pytest.raises(ValueError, match="zip"):
            write(LANE)
    assert (rig.alarms(), rig.seats.held()) == ({f"fault:{LANE}": "high"}, [])
    assert rig.states() == {"10025": "READY"}
    assert (write(LANE), rig.rows("window")[0].ended_by) == (None, "fault of ours")
    next_window(rig)
    assert (write(LANE), rig.alarms()) == ("empty", {}), "the next window that ends well closes the alarm"


class GoneSeats(MemorySeats):
    """A seat counter whose Redis is away, from the first call on or once a lease is taken."""

    is_away_at_once = False

    def take(self, lane: str, *, owner: str, purpose: str, fence: int, lease_s: float) -> Lease:
        if self.is_away_at_once:
            raise TryLater("the seat counter does not serve")
        return super().take(lane, owner=owner, purpose=purpose, fence=fence, lease_s=lease_s)

    def give_back(self, lease: Lease) -> None:
        raise TryLater("the seat counter does not serve")


@pytest.mark.parametrize(
    ("at_once", "ended", "state"), [(True, Outcome.UNAVAILABLE, State.READY), (False, "empty", State.CONFIRMED)]
)
def test_a_seat_counter_that_is_away_is_an_outage_and_no_fault_of_ours(
    rig: TaskRig, at_once: bool, ended: str, state: State
) -> None:
    """Found by a campaign: each kill of Redis in a batch raised an alarm with a traceback, which nobody closed."""
    order = an_order(rig.database)
    gone = GoneSeats("sage100", SeatBudget(total=1), clock=rig.clock)
    gone.is_away_at_once = at_once
    rig.change(lanes={LANE: replace(rig.ports.lanes[LANE], seats=gone)})
    assert (write(LANE), rig.alarms()) == (ended, {})
    assert the(rig.database, order).state is state


def test_windows_in_which_nothing_fits_are_told_and_the_alarm_ends_with_the_first_that_is_long_enough(
    rig: TaskRig,
) -> None:
    order, patient = an_order(rig.database), rig.ports.lanes[LANE]
    slow = replace(patient, writer=patient.writer.model_copy(update={"seconds_per_record": 3600.0}))
    rig.change(lanes={LANE: slow})
    assert (write(LANE), rig.alarms()) == ("too short", {})
    next_window(rig)
    assert (write(LANE), rig.alarms()) == ("too short", {f"outage:{LANE}": "high"})
    assert the(rig.database, order).state is State.READY
    rig.change(lanes={LANE: patient})
    next_window(rig)
    assert (write(LANE), rig.alarms()) == ("empty", {})


class SlowLogon(MemoryErp):
    """Whoever opens a session waits so long."""

    def __init__(self, rig: TaskRig, minutes: int, *, opens_next: bool) -> None:
        super().__init__(seats=1, clock=rig.clock)
        self.company(LANE).add_customer("ACME")
        self.company(LANE).add_item("WIDGET")
        self._rig, self._minutes, self._opens_next = rig, minutes, opens_next

    def open(self, lane: str, *, fence: int, purpose: str) -> MemorySession:
        now = self._rig.pass_time(minutes=self._minutes)
        with self._rig.database.write() as connection:
            windows.close_past(connection, now)
        if self._opens_next:
            self._rig.open_window()
        return super().open(lane, fence=fence, purpose=purpose)


def test_a_session_that_is_ready_in_the_next_window_writes_in_that_one(rig: TaskRig) -> None:
    """Found by a test run in CI: on a busy machine each log-on outlasted its short window, and nothing was written."""
    order = an_order(rig.database)
    rig.change(lanes={LANE: replace(rig.ports.lanes[LANE], erp=SlowLogon(rig, 1, opens_next=True))})
    rig.pass_time(minutes=14)
    assert (write(LANE), the(rig.database, order).state) == ("empty", State.CONFIRMED)
    assert [(row.state, row.ended_by) for row in rig.rows("window")] == [("missed", "missed"), ("closed", "empty")]


def test_sessions_that_are_ready_when_no_window_is_open_are_told(rig: TaskRig) -> None:
    order = an_order(rig.database)
    rig.change(lanes={LANE: replace(rig.ports.lanes[LANE], erp=SlowLogon(rig, 15, opens_next=False))})
    assert (write(LANE), rig.alarms()) == ("too short", {})
    rig.open_window()
    assert (write(LANE), the(rig.database, order).state) == ("too short", State.READY)
    assert rig.alarms()[f"outage:{LANE}"] == "high"
    assert {(row.state, row.ended_by) for row in rig.rows("window")} == {("closed", "too short")}
