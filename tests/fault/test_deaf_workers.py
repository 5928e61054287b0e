"""A worker that lives and hears nothing: seen by what it finishes, and restarted by its supervisor."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from celery import Celery
from celery.utils.nodenames import host_format

from bridge.ledger import heartbeats
from tests.cli_rig import Rig
from tests.small_fleets import beats, canary_rig, small_fleet
from tests.waits import until
from workers.broker import EmbeddedBroker
from workers.fleet_state import ServiceState
from workers.supervisor import Supervisor

SERVED = {"intake.1": "intake", "sage-writer.ABC": "sage.ABC.write"}
"""A prefork worker and a solo one, with their queues."""


@pytest.fixture
def rig(broker: EmbeddedBroker, tmp_path: Path) -> Iterator[Rig]:
    made = canary_rig(tmp_path, broker)
    yield made
    made.database.close()


def state(supervisor: Supervisor, name: str) -> ServiceState:
    return next(each for each in supervisor.status() if each.name == name)


def names_of(service: str) -> tuple[str, str]:
    return heartbeats.of_worker(host_format(f"{service}@%h")), heartbeats.of_queue(SERVED[service])


def test_a_frozen_worker_and_one_that_only_answers_pings_are_restarted_and_work_again(
    rig: Rig, broker: EmbeddedBroker
) -> None:
    every = [*names_of("intake.1"), *names_of("sage-writer.ABC"), heartbeats.BEAT]
    with small_fleet(rig, *SERVED, "beat") as supervisor, Celery(broker=broker.url) as outside:
        until(lambda: len(beats(rig, *every)) == len(every), "a canary through both queues")
        psutil.Process(state(supervisor, "sage-writer.ABC").pid).suspend()
        deaf = [host_format("intake.1@%h")]
        assert outside.control.cancel_consumer("intake", destination=deaf, reply=True)
        assert outside.control.ping(destination=deaf, timeout=5), "it lives, and a ping would not tell"
        last = beats(rig, *every)
        for service in SERVED:
            until(lambda of=service: state(supervisor, of).restarts == 1, f"the restart of {service}")  # type: ignore[misc]
        until(lambda: all(beats(rig, *every)[name] > last[name] for name in every), "canaries through both again")
        assert {state(supervisor, service).restarts for service in SERVED} == {1}, "once was enough"


def test_a_dead_beat_is_seen_from_outside_and_no_worker_is_restarted_for_it(rig: Rig) -> None:
    mine, queue = names_of("intake.1")
    with small_fleet(rig, "intake.1") as supervisor:
        with small_fleet(rig, "beat"):
            until(lambda: len(beats(rig, mine, queue)) == 2, "a canary")
            assert rig.json("watch", "--once", status=1)["places"]["beat"] == "ok"
        until(lambda: "beat:silent" in rig.run("watch", "--once").output, "the watch to miss it")
        until(lambda: (state(supervisor, "intake.1").restarts, age_s(rig, mine) > 11) == (0, True), "three looks more")


def age_s(rig: Rig, name: str) -> float:
    return (datetime.now(UTC) - beats(rig, name)[name]).total_seconds()
