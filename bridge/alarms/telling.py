"""Who is told of which alarm, and when: once when it opens, again while it lasts, once when it is over. Pure.

An alarm is known by its key. However often it is raised, and whatever its text says by now, it is the same alarm; and
everything that is due to one target in one round is one message. An alarm that a person has silenced is told to nobody
until that silence ends; if it is still open then, it is told again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bridge.outcomes import Urgency

URGENT = frozenset({Urgency.HIGH, Urgency.AT_ONCE})
EVERY = frozenset(Urgency)

BURST = 3
"""Messages within `calm_s` that may be sent for high-priority news; more of it waits. What is `at once` never does."""


@dataclass(frozen=True)
class OpenAlarm:
    """An alarm that is open now, since when, and what it says by now.

    `muted_until` is when the last silence that a person laid on it ends, or has ended; None when there was none.
    """

    key: str
    urgency: Urgency
    text: str
    since: datetime
    muted_until: datetime | None = None

    @property
    def is_urgent(self) -> bool:
        """Whether it is repeated while it lasts, and escalates."""
        return self.urgency in URGENT

    @property
    def heard_since(self) -> datetime:
        """From when on people could know of it: its opening, or the end of its silence."""
        return max(self.since, self.muted_until) if self.muted_until else self.since

    def is_muted(self, now: datetime) -> bool:
        """Whether somebody has silenced it for now."""
        return self.muted_until is not None and self.muted_until > now


@dataclass(frozen=True)
class Told:
    """What one target knows of an alarm: since when it was open, when the target was told last, and if it is urgent."""

    since: datetime
    at: datetime
    is_urgent: bool


@dataclass(frozen=True)
class Known:
    """What one target knows: of each alarm by its key, and when messages were `sent` to it lately, the oldest first."""

    told: Mapping[str, Told] = field(default_factory=dict)
    sent: tuple[datetime, ...] = ()


@dataclass(frozen=True)
class Audience:
    """What one kind of target is told: alarms of these urgencies once they have been open for `after_s` seconds.

    Urgent ones are repeated every `repeat_s`. Others wait until nothing was told for `calm_s`, and come together; so
    do urgent ones behind a burst of messages, unless they are to be told at once.
    """

    urgencies: frozenset[Urgency]
    after_s: float
    repeat_s: float
    calm_s: float


@dataclass(frozen=True)
class News:
    """What one target is to be told in one message; empty when there is nothing to say.

    `unmuted` are alarms that the target knows of, whose silence is over and which are still open.
    """

    opened: tuple[OpenAlarm, ...] = ()
    lasting: tuple[OpenAlarm, ...] = ()
    closed: Mapping[str, Told] = field(default_factory=dict)
    unmuted: tuple[OpenAlarm, ...] = ()

    @property
    def still_open(self) -> tuple[OpenAlarm, ...]:
        """What the target knows of already."""
        return (*self.unmuted, *self.lasting)

    def __bool__(self) -> bool:
        return bool(self.opened or self.lasting or self.closed or self.unmuted)


def news(
    audience: Audience, alarms: Sequence[OpenAlarm], known: Known, now: datetime, is_hidden: Callable[[str], bool]
) -> News:
    """What is due to a target that knows that much; what could not be looked for (`is_hidden`) is not over."""
    told = known.told
    loud = [alarm for alarm in alarms if alarm.urgency in audience.urgencies and not alarm.is_muted(now)]
    ripe = tuple(alarm for alarm in loud if _is_new(alarm, told) and _age_s(alarm.heard_since, now) >= audience.after_s)
    unmuted = tuple(alarm for alarm in loud if not _is_new(alarm, told) and alarm.heard_since > told[alarm.key].at)
    lasting = tuple(alarm for alarm in _lasting(audience, loud, told, now) if alarm not in unmuted)
    open_keys = {alarm.key for alarm in alarms}
    over = {key: each for key, each in told.items() if key not in open_keys and not is_hidden(key)}
    due = News(ripe, lasting, over, unmuted)
    return due if lasting or _may_be_told(audience, due, known, now) else News()


def _may_be_told(audience: Audience, due: News, known: Known, now: datetime) -> bool:
    """Now, or only once it is calm: a storm must not become a message a round."""
    lately = [moment for moment in known.sent if _age_s(moment, now) < audience.calm_s]
    fresh = (*due.opened, *due.unmuted)
    if not lately or any(alarm.urgency is Urgency.AT_ONCE for alarm in fresh):
        return True
    is_urgent = any(alarm.is_urgent for alarm in fresh) or any(each.is_urgent for each in due.closed.values())
    return is_urgent and len(lately) < BURST


def after(audience: Audience, known: Known, delivered: News, now: datetime) -> Known:
    """What the target knows once the message has reached it."""
    kept = {key: each for key, each in known.told.items() if key not in delivered.closed}
    said = (*delivered.opened, *delivered.lasting, *delivered.unmuted)
    fresh = {alarm.key: Told(alarm.since, now, alarm.is_urgent) for alarm in said}
    calm = timedelta(seconds=audience.calm_s)
    return Known({**kept, **fresh}, (*(moment for moment in known.sent if now - moment < calm), now))


def _is_new(alarm: OpenAlarm, told: Mapping[str, Told]) -> bool:
    """One that has become urgent since is news too."""
    return alarm.key not in told or (alarm.is_urgent and not told[alarm.key].is_urgent)


def _lasting(
    audience: Audience, alarms: Sequence[OpenAlarm], told: Mapping[str, Told], now: datetime
) -> list[OpenAlarm]:
    """All urgent alarms that were told before, once the first of them is due again: so their times fall together."""
    lasting = [alarm for alarm in alarms if alarm.is_urgent and not _is_new(alarm, told)]
    is_due = any(_age_s(told[alarm.key].at, now) >= audience.repeat_s for alarm in lasting)
    return lasting if is_due else []


def _age_s(since: datetime, now: datetime) -> float:
    return (now - since).total_seconds()
