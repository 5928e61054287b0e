"""Short campaigns, as people run them: faults strike, no order is lost or doubled, and the report says so."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.drill_runs import drill
from workers.drills.faults.all import FAULTS

SEED = "20261121"
UNTESTED_ELSEWHERE = (
    "broker-stopped", "broker-truncated", "clock-forward", "clock-back", "dst-autumn", "database-full",
    "answer-late-committed", "half-line", "stale-handle", "webhook-reordered", "old-release", "unreadable",
)  # fmt: skip
"""Faults that `tests/fault` does not bring about by itself."""


def told_by(report: Path) -> Any:
    """The report, once no row of it says that anything went wrong."""
    told = json.loads(report.read_text())
    for row in told["rows"]:
        assert (row["lost"], row["double"], row["stuck"], row["seats_leaked"]) == (0, 0, 0, 0), row
        assert row["recovery_s"] is not None
    return told


def struck(told: Any) -> set[str]:
    return {row["fault"] for row in told["rows"] if row["times"] and not row["not_struck"]}


def test_faults_that_no_other_test_knows_lose_and_double_no_order(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    drill("fault", *UNTESTED_ELSEWHERE, "--seed", SEED, "--json", str(report))
    assert struck(told_by(report)) == set(UNTESTED_ELSEWHERE)


@pytest.mark.long
def test_a_campaign_with_every_fault_loses_and_doubles_no_order(tmp_path: Path) -> None:
    """Half of the faults on each ledger."""
    report = tmp_path / "report.json"
    drill("campaign", "--orders", "400", "--seed", SEED, "--json", str(report))
    told = told_by(report)
    assert struck(told) == set(FAULTS)
    for ledger in told["ledgers"]:
        assert len(ledger["injections"]) >= len(FAULTS) // 2
        assert ledger["orders"] == ledger["in_sage"] == 200
