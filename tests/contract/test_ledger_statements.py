"""A batch costs the ledger the same few statements and one commit, however many records are in it."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from bridge.ledger.claims import Batch, begin_writing, claim, issue_fence
from bridge.ledger.intake import take
from bridge.ledger.outcomes import Rules, Writer, commit_results
from bridge.ledger.store import Database
from bridge.outcomes import Outcome
from bridge.ports.erp import ResultLine
from tests.builders import LANE, NOW, an_arrival, an_order

FEW, MANY = 5, 50
"""Records of a batch."""


def cost(database: Database, call: Callable[[], object]) -> tuple[int, int]:
    """Statements sent, and commits."""
    seen: list[str] = []

    def sent(*_: Any) -> None:
        seen.append("statement")

    def committed(_: Any) -> None:
        seen.append("commit")

    event.listen(database.engine, "before_cursor_execute", sent)
    event.listen(database.engine, "commit", committed)
    call()
    event.remove(database.engine, "before_cursor_execute", sent)
    event.remove(database.engine, "commit", committed)
    return seen.count("statement"), seen.count("commit")


def heard(database: Database, size: int) -> tuple[int, int]:
    arrivals = [an_arrival(f"{size}-{place}") for place in range(size)]
    return cost(database, lambda: take(database, arrivals, [], by="intake", now=NOW))


def written(database: Database, size: int) -> list[tuple[int, int]]:
    """What claim, intent and outcomes of one batch cost."""
    for place in range(size):
        an_order(database, f"{size}-{place}")
    fence = issue_fence(database, LANE, by="w", now=NOW)
    claimed: list[Batch] = []

    def claim_them() -> None:
        batch = claim(database, LANE, fence=fence, window_id=None, owner="w", limit=size, now=NOW)
        assert batch
        claimed.append(batch)

    costs = [cost(database, claim_them)]
    [batch] = claimed
    assert len(batch.records) == size
    numbers = {record.id: f"{record.id:07}" for record in batch.records}
    costs.append(cost(database, lambda: begin_writing(database, batch, numbers, by="w", now=NOW)))
    lines = [ResultLine(it.id, Outcome.CONFIRMED, numbers[it.id], total=it.amount) for it in batch.records]
    writer = Writer("w", LANE, fence)
    costs.append(cost(database, lambda: commit_results(database, writer, lines, Rules(), now=NOW)))
    return costs


@pytest.mark.parametrize("measured", [heard, written])
def test_a_batch_of_many_costs_what_a_batch_of_few_costs(database: Database, measured: Callable[..., object]) -> None:
    assert measured(database, MANY) == measured(database, FEW)


def test_each_step_of_a_batch_is_one_commit(database: Database) -> None:
    assert heard(database, FEW)[1] == 1
    assert [commits for _, commits in written(database, MANY)] == [1, 1, 1]
