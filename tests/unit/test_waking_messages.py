"""What wakes a task that has begun since is passed over; what was sent later, or by a wrong clock, is not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from celery.app.trace import build_tracer
from kombu.simple import SimpleQueue

from workers.app import TidegateApp, make_app
from workers.settings import load_settings
from workers.stage.plan import Shop, StagePlan
from workers.waking import BELIEVED_S, says_nothing_new

TASK, NOW = "stock.read", 1_800_000_000.0


@pytest.mark.parametrize(
    ("sent_at", "begun_at", "is_passed_over"),
    [
        (NOW - 2, NOW - 1, True),
        (NOW - 1, NOW - 2, False),
        (NOW - 2, None, False),
        (None, NOW - 1, False),
        (NOW - 2, NOW + 86_400, False),
        (NOW - BELIEVED_S - 1, NOW - 1, False),
    ],
    ids=[
        "begun since",
        "sent since",
        "never begun",
        "of an older release",
        "clock set back",
        "sender is behind",
    ],
)
def test_says_nothing_new(sent_at: float | None, begun_at: float | None, is_passed_over: bool) -> None:
    assert says_nothing_new(sent_at, begun_at, NOW) is is_passed_over


class Bench:
    """An app whose `stock.read` notes that it ran; its messages go through Kombu's transport in memory."""

    def __init__(self, app: TidegateApp, monkeypatch: pytest.MonkeyPatch) -> None:
        self.app, self.ran, self.is_failing = app, list[str](), False
        self.task = app.tasks[TASK]
        monkeypatch.setattr(self.task, "run", self._run)

    def _run(self, lane: str) -> None:
        self.ran.append(lane)
        if self.is_failing:
            raise ConnectionError("the ledger is away")

    def send(self, company: str = "ABC") -> None:
        self.app.send_task(TASK, args=(f"sage100:{company}",))

    def work(self, company: str = "ABC") -> None:
        """Takes everything that waits, as a worker does."""
        trace = build_tracer(TASK, self.task, app=self.app)
        with self.app.connection() as connection, SimpleQueue(connection, f"sage.{company}.read") as queue:
            while len(queue):
                message = queue.get_nowait()
                [args, kwargs, _] = message.payload
                trace(message.headers["id"], args, kwargs, request=message.headers)
                message.ack()


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    plan = StagePlan(tmp_path, (Shop("clarity", "main", "ABC"),))
    plan.write()
    app = make_app(load_settings(plan.config))
    app.conf.update(broker_url="memory://", broker_transport_options={})
    with time_machine.travel(NOW, tick=False):
        yield Bench(app, monkeypatch)


def later(seconds: float) -> Any:
    return time_machine.travel(NOW + seconds, tick=False)


def test_of_many_that_say_the_same_one_is_heeded(bench: Bench) -> None:
    for _ in range(5):
        bench.send()
    with later(1):
        bench.work()
        assert bench.ran == ["sage100:ABC"]
    with later(2):
        bench.send()
        bench.work()
    assert len(bench.ran) == 2


def test_another_lane_has_its_own(bench: Bench) -> None:
    bench.send("ABC")
    bench.send("XYZ")
    with later(1):
        bench.work("ABC")
        bench.work("XYZ")
    assert bench.ran == ["sage100:ABC", "sage100:XYZ"]


def test_after_a_run_that_failed_the_next_is_heeded(bench: Bench) -> None:
    bench.is_failing = True
    bench.send()
    bench.send()
    with later(1):
        bench.work()
    assert len(bench.ran) == 2
