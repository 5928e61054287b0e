"""What is kept of a hunt for mutants: a page for people, JSON for programs."""

import json
import platform
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version

from workers.drills.mutants import SUITE, Fate, Trial

COMMAND = "./run drill mutants"
_PACKAGES = ("hypothesis", "pytest", "sqlalchemy", "tidegate")


def as_json(trials: Sequence[Trial]) -> str:
    """When, with which versions, and every trial."""
    found = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": COMMAND,
        "suite": SUITE,
        "versions": _versions(),
        "trials": [asdict(trial) for trial in trials],
    }
    return json.dumps(found, indent=2) + "\n"


def as_page(trials: Sequence[Trial]) -> str:
    """A page with a row for each trial."""
    caught = sum(trial.fate is Fate.CAUGHT for trial in trials)
    versions = ", ".join(f"{name} {number}" for name, number in _versions().items())
    head = [
        "# Planted mistakes",
        "",
        f"Written by `{COMMAND} --report FILE` on {datetime.now(UTC):%Y-%m-%d}: "
        f"**{caught} of {len(trials)} planted mistakes were caught** by the property suites. Each is a patch in "
        "`tests/mutants/`; it is applied to a copy of the source, the suites run, it is taken back. Before the first, "
        "the same suites passed on the copy as it is. A test of `./run test` holds every patch applicable.",
        "",
        "Suites, ended at the first failure, with as many examples as in `./run test`; a mistake that survives them "
        "meets five times as many:",
        "",
        *(f"- `{test.partition('::')[0]}`" for test in SUITE),
        "",
        f"Versions: {versions}.",
        "",
        "| mutant | what it plants | fate | by which test | examples | seconds |",
        "|---|---|---|---|---|---|",
    ]
    return "\n".join([*head, *(_row(trial) for trial in trials)]) + "\n"


def _row(trial: Trial) -> str:
    test = f"`{trial.by.rpartition('::')[2]}`" if trial.by else trial.why
    return f"| {trial.mutant} | {trial.plants} | {trial.fate} | {test} | x{trial.effort} | {trial.seconds:.0f} |"


def _versions() -> dict[str, str]:
    packages = {name: version(name) for name in _PACKAGES}
    return {"Python": platform.python_version(), "SQLite": sqlite3.sqlite_version, **packages}
