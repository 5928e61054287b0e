"""`tidegate digest`: the day in figures, for people and for programs; its exit status says whether it balances."""

from pathlib import Path

import pytest
from sqlalchemy import update

from bridge.ledger import schema
from bridge.ledger.claims import begin_writing, claim, issue_fence
from bridge.ledger.outcomes import Rules, Writer, commit_results
from bridge.outcomes import Outcome
from bridge.ports.erp import ResultLine
from tests.builders import LANE, NOW, an_order
from tests.cli_rig import Rig, a_rig

DAY = ("digest", "--day", "2026-03-02")


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """One order was confirmed that day, and one waits since."""
    made = a_rig(tmp_path)
    order = an_order(made.database, "1")
    fence = issue_fence(made.database, LANE, by="w", now=NOW)
    batch = claim(made.database, LANE, fence=fence, window_id=None, owner="w", limit=1, now=NOW)
    assert batch is not None
    begin_writing(made.database, batch, {order.id: "0000101"}, by="w", now=NOW)
    line = ResultLine(order.id, Outcome.CONFIRMED, "0000101", order.amount)
    commit_results(made.database, Writer("w", LANE, fence), [line], Rules(), now=NOW)
    an_order(made.database, "2")
    return made


def test_a_day_is_shown_in_words(rig: Rig) -> None:
    said = rig.said(*DAY)
    assert "2 orders in, 1 confirmed, 1 wait, 0 for a person" in said
    assert "Manifests: 1 order: amount 20.00, in the ERP 20.00 USD Manifests and ledger balance." in said


def test_and_as_json(rig: Rig) -> None:
    found = rig.json(*DAY)
    [lane] = found["lanes"]
    assert (found["day"], lane["came"]["records"], lane["confirmed"]["money"]) == (
        "2026-03-02",
        2,
        {"USD": "20"},
    )


def test_yesterday_is_shown_unless_a_day_is_named(rig: Rig) -> None:
    assert rig.json("digest")["lanes"][0]["came"]["records"] == 0


def test_what_does_not_balance_ends_with_1(rig: Rig) -> None:
    with rig.database.write() as connection:
        connection.execute(update(schema.record).where(schema.record.c.id == 1).values(erp_total=19))
    said = rig.said(*DAY, status=1)
    assert "DO NOT BALANCE: order, the ledger less the manifests is in the ERP -1.00 USD" in said
    assert "erp total was 20 and is 19" in said
