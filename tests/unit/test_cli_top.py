"""`tidegate top`: one picture of everything, in which what is away does not hide the rest."""

import os
import pty
import re
import sys
import termios
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Event

import pytest

from bridge.errors import Unreachable
from bridge.glance import ALARMS, glance
from bridge.ledger import windows
from bridge.ledger.alarms import raise_alarm
from bridge.ledger.moves import Step, move
from bridge.outcomes import Urgency
from bridge.states import State
from bridge.windows.due import Window
from tests.builders import NOW
from tests.cli_rig import Rig, a_rig, at_rest
from workers.cli.top import typed_keys
from workers.cli.top_parts import BROKER, LEDGER, Part, Parts, Seen
from workers.settings import load_settings

LANE = "sage100:ABC"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = a_rig(tmp_path)
    yield made
    made.database.close()


def confirm(rig: Rig, source_id: str, at: datetime) -> None:
    record = at_rest(rig.database, source_id, State.READY)
    with rig.database.write() as connection:
        for target in (State.CLAIMED, State.WRITING, State.CONFIRMED):
            record = move(connection, record, Step(target, "test", "test"), at)


def test_the_ledger_is_seen_by_flow_with_age_and_money(rig: Rig) -> None:
    for source_id, state in (("1", State.READY), ("2", State.READY), ("3", State.REVIEW), ("4", State.DEAD)):
        at_rest(rig.database, source_id, state)
    at_rest(rig.database, "5", State.READY, currency="EUR")
    confirm(rig, "6", NOW)
    confirm(rig, "7", NOW - timedelta(days=1))
    [flow] = glance(rig.database, [LANE], NOW).flows
    assert (flow.lane, flow.document) == (LANE, "order")
    assert (flow.waiting.count, flow.waiting.oldest) == (3, NOW)
    assert flow.waiting.money == {"USD": Decimal("40.00"), "EUR": Decimal("20.00")}
    piles = (flow.in_window, flow.held, flow.review, flow.dead, flow.today)
    assert [pile.count for pile in piles] == [0, 0, 1, 1, 1]


def test_of_many_alarms_the_latest_are_seen(rig: Rig) -> None:
    with rig.database.write() as connection:
        for number in range(ALARMS + 3):
            raise_alarm(connection, f"x:{number}", Urgency.HIGH, "text", NOW + timedelta(minutes=number))
    seen = glance(rig.database, [], NOW).alarms
    assert (len(seen), seen[0].key) == (ALARMS, f"x:{ALARMS + 2}")


def test_one_picture_shows_the_ledger_while_broker_and_agent_are_away(rig: Rig) -> None:
    now = datetime.now(UTC)
    at_rest(rig.database, "1", State.READY)
    windows.schedule(rig.database, LANE, [Window(now, now, now + timedelta(hours=1), 0)], now=now)
    with rig.database.write() as connection:
        raise_alarm(connection, "seats:sage100", Urgency.AT_ONCE, "a seat has leaked\x1b[2J", now)
        windows.halt(connection, "storefront:desk", reason="log-on refused", now=now)
    said = rig.said("top", "--once")
    assert "broker is away:" in said
    assert "agent sage100 is away:" in said
    assert f"{LANE} order 1 " in said
    assert "20.00 USD" in said
    assert "due, " in said
    assert "HALTED: log-on refused" in said
    assert re.search(r"seats:sage100 for \d+ s: a seat has leaked", said)
    assert "\x1b[2J" not in said
    assert "storefront clarity: never polled" in said


def test_without_its_ledger_it_goes_on(rig: Rig) -> None:
    away = rig.config.read_text().replace("sqlite:///", "postgresql+psycopg://nobody@127.0.0.1:1/").partition("[lanes")
    rig.config.write_text("".join(away))
    assert "ledger is away: the ledger postgresql" in rig.said("top", "--once")


def test_a_part_that_does_not_answer_holds_up_no_other_and_is_asked_once(rig: Rig) -> None:
    answers, asked = Event(), []

    def slow() -> str:
        asked.append(1)
        answers.wait(10)
        return "late"

    with Parts(load_settings(rig.config)) as parts:
        parts._parts = {LEDGER: Part(lambda: "at once"), BROKER: Part(slow)}
        for _ in range(2):
            assert parts.look(0.1) == {LEDGER: Seen("at once"), BROKER: Seen(away="not asked yet")}
        answers.set()
        assert parts.look(5)[BROKER] == Seen("late")
    assert asked == [1]


def test_of_a_part_that_went_away_the_last_answer_stays(rig: Rig) -> None:
    answers = iter(["here", Unreachable("gone\nmore")])

    def look() -> str:
        answer = next(answers)
        if isinstance(answer, Unreachable):
            raise answer
        return str(answer)

    with Parts(load_settings(rig.config)) as parts:
        parts._parts = {LEDGER: Part(look)}
        assert parts.look(5)[LEDGER] == Seen("here")
        parts._parts[LEDGER].rests_until_s = 0
        assert parts.look(5)[LEDGER] == Seen("here", "gone")


def test_a_part_that_took_long_is_left_alone_for_longer(rig: Rig) -> None:
    asked = []
    with Parts(load_settings(rig.config)) as parts:
        parts._parts = {LEDGER: Part(lambda: asked.append(Event().wait(0.2)))}
        for _ in range(3):
            parts.look(5)
    assert len(asked) == 1


def test_a_key_is_heard_at_once_and_the_terminal_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        before = termios.tcgetattr(terminal)
        with typed_keys() as pressed:
            assert pressed(0.05) == ""
            os.write(ours, b"q")
            assert pressed(5) == "q"
        assert termios.tcgetattr(terminal) == before
    os.close(ours)
