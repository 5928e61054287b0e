"""An alarm that a person has silenced for a while: by its key or a pattern of keys, with a reason and an end. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bridge.alarms.telling import OpenAlarm
from bridge.errors import Refused
from bridge.outcomes import Urgency

LONGEST = timedelta(days=31)
"""A silence ends by itself, and soon enough that somebody remembers why it was laid."""

_ANY = "*"


@dataclass(frozen=True)
class Mute:
    """One silence that a person has laid. `until` is when it ends, or when somebody ended it before its time."""

    pattern: str
    since: datetime
    until: datetime
    by: str
    why: str

    def covers(self, alarm: OpenAlarm) -> bool:
        """Whether it silences this alarm. One that is to be told at once is silenced by its very key only."""
        if _ANY not in self.pattern:
            return alarm.key == self.pattern
        if alarm.urgency is Urgency.AT_ONCE:
            return False
        wanted = ".*".join(re.escape(part) for part in self.pattern.split(_ANY))
        return re.fullmatch(wanted, alarm.key, re.DOTALL) is not None

    def is_on(self, now: datetime) -> bool:
        """Whether it still lasts."""
        return self.until > now


def checked(mute: Mute) -> Mute:
    """The silence as it was asked for; raises `Refused` where it names too much, ends too late or says no reason."""
    kind, colon, _ = mute.pattern.partition(":")
    if not colon or not kind or _ANY in kind or len(mute.pattern) > 128:
        text = f"{mute.pattern!r} names no kind of alarm; write a key as `tidegate alarm list` shows it, or drift:*"
        raise Refused(text, field="key", value=mute.pattern)
    if not mute.since < mute.until <= mute.since + LONGEST:
        text = f"{mute.until:%Y-%m-%d %H:%M}Z is not in the next {LONGEST.days} days; name an end that is"
        raise Refused(text, field="until", value=mute.until.isoformat())
    if not mute.why.strip():
        raise Refused("silencing an alarm needs a reason: say why with --why", field="why", value=mute.why)
    return mute


def muted(alarms: Sequence[OpenAlarm], mutes: Sequence[Mute]) -> list[OpenAlarm]:
    """The alarms, each with the end of its last silence."""
    return [
        replace(alarm, muted_until=max((mute.until for mute in mutes if mute.covers(alarm)), default=None))
        for alarm in alarms
    ]
