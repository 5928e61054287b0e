"""Lets hours pass in seconds: the clock of the whole stage goes on by whole windows, and the fleet works in between."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from workers.drills.ground import Ground
from workers.stage.clock import StageClock
from workers.stage.waiting import TookTooLong

ZONE = ZoneInfo("America/Chicago")
QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
_MOST_STEPS = 40


def next_time(clock: StageClock, weekday: int | None, hour: int, minute: int) -> datetime:
    """The next such moment on the wall clock of `ZONE`, on that day of the week (0 is Monday) or on any day."""
    wanted = clock.now().astimezone(ZONE).replace(hour=hour, minute=minute, second=0, microsecond=0)
    while wanted <= clock.now() or weekday not in {None, wanted.weekday()}:
        wanted += timedelta(days=1)
    return wanted


def set_to(clock: StageClock, moment: datetime) -> None:
    """Sets the stage's clock, and everything goes on from there."""
    clock.set(clock.offset + (moment - clock.now()))


def pass_time(clock: StageClock, span: timedelta, *, in_s: float) -> None:
    """The clock jumps on by `span`, and the fleet has `in_s` real seconds to do what is due then."""
    clock.set(clock.offset + span)
    time.sleep(in_s)


def pass_quarters(ground: Ground, clock: StageClock, condition: Callable[[], bool], what: str) -> None:
    """A quarter of an hour passes time and again until the condition holds; raises `TookTooLong`."""
    for _ in range(_MOST_STEPS):
        if condition():
            return
        pass_time(clock, QUARTER, in_s=1.5)
    raise TookTooLong(f"not within {_MOST_STEPS} quarters of an hour: {what}\n{ground.ledger.standing()}")
