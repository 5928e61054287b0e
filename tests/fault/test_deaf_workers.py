"""A worker that lives and hears nothing: seen by what it finishes, and restarted by its supervisor."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
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


def test_a_frozen_worker_is_restarted_and_works_again(rig: Rig) -> None:
    every = [*names_of("intake.1"), *names_of("sage-writer.ABC"), heartbeats.BEAT]
    with small_fleet(rig, *SERVED, "beat") as supervisor:
        until(lambda: len(beats(rig, *every)) == len(every), "a canary through both queues")
        for service in SERVED:
            psutil.Process(state(supervisor, service).pid).suspend()
        frozen = beats(rig, *every)
        for service in SERVED:
            until(lambda of=service: state(supervisor, of).restarts == 1, f"the restart of {service}")  # type: ignore[misc]
        until(lambda: all(beats(rig, *every)[name] > frozen[name] for name in every), "canaries through both again")
        assert {state(supervisor, service).restarts for service in SERVED} == {1}, "once was enough"
