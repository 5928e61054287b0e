"""Silences that people lay: what they cover, whom they keep from being told, and what is told when they end."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from bridge.alarms.muting import LONGEST, Mute, checked, muted
from bridge.alarms.telling import EVERY, URGENT, Audience, Known, News, OpenAlarm, after, news
from bridge.errors import Refused
from bridge.outcomes import Urgency
from tests.builders import NOW

DESK = Audience(EVERY, after_s=0, repeat_s=14_400, calm_s=900)
BOSS = Audience(URGENT, after_s=1_800, repeat_s=14_400, calm_s=900)


def alarm(key: str = "outage:a", urgency: Urgency = Urgency.HIGH, *, minute: float = 0) -> OpenAlarm:
    return OpenAlarm(key, urgency, "no answer", NOW + timedelta(minutes=minute))


def mute(pattern: str = "outage:a", *, first: float = 10, last: float = 250) -> Mute:
    """A silence between two minutes."""
    return Mute(pattern, NOW + timedelta(minutes=first), NOW + timedelta(minutes=last), "ann", "the agent is moved")


class Target:
    """Somebody who is told while a silence lasts, and after."""

    def __init__(self, audience: Audience, *mutes: Mute) -> None:
        self.audience, self.mutes, self.known = audience, mutes, Known()

    def round(self, alarms: Sequence[OpenAlarm], minute: float) -> News:
        """One round: only silences that have been laid by then are known."""
        now = NOW + timedelta(minutes=minute)
        laid = [mute for mute in self.mutes if mute.since <= now]
        due = news(self.audience, muted(alarms, laid), self.known, now, lambda _: False)
        self.known = after(self.audience, self.known, due, now) if due else self.known
        return due


@pytest.mark.parametrize(
    ("pattern", "key", "urgency", "is_covered"),
    [
        ("drift:*", "drift:sage100:ABC:stock", Urgency.NORMAL, True),
        ("drift:*:stock", "drift:sage100:ABC:stock", Urgency.HIGH, True),
        ("drift:*", "outage:drift:", Urgency.HIGH, False),
        ("review:rejected/payments[#]", "review:rejected/payments[#]", Urgency.NORMAL, True),
        ("review:rejected/*", "review:rejected/payments[#]", Urgency.NORMAL, True),
        ("halted:*", "halted:sage100:ABC", Urgency.AT_ONCE, False),
        ("halted:sage100:ABC", "halted:sage100:ABC", Urgency.AT_ONCE, True),
        ("halted:sage100:AB", "halted:sage100:ABC", Urgency.AT_ONCE, False),
        ("halted:sage100.ABC", "halted:sage100:ABC", Urgency.AT_ONCE, False),
    ],
)
def test_a_pattern_covers_its_kind_but_what_is_told_at_once_needs_its_very_key(
    pattern: str, key: str, urgency: Urgency, is_covered: bool
) -> None:
    assert mute(pattern).covers(alarm(key, urgency)) is is_covered


@pytest.mark.parametrize("pattern", ["*", "*:a", "dr*:a", "drift", ":a", "", "drift:" + "x" * 123])
def test_a_pattern_that_names_no_kind_is_refused(pattern: str) -> None:
    with pytest.raises(Refused, match="names no kind of alarm"):
        checked(mute(pattern))


@pytest.mark.parametrize("last", [10, 9, 11 + LONGEST / timedelta(minutes=1)])
def test_a_silence_ends_in_the_next_31_days(last: float) -> None:
    with pytest.raises(Refused, match="not in the next 31 days"):
        checked(mute(last=last))


def test_a_silence_needs_a_reason() -> None:
    with pytest.raises(Refused, match="needs a reason"):
        checked(Mute("outage:a", NOW, NOW + timedelta(hours=1), "ann", " "))


def test_what_opens_and_ends_in_silence_is_never_told() -> None:
    desk = Target(DESK, mute())
    assert not any(desk.round([alarm(minute=20)], minute) for minute in range(20, 240))
    assert not desk.round([], 245)
    assert not desk.round([], 260)


def test_what_is_still_open_when_its_silence_ends_is_new_to_who_was_not_told() -> None:
    desk = Target(DESK, mute())
    assert not desk.round([alarm(minute=20)], 249)
    assert [each.key for each in desk.round([alarm(minute=20)], 250).opened] == ["outage:a"]
    assert not desk.round([alarm(minute=20)], 251)


@pytest.mark.parametrize("urgency", [Urgency.NORMAL, Urgency.HIGH, Urgency.AT_ONCE])
def test_who_was_told_before_hears_once_that_it_is_still_open_and_is_not_reminded_meanwhile(urgency: Urgency) -> None:
    desk = Target(DESK, mute())
    assert desk.round([alarm(urgency=urgency)], 0).opened
    assert not any(desk.round([alarm(urgency=urgency)], minute) for minute in range(10, 250))
    assert [each.key for each in desk.round([alarm(urgency=urgency)], 250).unmuted] == ["outage:a"]
    assert not desk.round([alarm(urgency=urgency)], 251)


def test_the_end_of_what_was_told_before_is_told_in_its_silence_too() -> None:
    desk = Target(DESK, mute())
    desk.round([alarm()], 0)
    assert list(desk.round([], 100).closed) == ["outage:a"]


def test_it_escalates_only_when_the_first_have_had_their_time_after_the_silence() -> None:
    boss = Target(BOSS, mute())
    assert not any(boss.round([alarm()], minute) for minute in range(10, 280))
    assert boss.round([alarm()], 280).opened


def test_other_alarms_are_told_as_ever() -> None:
    desk = Target(DESK, mute("outage:b"))
    assert desk.round([alarm()], 20).opened


def test_a_silence_of_the_past_delays_nothing() -> None:
    desk = Target(DESK, mute(first=0, last=5))
    assert desk.round([alarm(minute=20)], 20).opened
    assert not desk.round([alarm(minute=20)], 21)
