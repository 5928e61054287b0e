"""The simulated Sage as a seat in which each record takes an exact time, its number's included; for `bench.drain`.

Named as an agent's script factory, so that it is loaded by the process of the session and by nobody else.
"""

import json
import os
import time
from itertools import cycle
from typing import Any

from bridge.erp.sage100.boi import BoiSession
from sandbox.sage100 import script

_SPUN_S = 0.0005
"""Sleeping is exact to some tenths of a millisecond; the rest is spent awake."""

_write, _reserve = BoiSession.write, BoiSession.reserve
_takes_s = cycle(each / 1000 for each in json.loads(os.environ["TIDEGATE_BENCH_TAKES_MS"]))
_reserved_s = [0.0]
"""What reserving numbers took that no record has been charged with yet."""


def connect(*arguments: Any) -> Any:
    """The simulated Sage's own, whose records take their time from now on."""
    setattr(BoiSession, "write", _slow_write)  # noqa: B010  a type checker knows that nobody else may
    setattr(BoiSession, "reserve", _noted_reserve)  # noqa: B010
    return script.connect(*arguments)


def _slow_write(boi: BoiSession, *arguments: Any) -> Any:
    began_s, takes_s = time.perf_counter(), next(_takes_s)
    line = _write(boi, *arguments)
    charged_s = min(_reserved_s[0], max(takes_s - (time.perf_counter() - began_s), 0))
    _reserved_s[0] -= charged_s
    until_s = began_s + takes_s - charged_s
    time.sleep(max(until_s - time.perf_counter() - _SPUN_S, 0))
    while time.perf_counter() < until_s:
        pass
    return line


def _noted_reserve(boi: BoiSession, *arguments: Any) -> Any:
    began_s = time.perf_counter()
    number = _reserve(boi, *arguments)
    _reserved_s[0] += time.perf_counter() - began_s
    return number
