"""Who is told of which alarm, and when: once, again while it lasts, in time to more people, once when it is over."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from bridge.alarms.telling import BURST, EVERY, URGENT, Audience, Known, News, OpenAlarm, after, news
from bridge.outcomes import Urgency
from tests.builders import NOW

DESK = Audience(EVERY, after_s=0, repeat_s=14_400, calm_s=900)
BOSS = Audience(URGENT, after_s=1_800, repeat_s=14_400, calm_s=900)


def alarm(key: str = "silence:a", urgency: Urgency = Urgency.HIGH, text: str = "nothing confirmed") -> OpenAlarm:
    """An alarm that has been open since `NOW`."""
    return OpenAlarm(key, urgency, text, NOW)


class Target:
    """Somebody who is told, round after round; `inbox` has every message that arrived."""

    def __init__(self, audience: Audience) -> None:
        self.audience = audience
        self.known = Known()
        self.inbox: list[News] = []

    def round(
        self, alarms: Sequence[OpenAlarm], *, minute: float, hidden: Sequence[str] = (), arrives: bool = True
    ) -> News:
        now = NOW + timedelta(minutes=minute)
        due = news(self.audience, alarms, self.known, now, lambda key: key in hidden)
        if due and arrives:
            self.known = after(self.audience, self.known, due, now)
            self.inbox.append(due)
        return due


def keys(alarms: Sequence[OpenAlarm]) -> list[str]:
    return [each.key for each in alarms]


def test_an_alarm_is_told_once_however_often_it_is_raised_and_whatever_it_says() -> None:
    desk = Target(DESK)
    for minute in range(239):
        desk.round([alarm(text=f"{minute} orders wait")], minute=minute)
    assert [keys(each.opened) for each in desk.inbox] == [["silence:a"]]


def test_what_lasts_is_told_again_when_the_time_has_come_and_all_of_it_together() -> None:
    desk = Target(DESK)
    desk.round([alarm("a")], minute=0)
    desk.round([alarm("a"), alarm("b")], minute=60)
    assert not desk.round([alarm("a"), alarm("b")], minute=239)
    assert keys(desk.round([alarm("a"), alarm("b")], minute=240).lasting) == ["a", "b"]
    assert not desk.round([alarm("a"), alarm("b")], minute=300)


def test_what_only_waits_for_a_clerk_is_not_repeated() -> None:
    desk = Target(DESK)
    for minute in range(0, 3_000, 10):
        desk.round([alarm(urgency=Urgency.NORMAL)], minute=minute)
    assert len(desk.inbox) == 1


def test_its_end_is_told_once() -> None:
    desk = Target(DESK)
    desk.round([alarm()], minute=0)
    assert list(desk.round([], minute=1).closed) == ["silence:a"]
    assert not desk.round([], minute=2)
    assert desk.known.told == {}


def test_an_alarm_that_nobody_was_told_of_ends_in_silence() -> None:
    boss = Target(BOSS)
    assert not boss.round([alarm()], minute=29)
    assert not boss.round([], minute=31)


@pytest.mark.parametrize("urgency", [Urgency.HIGH, Urgency.AT_ONCE])
def test_an_urgent_alarm_that_stays_open_escalates_once_and_its_end_is_told_there_too(urgency: Urgency) -> None:
    boss = Target(BOSS)
    for minute in range(100):
        boss.round([alarm(urgency=urgency)], minute=minute)
    assert [keys(each.opened) for each in boss.inbox] == [["silence:a"]]
    assert boss.known.told["silence:a"].at == NOW + timedelta(minutes=30)
    assert boss.round([], minute=100).closed


def test_nothing_else_escalates() -> None:
    boss = Target(BOSS)
    assert not boss.round([alarm(urgency=Urgency.NORMAL)], minute=9_000)


def test_what_cannot_be_looked_for_is_not_over() -> None:
    desk = Target(DESK)
    desk.round([alarm("silence:a"), alarm("broker:away")], minute=0)
    assert not desk.round([alarm("broker:away")], minute=1, hidden=["silence:a"])
    assert list(desk.round([], minute=2, hidden=["silence:a"]).closed) == ["broker:away"]
    assert list(desk.round([], minute=3).closed) == ["silence:a"]


def test_what_did_not_arrive_is_due_until_it_does() -> None:
    desk = Target(DESK)
    assert all(desk.round([alarm()], minute=minute, arrives=False).opened for minute in range(5))
    assert desk.round([alarm()], minute=5).opened
    assert not desk.round([alarm()], minute=6)


def test_a_storm_is_a_handful_of_messages() -> None:
    desk = Target(DESK)
    for minute in range(60):
        desk.round([alarm(f"flagged:{n}", Urgency.NORMAL) for n in range(minute * 170)], minute=minute)
    assert len(desk.inbox) <= 5
    assert sum(len(each.opened) for each in desk.inbox) > 7_000


def test_a_storm_of_urgent_alarms_is_a_handful_of_messages_too() -> None:
    desk = Target(DESK)
    for minute in range(60):
        desk.round([alarm(f"change:{n}") for n in range(minute * 170)], minute=minute)
    for minute in range(60, 120):
        desk.round([alarm(f"change:{n}") for n in range((120 - minute) * 170)], minute=minute)
    assert len(desk.inbox) <= 4 * 2 * BURST, "in two hours"
    assert desk.round([alarm("halted:a", Urgency.AT_ONCE)], minute=120).opened, "what is told at once never waits"


def test_urgent_news_does_not_wait_for_calm_and_takes_the_rest_along() -> None:
    desk = Target(DESK)
    desk.round([alarm("flagged:1", Urgency.NORMAL)], minute=0)
    assert not desk.round([alarm("flagged:1", Urgency.NORMAL), alarm("flagged:2", Urgency.NORMAL)], minute=1)
    three = [alarm("flagged:1", Urgency.NORMAL), alarm("flagged:2", Urgency.NORMAL), alarm("silence:a")]
    assert keys(desk.round(three, minute=2).opened) == ["flagged:2", "silence:a"]


def test_an_alarm_that_becomes_urgent_is_news() -> None:
    desk = Target(DESK)
    desk.round([alarm("dead:x", Urgency.NORMAL)], minute=0)
    assert keys(desk.round([alarm("dead:x")], minute=1).opened) == ["dead:x"]
    assert not desk.round([alarm("dead:x")], minute=2)
