"""Reads a flow by hand, through a reader's seat and in the reader's turns, and keeps nothing of it."""

import time
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

from bridge.errors import Misconfigured, TryLater
from bridge.shown import Shown

if TYPE_CHECKING:
    from bridge.fleet import Fleet
    from bridge.flows.trial import Trial
    from workers.settings import Settings

_PATIENCE_S = 60.0
_PAUSE_S = 0.5


def lanes_of(settings: "Settings", lane: str | None) -> list[str]:
    """The lane that was named, or all. Raises `Misconfigured` for one that is not there."""
    if lane is None:
        return list(settings.lanes)
    if lane not in settings.lanes:
        raise Misconfigured(f"no lane {lane!r}; [lanes] has {', '.join(settings.lanes)}")
    return [lane]


def try_flow(settings: "Settings", shown: Shown, lane: str, trial: "Trial") -> "Fleet":
    """Reads all that a flow reads of one lane into the trial; the ports that it was read through.

    Raises `TryLater` when no page could be read for a minute: outside the reading hours, Sage locked, no seat free, the
    lane halted.
    """
    from celery import Celery

    from workers.wiring import build_fleet

    ports = replace(build_fleet(settings, "by-hand"), trial=trial)
    app = Celery("by-hand", broker="memory://")  # nobody is woken by what is only tried
    app.fleet = ports
    app.set_current()
    read = import_module(f"tasks.{shown.value}_read").read.run
    heard, pages = time.monotonic(), 0
    while not (read(lane) or _is_over(trial)):
        if trial.pages > pages:
            heard, pages = time.monotonic(), trial.pages
        if time.monotonic() - heard > _PATIENCE_S:
            text = f"no page of {shown.value} could be read of {lane} for {_PATIENCE_S:.0f} s; "
            raise TryLater(f"{text}see `tidegate status` (windows, halts) and `tidegate seats list`")
        time.sleep(_PAUSE_S)
    return ports


def _is_over(trial: "Trial") -> bool:
    return bool(trial.passes) and not any(run.is_under_way for run in trial.passes.values())
