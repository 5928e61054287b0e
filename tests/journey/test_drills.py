"""The drills that people run, as they run them: each ends well, and its report says what it should."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from workers.drills.faults.all import FAULTS

SEED = 20261121
LONGEST_S = 360


def drill(*arguments: str) -> str:
    """What a drill printed; it must end well."""
    command = [sys.executable, "-m", "workers.cli", "drill", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    return done.stdout


def test_a_campaign_with_every_fault_loses_and_doubles_no_order(tmp_path: Path) -> None:
    """Half of the faults on each ledger."""
    report = tmp_path / "report.json"
    drill("campaign", "--orders", "400", "--seed", str(SEED), "--json", str(report))
    told = json.loads(report.read_text())
    assert {row["fault"] for row in told["rows"] if row["times"] and not row["not_struck"]} == set(FAULTS)
    for row in told["rows"]:
        assert (row["lost"], row["double"], row["stuck"], row["seats_leaked"]) == (0, 0, 0, 0), row
        assert row["recovery_s"] is not None
    for ledger in told["ledgers"]:
        assert len(ledger["injections"]) >= len(FAULTS) // 2
        assert ledger["orders"] == ledger["in_sage"] >= 150


@pytest.mark.parametrize("story", ["weekend", "backup", "seat-leak", "half-batch", "poison"])
def test_a_drill_tells_its_story_to_a_good_end(story: str) -> None:
    told = drill(story)
    assert " yes " in told
    assert "all as it must be" in told
