"""What tasks do becomes figures: through the observer's port, the seats and Celery's own signals."""

import json
from collections import Counter

import httpx
import pytest
from celery import Celery

from bridge.erp.sage100.agent_http import AgentHttp, SageAgentSettings
from bridge.errors import NoSeat, Unreachable
from bridge.outcomes import Outcome
from bridge.ports.clock import FixedClock
from bridge.ports.events import Event
from bridge.seats.observed import ObservedSeats
from bridge.storefront.clarity.classify import Answer, Fault
from bridge.storefront.clarity.client import Call, ClarityClient
from bridge.storefront.clarity.credentials import credentials_for
from bridge.storefront.clarity.profile_file import load_profile
from bridge.storefront.clarity.rate_limit import LocalBudget
from bridge.storefront.clarity.settings import ClaritySettings
from bridge.storefront.clarity.tokens import LocalTokens
from bridge.storefront.clarity.transport import Transport
from tasks.batch_write import write
from tasks.events_intake import intake
from tasks.storefront_tell import tell
from tests.builders import NOW, an_order
from tests.seats import open_seats
from tests.task_rig import LANE, TaskRig
from workers.metrics.meter import Meter
from workers.metrics.observing import MeterObserver, watch_celery


@pytest.fixture
def meter(rig: TaskRig) -> Meter:
    """A meter that hears what the rig's tasks do; its company knows what orders need."""
    rig.erp.company(LANE).add_customer("ACME")
    rig.erp.company(LANE).add_item("WIDGET")
    made = Meter("test")
    rig.change(observer=MeterObserver(made))
    return made


def figures(meter: Meter, name: str) -> dict[tuple[str, ...], float]:
    """Every figure of a name, by its labels."""
    samples = (sample for family in meter.registry.collect() for sample in family.samples)
    return {tuple(sample.labels.values()): sample.value for sample in samples if sample.name == name}


def test_a_window_its_batches_and_their_outcomes_are_counted(rig: TaskRig, meter: Meter) -> None:
    rig.open_window()
    an_order(rig.database, "1")
    an_order(rig.database, "2")
    assert (write(LANE), write(LANE)) == ("empty", None)
    assert figures(meter, "tidegate_outcomes_total") == {(LANE, "order", "confirmed"): 2}
    assert figures(meter, "tidegate_window_seconds_count") == {(LANE, "empty"): 1}, "no window was open the second time"
    assert figures(meter, "tidegate_batch_seconds_count") == {(LANE, "order"): 1}
    tell("clarity")
    told = ("storefront:clarity", "acknowledgement", "rejected")
    assert figures(meter, "tidegate_outcomes_total")[told] == 2, "this site knows of no such order"


def test_a_record_without_an_answer_is_counted_as_uncertain(rig: TaskRig, meter: Meter) -> None:
    rig.open_window()
    rig.erp.faults.fail_after_commit(an_order(rig.database, "1").stamp)
    write(LANE)
    assert figures(meter, "tidegate_outcomes_total") == {(LANE, "order", Outcome.UNCERTAIN.value): 1}


def test_intake_counts_events_and_how_late_they_are(rig: TaskRig, meter: Meter) -> None:
    bodies = [{"siteId": "main", "resource": {"type": "order", "id": "1", "version": 1}}, {"resource": None}]
    events = [Event("clarity", f"evt_{number}", "order.created", json.dumps(body).encode(), received_at=NOW)
              for number, body in enumerate(bodies)]  # fmt: skip
    rig.door.append(events)
    rig.pass_time(seconds=90)
    intake()
    assert figures(meter, "tidegate_arrivals_total") == {("taken",): 1, ("unreadable",): 1}
    assert figures(meter, "tidegate_arrival_lag_seconds_sum") == {(): 90}


