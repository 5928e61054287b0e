"""Who is told of which alarm, and when: once when it opens, again while it lasts, once when it is over. Pure.

An alarm is known by its key. However often it is raised, and whatever its text says by now, it is the same alarm; and
everything that is due to one target in one round is one message.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bridge.outcomes import Urgency

URGENT = frozenset({Urgency.HIGH, Urgency.AT_ONCE})
EVERY = frozenset(Urgency)


@dataclass(frozen=True)
class OpenAlarm:
    """An alarm that is open now, since when, and what it says by now."""

    key: str
    urgency: Urgency
    text: str
    since: datetime

    @property
    def is_urgent(self) -> bool:
        """Whether it is repeated while it lasts, and escalates."""
        return self.urgency in URGENT


@dataclass(frozen=True)
class Told:
    """What one target knows of an alarm: since when it was open, when the target was told last, and if it is urgent."""

    since: datetime
    at: datetime
    is_urgent: bool


@dataclass(frozen=True)
class Audience:
    """What one kind of target is told: alarms of these urgencies once they have been open for `after_s` seconds.

    Urgent ones are repeated every `repeat_s`. Others wait until nothing was told for `calm_s`, and come together.
    """

    urgencies: frozenset[Urgency]
    after_s: float
    repeat_s: float
    calm_s: float


@dataclass(frozen=True)
class News:
    """What one target is to be told in one message; empty when there is nothing to say."""

    opened: tuple[OpenAlarm, ...] = ()
    lasting: tuple[OpenAlarm, ...] = ()
    closed: Mapping[str, Told] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.opened or self.lasting or self.closed)


def news(
    audience: Audience,
    alarms: Sequence[OpenAlarm],
    told: Mapping[str, Told],
    now: datetime,
    is_hidden: Callable[[str], bool],
) -> News:
    """What is due to a target that was `told` that much; what could not be looked for (`is_hidden`) is not over."""
    of_interest = [alarm for alarm in alarms if alarm.urgency in audience.urgencies]
    ripe = tuple(
        alarm for alarm in of_interest if _is_new(alarm, told) and _age_s(alarm.since, now) >= audience.after_s
    )
    lasting = _lasting(audience, of_interest, told, now)
    open_keys = {alarm.key for alarm in alarms}
    over = {key: each for key, each in told.items() if key not in open_keys and not is_hidden(key)}
    is_urgent = any(alarm.is_urgent for alarm in ripe) or any(each.is_urgent for each in over.values())
    is_calm = all(_age_s(each.at, now) >= audience.calm_s for each in told.values())
    return News(ripe, lasting, over) if is_urgent or is_calm or lasting else News()


def after(told: Mapping[str, Told], delivered: News, now: datetime) -> dict[str, Told]:
    """What the target knows once the message has reached it."""
    kept = {key: each for key, each in told.items() if key not in delivered.closed}
    fresh = {alarm.key: Told(alarm.since, now, alarm.is_urgent) for alarm in (*delivered.opened, *delivered.lasting)}
    return {**kept, **fresh}


def _is_new(alarm: OpenAlarm, told: Mapping[str, Told]) -> bool:
    """One that has become urgent since is news too."""
    return alarm.key not in told or (alarm.is_urgent and not told[alarm.key].is_urgent)


def _lasting(
    audience: Audience, alarms: Sequence[OpenAlarm], told: Mapping[str, Told], now: datetime
) -> tuple[OpenAlarm, ...]:
    """All urgent alarms that were told before, once the first of them is due again: so their times fall together."""
    lasting = [alarm for alarm in alarms if alarm.is_urgent and not _is_new(alarm, told)]
    is_due = any(_age_s(told[alarm.key].at, now) >= audience.repeat_s for alarm in lasting)
    return tuple(lasting) if is_due else ()


def _age_s(since: datetime, now: datetime) -> float:
    return (now - since).total_seconds()
