"""The clock on the wall of a whole stage, which a drill may set: every process of it reads time through libfaketime.

Only the time of day is moved. Clocks that count from the machine's start go on as they are, as when somebody sets a
clock. The library is preloaded, so the broker's server is moved with the rest.
"""

import importlib.util
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from bridge.errors import Misconfigured

_LIBRARY = Path("vendor", "libfaketime", "src", "libfaketime.so.1")
_SHARED = Path("/dev/shm")  # noqa: S108  where the library itself keeps what it shares


class StageClock:
    """How far a stage's time of day is from ours. The file is read by every process at every look at the clock."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        folder.mkdir(parents=True, exist_ok=True)
        self.offset = timedelta()
        self.set(timedelta())

    def set(self, offset: timedelta) -> None:
        """Sets every process's clock so far ahead of ours (or behind, when negative), at once."""
        draft = self._file.with_suffix(".draft")
        draft.write_text(f"{offset.total_seconds():+f}\n")
        draft.replace(self._file)
        self.offset = offset

    def now(self) -> datetime:
        """What the stage takes for the present."""
        return datetime.now(UTC) + self.offset

    def environment(self) -> Mapping[str, str]:
        """What every process of the stage is started with. Raises `Misconfigured` where there is no libfaketime."""
        return {
            "LD_PRELOAD": str(_library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",  # else whoever waits for a condition, as Flower does, waits busily
            "NO_FAKE_STAT": "1",  # else processes would share a lock that a killed one never gives back
        }


def remove_leftovers() -> None:
    """Removes what killed processes have left in shared memory; the library does so only at a good end."""
    for pattern in ("faketime_shm_*", "sem.faketime_sem_*"):
        for leftover in _SHARED.glob(pattern):
            pid = leftover.name.rpartition("_")[2]
            if pid.isdigit() and not psutil.pid_exists(int(pid)):
                with suppress(OSError):  # another user's
                    leftover.unlink()


def _library() -> Path:
    found = importlib.util.find_spec("libfaketime") if sys.platform == "linux" else None
    for place in (found and found.submodule_search_locations) or []:
        if (Path(place) / _LIBRARY).exists():
            return Path(place) / _LIBRARY
    raise Misconfigured("clocks can be set on Linux only, with libfaketime: install tidegate[dev]")
