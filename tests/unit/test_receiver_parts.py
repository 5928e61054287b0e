"""The receiver's parts on their own: rate, nudge, settings."""

import threading

import pytest
from pydantic import ValidationError

from bridge.buckets import Buckets, RateBound
from bridge.storefront.clarity.webhook import WebhookScheme, WebhookSettings
from tests.doors import door_settings, until
from workers.receiver.nudge import Nudger
from workers.receiver.settings import ConnectionSettings


class _Time:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_a_bucket_lets_in_its_burst_then_its_rate() -> None:
    time = _Time()
    buckets = Buckets(RateBound(per_s=2, burst=3), time)
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert buckets.take("b") == 0
    time.now_s += 0.5
    assert [buckets.take("a"), buckets.take("a")] == [0, 0.5]
    time.now_s += 3600
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]


def test_buckets_do_not_grow_with_the_number_of_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.buckets.MAX_KEYS", 2)
    buckets = Buckets(RateBound(per_s=1, burst=1), _Time())
    assert [buckets.take(key) for key in ("a", "b", "a")] == [0, 0, 1]
    buckets.take("c")
    assert [buckets.take("a"), buckets.take("b")] == [1, 0], "b was the longest unused"


def test_many_nudges_are_one_call_and_a_late_one_is_not_lost() -> None:
    calls: list[None] = []
    nudger = Nudger(lambda: calls.append(None), interval_s=0.2)
    for _ in range(100):
        nudger.nudge()
    nudger.start()
    until(lambda: len(calls) == 1, "no call came")
    nudger.nudge()
    assert len(calls) == 1, "the second call came too soon"
    until(lambda: len(calls) == 2, "the second nudge was lost")
    nudger.stop()
    assert len(calls) == 3, "stopping makes a last call"


def test_a_failing_call_does_not_end_the_nudging() -> None:
    calls: list[None] = []

    def fail() -> None:
        calls.append(None)
        raise OSError("away")

    nudger = Nudger(fail, interval_s=0.01)
    nudger.start()
    for count in (1, 2):
        nudger.nudge()
        until(lambda count=count: len(calls) >= count, "no call came")
    nudger.stop()


def test_a_hanging_call_does_not_hold_up_the_end() -> None:
    released = threading.Event()
    nudger = Nudger(lambda: released.wait(10) and None)
    nudger.start()
    nudger.stop(wait_s=0.05)
    released.set()


def test_an_unsigned_connection_needs_an_allow_list() -> None:
    with pytest.raises(ValidationError, match="allowed_networks"):
        ConnectionSettings(signing=WebhookSettings(scheme=WebhookScheme.NONE, secrets=("t",)))


def test_the_deadlines_stay_below_the_sender_s_patience() -> None:
    with pytest.raises(ValidationError, match="senders give up"):
        door_settings(read_deadline_s=6, store_deadline_s=4)


@pytest.mark.parametrize("name", ["", "a/b", "x" * 65, "ä"])
def test_connection_names_fit_a_path_and_an_entry(name: str) -> None:
    only = door_settings().connections["main"]
    with pytest.raises(ValidationError):
        door_settings(connections={name: only})