def test_a_seat_that_was_waited_for_is_told_with_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    meter, times_s = Meter("sage-writer"), iter((100.0, 130.0, 160.0, 200.0, 300.0))
    monkeypatch.setattr("bridge.seats.observed.monotonic", lambda: next(times_s))
    counter = open_seats(FixedClock(NOW))
    seats = ObservedSeats(counter, MeterObserver(meter))
    other = counter.take("sage100:XYZ", owner="another", purpose="writer", fence=1, lease_s=60)
    for _ in range(2):
        with pytest.raises(NoSeat):
            seats.take(LANE, owner="w", purpose="writer", fence=1, lease_s=60)
    counter.give_back(other)
    lease = seats.take(LANE, owner="w", purpose="writer", fence=1, lease_s=60)
    assert seats.held() == [lease]
    seats.give_back(seats.renew(lease, 60))
    writer = ("sage100", "writer")
    assert figures(meter, "tidegate_seat_refusals_total") == {writer: 2}
    assert figures(meter, "tidegate_seat_wait_seconds_sum") == {writer: 60}
    assert figures(meter, "tidegate_seat_use_seconds_sum") == {writer: 40}
    seats.take(LANE, owner="w", purpose="writer", fence=2, lease_s=60)
    assert figures(meter, "tidegate_seat_wait_seconds_sum") == {writer: 60}, "this one was lent at once"


def test_calls_to_the_agent_are_told_by_their_kind_without_an_id() -> None:
    heard: Counter[tuple[str, str]] = Counter()
    settings = SageAgentSettings.model_validate({"url": "http://127.0.0.1:1", "api_key": "k", "read_attempts": 2})
    http = AgentHttp(settings, lambda call, came_to, _seconds: heard.update([(call, came_to)]))
    for path in ("/session/0123abc", "/session/4567def/end", "/batch/ABC/12"):
        with pytest.raises(Unreachable):
            http.once("DELETE", path, {})
    with pytest.raises(Unreachable):
        http.repeat("POST", "/SO/SalesOrder/probe", {})
    with pytest.raises(Unreachable):
        list(http.stream("/SO/SalesOrder", {}, {}))
    assert heard == {
        ("DELETE /session", "NotConnected"): 2, ("DELETE /batch", "NotConnected"): 1,
        ("POST /SO/SalesOrder/probe", "NotConnected"): 2, ("POST /SO/SalesOrder", "Unreachable"): 1,
    }  # fmt: skip


class Scripted(Transport):
    """A site that answers one status after the other; 0 is no answer at all."""

    statuses: list[int]

    def send(self, method: str, path: str, **_: object) -> Answer:
        status = self.statuses.pop(0)
        if not status:
            raise Fault(Unreachable("away"), is_transient=False)
        return Answer(method, path, status, httpx.Headers(), {}, False)


def test_calls_to_a_storefront_are_told_by_resource_and_class_of_status() -> None:
    heard: Counter[tuple[str, str]] = Counter()
    plain = {"base_url": "http://127.0.0.1:1", "api_key": "k", "tries": 1, "profile": "clarity-minimal"}
    settings, profile = ClaritySettings.model_validate(plain), load_profile("clarity-minimal")
    transport = Scripted(settings)
    transport.statuses = [200, 404, 429, 503, 0]
    client = ClarityClient(
        settings, profile, transport=transport, budget=LocalBudget(rps=1000, burst=1000),
        credentials=credentials_for(settings, profile, transport, LocalTokens()),
        heard=lambda call, came_to, _seconds: heard.update([(call, came_to)]),
    )  # fmt: skip
    while transport.statuses:
        try:
            client.call(Call("GET", "/orders/4711"))
        except Exception:  # noqa: S112  what it raises is tested elsewhere
            continue
    assert heard == {("GET /orders", kind): 1 for kind in ("2xx", "4xx", "429", "5xx", "no answer")}


def test_tasks_and_messages_are_told_by_celerys_signals() -> None:
    meter = Meter("steward")
    watch_celery(meter)
    app = Celery("signals", broker="memory://", set_as_current=False)
    app.conf.task_eager_propagates = False

    @app.task(name="well")
    def well() -> None:
        return None

    @app.task(name="ill")
    def ill() -> None:
        raise ValueError("no")

    for task in (well, ill, well):
        task.apply()
    well.apply_async()
    assert figures(meter, "tidegate_task_seconds_count") == {("well", "success"): 2, ("ill", "failure"): 1}
    assert figures(meter, "tidegate_messages_sent_total") == {("well",): 1}
