"""`tidegate alarm`: who silences what, until when and why; and what is refused."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.ledger.alarms import raise_alarm
from bridge.outcomes import Urgency
from tests.cli_rig import Rig, a_rig


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """A ledger in which two alarms are open."""
    made = a_rig(tmp_path)
    with made.database.write() as connection:
        raise_alarm(connection, "drift:sage100:ABC:stock", Urgency.NORMAL, "40 of 900 differ", datetime.now(UTC))
        raise_alarm(connection, "halted:sage100:ABC", Urgency.AT_ONCE, "password refused", datetime.now(UTC))
    return made


def silence(rig: Rig, key: str, *more: str, status: int = 0) -> str:
    return rig.said("alarm", "silence", key, "--why", "stock-taking", "--by", "ann", *more, status=status)


def silenced(rig: Rig) -> set[str]:
    return {each["key"] for each in rig.json("alarm", "list")["alarms"] if each["silenced_until"]}


def test_a_silence_is_shown_with_who_and_why_until_it_is_ended(rig: Rig) -> None:
    assert silenced(rig) == set()
    assert "drift:* is silenced until" in silence(rig, "drift:*", "--for", "4h")
    [laid] = rig.json("alarm", "list")["silences"]
    assert (laid["pattern"], laid["by"], laid["why"]) == ("drift:*", "ann", "stock-taking")
    left = datetime.fromisoformat(laid["until"]) - datetime.now(UTC)
    assert timedelta(hours=3, minutes=58) < left <= timedelta(hours=4)
    assert silenced(rig) == {"drift:sage100:ABC:stock"}
    assert "stock-taking" in rig.said("alarm", "list")
    rig.said("alarm", "unsilence", "drift:*", "--why", "done", "--by", "bob")
    assert silenced(rig) == set()
    assert "no silence of 'drift:*' lasts" in rig.said("alarm", "unsilence", "drift:*", "--why", "done", status=1)


def test_the_second_silence_of_a_key_takes_the_place_of_the_first(rig: Rig) -> None:
    silence(rig, "drift:*", "--for", "2d")
    until = f"{datetime.now(UTC) + timedelta(minutes=90):%Y-%m-%dT%H:%M}"
    silence(rig, "drift:*", "--until", until)
    [laid] = rig.json("alarm", "list")["silences"]
    assert laid["until"].startswith(until)


def test_what_is_told_at_once_is_silenced_by_its_very_key_only(rig: Rig) -> None:
    silence(rig, "halted:*", "--for", "4h")
    assert silenced(rig) == set()
    silence(rig, "halted:sage100:ABC", "--for", "30min")
    assert silenced(rig) == {"halted:sage100:ABC"}


@pytest.mark.parametrize(
    ("key", "options", "complaint", "status"),
    [
        ("*", ["--for", "4h"], "names no kind of alarm", 1),
        ("drift:*", [], "a silence has one end", 2),
        ("drift:*", ["--for", "4h", "--until", "2099-01-01T00:00"], "a silence has one end", 2),
        ("drift:*", ["--for", "a while"], "write a number and min, h or d", 2),
        ("drift:*", ["--for", "32d"], "is not in the next 31 days", 1),
        ("drift:*", ["--until", "2020-01-01T00:00"], "is not in the next 31 days", 1),
    ],
)
def test_what_is_refused_says_the_way_out(rig: Rig, key: str, options: list[str], complaint: str, status: int) -> None:
    assert complaint in silence(rig, key, *options, status=status)
    assert rig.json("alarm", "list")["silences"] == []


def test_a_silence_without_a_reason_is_refused(rig: Rig) -> None:
    assert "needs a reason" in rig.said("alarm", "silence", "drift:*", "--for", "4h", "--why", " ", status=1)
