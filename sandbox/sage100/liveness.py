"""Which processes still run; a number alone does not say, since systems use numbers again."""

import os
from functools import lru_cache

import psutil

_SLACK_S = 1.0


@lru_cache(maxsize=1)
def _born(pid: int) -> float:
    return psutil.Process(pid).create_time()


def self_born() -> tuple[int, float]:
    """This process: its number and when it was born, in seconds of the epoch."""
    pid = os.getpid()
    return pid, _born(pid)


def is_alive(pid: int, born: float) -> bool:
    """Whether the process of this number and birth still runs. A dead child that nobody has reaped is not alive."""
    try:
        found = psutil.Process(pid)
        return abs(found.create_time() - born) < _SLACK_S and found.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
