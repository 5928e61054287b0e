"""When a supervisor may take a worker for deaf: never without work for it, never without broker and ledger."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from celery.utils.nodenames import host_format
from sqlalchemy.exc import OperationalError

from bridge.errors import Misconfigured, Unreachable
from bridge.events.redis_client import open_client
from bridge.ledger import heartbeats
from tests.cli_rig import Rig
from tests.small_fleets import canary_rig
from workers.broker import EmbeddedBroker
from workers.progress import WorkerProgress, limits_s
from workers.roles import load_fleet
from workers.settings import load_settings

ME, NEIGHBOUR = heartbeats.of_worker(host_format("intake.1@%h")), heartbeats.of_worker("intake.2@elsewhere")
QUEUE = heartbeats.of_queue("intake")


@pytest.fixture
def rig(broker: EmbeddedBroker, tmp_path: Path) -> Iterator[Rig]:
    made = canary_rig(tmp_path, broker)
    yield made
    made.database.close()


def progress(rig: Rig, processes: int = 1) -> WorkerProgress:
    return WorkerProgress(load_settings(rig.config), load_fleet().worker_options("intake"), processes)


def beat(rig: Rig, *names: str, ago_s: float) -> None:
    heartbeats.note(rig.database, names, by="test", now=datetime.now(UTC) - timedelta(seconds=ago_s))


def put_work(broker: EmbeddedBroker) -> None:
    with open_client(broker.url) as client:
        client.lpush("intake", "a message that nobody takes")


def test_who_has_just_finished_something_works(rig: Rig, broker: EmbeddedBroker) -> None:
    beat(rig, ME, QUEUE, ago_s=4)
    put_work(broker)
    assert progress(rig)()


@pytest.mark.parametrize("has_ever_beaten", [True, False])
def test_who_finishes_nothing_while_work_waits_is_deaf(rig: Rig, broker: EmbeddedBroker, has_ever_beaten: bool) -> None:
    if has_ever_beaten:
        beat(rig, ME, QUEUE, ago_s=9)
    assert progress(rig)(), "a dead beat sends no work, and is not mended by restarting those who wait for it"
    put_work(broker)
    assert not progress(rig)()


def test_who_finishes_nothing_while_its_neighbours_do_is_deaf_in_the_end(rig: Rig) -> None:
    beat(rig, ME, ago_s=9)
    beat(rig, NEIGHBOUR, QUEUE, ago_s=1)
    assert not progress(rig)()
    assert progress(rig, processes=2)(), "its turn comes only with every second canary"


def test_without_the_broker_nobody_can_tell(rig: Rig, broker: EmbeddedBroker) -> None:
    asked = progress(rig)
    broker.stop()
    with pytest.raises(Unreachable):
        asked()


def test_without_the_ledger_nobody_can_tell(rig: Rig, broker: EmbeddedBroker) -> None:
    put_work(broker)
    rig.config.write_text(rig.config.read_text().replace("/ledger.db", "/gone/ledger.db"))
    with pytest.raises(OperationalError):
        progress(rig)()


def test_who_works_for_a_company_may_take_a_whole_window(rig: Rig) -> None:
    of_all = {"intake": 8, "storefront": 8, "steward": 8, "showcase": 8}
    assert limits_s(load_settings(rig.config)) == {**of_all, "sage.ABC.write": 10, "sage.ABC.read": 10}


def test_silence_shorter_than_a_few_canaries_is_a_wrong_setting(rig: Rig) -> None:
    rig.config.write_text(rig.config.read_text().replace("canary_s = 1", "canary_s = 3"))
    with pytest.raises(Misconfigured, match=r"stale_s = 8.0 is less than three times rhythm.canary_s = 3.0"):
        load_settings(rig.config)
