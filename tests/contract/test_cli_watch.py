"""`tidegate watch` with a real broker, a real ledger and people who are told by HTTP, whichever of these is dead."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.events.redis_client import open_client
from bridge.ledger import heartbeats
from bridge.ledger.alarms import raise_alarm
from bridge.outcomes import Urgency
from sandbox.alert_desk import AlertDesk, alert_desk
from tests.builders import LANE, an_order
from tests.cli_rig import Rig, a_rig
from tests.waits import until
from workers.broker import EmbeddedBroker

QUEUES = ("intake", "storefront", "showcase", "steward", "sage.ABC.write", "sage.ABC.read")
EVERYTHING = [heartbeats.BEAT, *map(heartbeats.of_queue, QUEUES)]


@pytest.fixture
def desk() -> Iterator[AlertDesk]:
    with alert_desk() as staffed:
        yield staffed


@pytest.fixture
def boss() -> Iterator[AlertDesk]:
    with alert_desk() as staffed:
        yield staffed


@pytest.fixture
def rig(broker: EmbeddedBroker, tmp_path: Path, desk: AlertDesk, boss: AlertDesk) -> Iterator[Rig]:
    """A fleet in which all is well; the boss is told after an hour."""
    made = a_rig(tmp_path, broker=broker.url, more=alerts(desk, boss, escalate_after_s=3600))
    with open_client(broker.url) as client:
        client.xgroup_create("events:clarity", "tidegate", mkstream=True)
    beat(made, *EVERYTHING)
    yield made
    made.database.close()


def alerts(desk: AlertDesk, boss: AlertDesk, **more: float) -> str:
    numbers = "\n".join(f"{name} = {value}" for name, value in more.items())
    return f'\n[alerts]\ntargets = ["{desk.url}/desk"]\nescalation_targets = ["{boss.url}/boss"]\n{numbers}\n'


def change(rig: Rig, old: str, new: str) -> None:
    """Rewrites a line of the settings."""
    text = rig.config.read_text()
    assert old in text
    rig.config.write_text(text.replace(old, new))


def beat(rig: Rig, *names: str, ago_s: float = 0) -> None:
    heartbeats.note(rig.database, names, by="test", now=datetime.now(UTC) - timedelta(seconds=ago_s))


def lose_ledger(rig: Rig) -> None:
    rig.database.close()
    rig.config.with_name("ledger.db").rename(rig.config.with_name("away.db"))


def find_ledger(rig: Rig) -> None:
    rig.config.with_name("away.db").replace(rig.config.with_name("ledger.db"))


def rounds(rig: Rig, status: int, times: int = 3) -> None:
    for _ in range(times):
        rig.said("watch", "--once", status=status)


def test_when_all_is_well_it_says_so_and_tells_nobody(rig: Rig, desk: AlertDesk) -> None:
    assert "All is well." in rig.said("watch", "--once")
    assert set(rig.json("watch", "--once")["places"].values()) == {"ok"}
    assert desk.inbox == []


def test_a_dead_broker_is_told_once_and_so_is_its_return(
    rig: Rig, broker: EmbeddedBroker, desk: AlertDesk, boss: AlertDesk
) -> None:
    broker.kill()
    rounds(rig, status=1)
    found = rig.json("watch", "--once", status=1)
    assert (found["places"]["broker"], found["places"]["beat"], found["places"]["ledger"]) == (
        "at once",
        "not known",
        "ok",
    )
    broker.start()
    rounds(rig, status=0)
    assert desk.titles == ["Tidegate: 1 new alarm", "Tidegate: 1 over"]
    assert desk.inbox[0]["message"].startswith("NEW [at once] broker:away")
    assert "docs/runbooks/broker-lost.md" in desk.inbox[0]["message"]
    assert boss.inbox == [], "nobody wakes the boss for an outage that was short"


def test_a_dead_beat_is_told_and_not_every_queue_that_waits_for_it(rig: Rig, desk: AlertDesk) -> None:
    beat(rig, *EVERYTHING, ago_s=301)
    rounds(rig, status=1)
    [message] = desk.inbox
    assert message["message"].count("\n") == 0
    assert "beat:silent" in message["message"]
    beat(rig, *EVERYTHING)
    rounds(rig, status=0)
    assert desk.titles[1:] == ["Tidegate: 1 over"]


def test_a_deaf_queue_is_told_by_name_and_a_writer_has_its_window_on_top(rig: Rig, desk: AlertDesk) -> None:
    beat(rig, heartbeats.of_queue("storefront"), heartbeats.of_queue("sage.ABC.write"), ago_s=400)
    rounds(rig, status=1)
    [message] = desk.inbox
    assert "NEW [high] queue:storefront" in message["message"]
    assert "sage.ABC.write" not in message["message"]
    beat(rig, heartbeats.of_queue("sage.ABC.write"), ago_s=1201)
    assert rig.json("watch", "--once", status=1)["places"]["queue sage.ABC.write"] == "high"


def test_a_broker_that_was_emptied_is_told(rig: Rig, broker: EmbeddedBroker) -> None:
    with open_client(broker.url) as client:
        client.flushall()
    assert "it was emptied" in rig.said("watch", "--once", status=1)


def test_silence_is_raised_from_outside_told_with_the_money_and_escalates(
    rig: Rig, desk: AlertDesk, boss: AlertDesk
) -> None:
    an_order(rig.database, "1")
    rounds(rig, status=1)
    [message] = desk.inbox
    assert f"NEW [high] silence:{LANE}" in message["message"]
    assert "1 orders wait, 20.00 USD at risk" in message["message"]
    assert boss.inbox == []
    change(rig, "escalate_after_s = 3600", "escalate_after_s = 0.01")
    rounds(rig, status=1)
    assert len(desk.inbox) == 1
    assert [f"silence:{LANE}" in each["message"] for each in boss.inbox] == [True]


def test_what_lasts_is_repeated(rig: Rig, desk: AlertDesk) -> None:
    change(rig, "escalate_after_s = 3600", "repeat_s = 0.01")
    an_order(rig.database, "1")
    rounds(rig, status=1)
    assert desk.titles == ["Tidegate: 1 new alarm", "Tidegate: 1 still open", "Tidegate: 1 still open"]


def test_ledger_and_broker_dead_at_once_are_one_message_and_end_no_other_alarm(
    rig: Rig, broker: EmbeddedBroker, desk: AlertDesk
) -> None:
    with rig.database.write() as connection:
        raise_alarm(connection, f"halted:{LANE}", Urgency.AT_ONCE, "password refused", datetime.now(UTC))
    rounds(rig, status=1)
    broker.kill()
    lose_ledger(rig)
    rounds(rig, status=1)
    assert desk.titles == ["Tidegate: 1 new alarm", "Tidegate: 2 new alarms"]
    assert "ledger:away" in desk.inbox[1]["message"]
    assert rig.json("watch", "--once", status=1)["places"][f"lane {LANE}"] == "not known"
    broker.start()
    find_ledger(rig)
    rounds(rig, status=1)
    assert desk.titles[2:] == ["Tidegate: 2 over"], "the lane is still halted"


def test_a_target_that_fails_is_tried_again_and_keeps_no_other_from_being_told(
    rig: Rig, desk: AlertDesk, boss: AlertDesk
) -> None:
    change(rig, f'targets = ["{desk.url}/desk"]', f'targets = ["{desk.url}/desk", "{boss.url}/second"]')
    beat(rig, *EVERYTHING, ago_s=301)
    desk.refuses = True
    assert "alerts.targets[0] could not be told" in rig.said("watch", "--once", status=1)
    rounds(rig, status=1)
    assert (desk.inbox, len(boss.inbox)) == ([], 1)
    desk.refuses = False
    rounds(rig, status=1)
    assert (len(desk.inbox), len(boss.inbox)) == (1, 1)


def test_all_is_well_but_nobody_could_be_told_so_is_trouble(rig: Rig, desk: AlertDesk) -> None:
    beat(rig, *EVERYTHING, ago_s=301)
    rounds(rig, status=1, times=1)
    desk.refuses = True
    beat(rig, *EVERYTHING)
    assert rig.json("watch", "--once", status=1)["troubles"] == ["alerts.targets[0] could not be told"]


def test_what_waits_for_a_clerk_is_told_and_is_no_trouble(rig: Rig, desk: AlertDesk) -> None:
    with rig.database.write() as connection:
        raise_alarm(connection, "review:rejected", Urgency.NORMAL, "item X1 is not in Sage", datetime.now(UTC))
    rounds(rig, status=0)
    assert ["item X1 is not in Sage" in each["message"] for each in desk.inbox] == [True]


def test_a_file_that_cannot_be_read_makes_it_tell_again(rig: Rig, desk: AlertDesk) -> None:
    beat(rig, *EVERYTHING, ago_s=301)
    rounds(rig, status=1)
    told = rig.config.parent / "run" / "watch.json"
    assert desk.url not in told.read_text(), "a target's URL holds secrets"
    told.write_text('{"since": ')
    assert "watch.json could not be read" in rig.said("watch", "--once", status=1)
    assert len(desk.inbox) == 2


def test_a_wrong_target_is_a_wrong_setting_and_is_not_shown(rig: Rig, desk: AlertDesk) -> None:
    change(rig, f"{desk.url}/desk", "nobody://secret-token")
    said = rig.said("watch", "--once", status=2)
    assert "alerts.targets[0]: apprise cannot tell anybody by this URL" in said
    assert "secret-token" not in said


def test_without_targets_it_only_shows(rig: Rig) -> None:
    rig.config.write_text(rig.config.read_text().partition("[alerts]")[0])
    beat(rig, *EVERYTHING, ago_s=301)
    assert "beat:silent" in rig.said("watch", "--once", status=1)
    assert not (rig.config.parent / "run").exists()


@contextmanager
def watching(rig: Rig, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The watch as a process of its own."""
    command = [sys.executable, "-m", "workers.cli", "watch", "--config", str(rig.config), *arguments]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root, env=dict(os.environ)) as program:
        try:
            yield program
        finally:
            program.kill()


def test_it_goes_on_until_it_is_stopped_and_takes_no_old_silence_for_a_new_one(
    rig: Rig, broker: EmbeddedBroker, desk: AlertDesk
) -> None:
    beat(rig, *EVERYTHING, ago_s=86_400)
    with watching(rig, "--every", "1") as program:
        assert program.stdout
        until(lambda: "All is well." in program.stdout.readline(), "a first look")  # type: ignore[union-attr]
        broker.kill()
        until(lambda: len(desk.inbox) == 1, "the dead broker to be told")
        broker.start()
        until(lambda: len(desk.inbox) == 2, "its return to be told")
        program.send_signal(signal.SIGTERM)
        assert program.wait(15) == 0
    assert desk.titles == ["Tidegate: 1 new alarm", "Tidegate: 1 over"]
    assert json.loads((rig.config.parent / "run" / "watch.json").read_text())["since"] == {}
