"""Runs a campaign for a person at a terminal: progress, report, exit status."""

import json as json_text
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from workers.drills.campaign import Campaign, run
from workers.drills.faults.catalogue import Fault, LedgerKind
from workers.drills.report import as_json, page, summary, table, versions


@dataclass(frozen=True)
class Asked:
    """What the person asked for."""

    faults: Sequence[Fault]
    kinds: Sequence[LedgerKind]
    seed: int
    orders: int
    minutes: float
    json: Path | None
    report: Path | None
    keep: Path | None


def conduct(asked: Asked) -> int:
    """Runs it and tells; 0 when every promise was kept."""
    console = Console(emoji=False)
    folder = asked.keep or Path(tempfile.mkdtemp(prefix="tidegate-drill-"))
    began = time.monotonic()

    def say(text: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:6.1f} s[/]  {text}", highlight=False)

    say(f"files in {folder}")
    try:
        found = run(Campaign(asked.faults, asked.kinds, asked.seed, asked.orders, asked.minutes, folder.resolve(), say))
    finally:
        if asked.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    console.print(table(found))
    for line in summary(found):
        console.print(line, markup=False, highlight=False)
    facts = {
        "date": datetime.now(UTC).date().isoformat(),
        "seed": asked.seed,
        "orders": sum(each.orders for each in found),
        "minutes": asked.minutes,
        "versions": versions(),
    }
    if asked.json:
        asked.json.write_text(json_text.dumps(as_json(found, facts), indent=2, default=str), encoding="utf-8")
    if asked.report:
        asked.report.write_text(page(found, facts), encoding="utf-8")
    return 0 if all(each.is_well for each in found) else 1
