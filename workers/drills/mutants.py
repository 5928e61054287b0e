"""Plants one mistake after the other in a copy of the tree, and sees whether the property suites notice each.

A suite that passes says little unless it fails where it should. The mistakes are patches in `tests/mutants`, each with
a line on its head that says what it plants. Nothing is changed in the tree itself.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from queue import Queue
from tempfile import TemporaryDirectory
from time import monotonic

from bridge.errors import Misconfigured

PATCHES = Path("tests/mutants")
SUITE = (
    "tests/property/test_seats_machine.py::test_seats_in_memory",
    "tests/property/test_ledger_machine.py::test_on_sqlite",
    "tests/property/test_writer_machine.py",
)
"""The suites that must notice, the quickest first; on SQLite in memory."""

HUNT = "TIDEGATE_MUTANT_HUNT"
"""Set for the suites to how many times the examples of `./run test` they try; they then tell a failure as they found
it, not the smallest one (tests/effort.py reads it)."""

EFFORTS = (1, 5)
"""What a mutant has to survive, one after the other: few examples of a long random history hold a rare one or not."""

LIMIT_S = 900.0
AT_ONCE = 2

_FAILED = re.compile(r"^(?:FAILED|ERROR) (?P<test>\S+)(?: - (?P<why>.*))?$", re.MULTILINE)


class Fate(StrEnum):
    """What became of a planted mistake."""

    CAUGHT = "caught"
    SURVIVED = "survived"
    NOT_PLANTED = "does not apply"
    NO_END = "no end in time"


@dataclass(frozen=True)
class Mutant:
    """One planted mistake."""

    name: str
    plants: str
    patch: Path


@dataclass(frozen=True)
class Trial:
    """What became of one mutant. `by` is the test that caught it, `why` its first words, or what went wrong.

    `effort` is how many times the examples of `./run test` the suites tried last.
    """

    mutant: str
    plants: str
    fate: Fate
    by: str
    why: str
    seconds: float
    effort: int = 1


def source_tree() -> Path:
    """The checkout that this code runs from. Raises `Misconfigured` when it is installed without one."""
    root = Path(__file__).parents[2]
    if not ((root / ".git").exists() and (root / PATCHES).is_dir()):
        raise Misconfigured(f"{root} is no source checkout: clone the repository, and run `./run drill mutants` there")
    return root


def read_mutants(folder: Path, only: str | None = None) -> list[Mutant]:
    """The mutants of a folder in their order, or those whose name has `only` in it. Raises `Misconfigured`."""
    found = [_mutant(path) for path in sorted(folder.glob("*.patch"))]
    chosen = [mutant for mutant in found if only is None or only in mutant.name]
    if not chosen:
        names = ", ".join(mutant.name for mutant in found) or "none"
        raise Misconfigured(f"no mutant in {folder} is called {only!r}; there are {names}")
    return chosen


def _mutant(path: Path) -> Mutant:
    head = path.read_text(encoding="utf-8").partition("\n")[0]
    if not head.startswith("# "):
        raise Misconfigured(f"{path}: its first line is {head!r}; write `# ` and what the patch plants")
    return Mutant(path.stem, head.removeprefix("# "), path)


class Hunt:
    """Tries mutants in copies of the tree, at most two at a time. `suite` are the arguments that pytest gets."""

    def __init__(self, root: Path, suite: Sequence[str] = SUITE, limit_s: float = LIMIT_S) -> None:
        self._root = root
        self._suite = tuple(suite)
        self._limit_s = limit_s

    def run(self, mutants: Sequence[Mutant], tell: Callable[[Trial], None]) -> list[Trial]:
        """One trial each, in order; `tell` hears of each as it ends.

        Raises `Misconfigured` when the suites do not even pass on the tree as it is: then nothing could be shown.
        """
        with self._copies() as copies:
            self._check_unharmed(copies)

            def attempt(mutant: Mutant) -> Trial:
                copy = copies.get()
                try:
                    trial = self._try(copy, mutant)
                finally:
                    copies.put(copy)
                tell(trial)
                return trial

            with ThreadPoolExecutor(copies.qsize()) as pool:
                return list(pool.map(attempt, mutants))

    @contextmanager
    def _copies(self) -> Iterator[Queue[Path]]:
        """Copies of what git tracks, in a folder that is gone afterwards."""
        listed = _git(self._root, "ls-files", "-z").stdout.split("\0")
        copies: Queue[Path] = Queue()
        with TemporaryDirectory(prefix="tidegate-mutants-") as folder:
            for number in range(AT_ONCE):
                copy = Path(folder) / str(number)
                for name in filter(None, listed):
                    if (self._root / name).is_file():
                        (copy / name).parent.mkdir(parents=True, exist_ok=True)
                        shutil.copy2(self._root / name, copy / name)
                copies.put(copy)
            yield copies

    def _check_unharmed(self, copies: Queue[Path]) -> None:
        copy = copies.get()
        done = self._pytest(copy, EFFORTS[-1])
        copies.put(copy)
        if done is None or done.returncode != 0:
            told = done.stdout[-2000:] if done else f"no end in {self._limit_s:.0f} s"
            raise Misconfigured(f"the suites fail on the tree as it is; mend that first (./run test)\n{told}")

    def _try(self, copy: Path, mutant: Mutant) -> Trial:
        begun = monotonic()
        planted = _git(copy, "apply", str(mutant.patch.resolve()), check=False)
        if planted.returncode != 0:
            return Trial(mutant.name, mutant.plants, Fate.NOT_PLANTED, "", _words(planted.stderr), 0, 0)
        try:
            fate, by, why, effort = self._fate_of(copy)
        finally:
            _git(copy, "apply", "--reverse", str(mutant.patch.resolve()))
        return Trial(mutant.name, mutant.plants, fate, by, _words(why), round(monotonic() - begun, 1), effort)

    def _fate_of(self, copy: Path) -> tuple[Fate, str, str, int]:
        """What becomes of what is planted in this copy: its fate, by which test, why, and the last effort."""
        for effort in EFFORTS:
            done = self._pytest(copy, effort)
            if done is None:
                return Fate.NO_END, "", f"stopped after {self._limit_s:.0f} s", effort
            if done.returncode != 0:
                failed = _FAILED.search(done.stdout)
                by, why = (failed["test"], failed["why"] or "") if failed else ("", done.stdout[-200:])
                return Fate.CAUGHT, by, why, effort
        return Fate.SURVIVED, "", "every suite passed", EFFORTS[-1]

    def _pytest(self, copy: Path, effort: int) -> "subprocess.CompletedProcess[str] | None":
        """The suites in this copy, ended at their first failure; None when they did not end in time.

        They write no bytecode: a patch and its reversal in one second would leave that of the patch behind.
        """
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-rfE", "--tb=line", *self._suite]
        environment = {**os.environ, HUNT: str(effort), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"}
        try:
            return subprocess.run(
                command, cwd=copy, env=environment, capture_output=True, text=True, timeout=self._limit_s, check=False
            )
        except subprocess.TimeoutExpired:
            return None


def _words(text: str) -> str:
    return " ".join(text.split())[:160]


def _git(folder: Path, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
    """Git in this folder and in no repository above it, which would have the last word on what a patch is for."""
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    return subprocess.run(["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=check)
