"""A short campaign, as people run it: every fault strikes, and its report says what it should."""

import json
from pathlib import Path

from tests.drill_runs import drill
from workers.drills.faults.all import FAULTS

SEED = 20261121


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
        assert ledger["orders"] == ledger["in_sage"] == 200
