"""Whatever outcomes writes come to, manifests and ledger balance; what is changed in either is told to the cent."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from bridge.ledger import schema
from bridge.ledger.manifests import Balance, balance
from bridge.ledger.migrate import migrate
from bridge.ledger.rows import Record
from bridge.ledger.schema_alarms import manifest_line
from bridge.ledger.store import Database
from bridge.states import State
from tests.builders import LANE, NOW, an_order
from tests.databases import delete_rows
from tests.effort import effort
from tests.ledger_crew import Crew
from tests.ledger_model import Modelled
from tests.whimsical_sage import WHIMS

MONEY = st.decimals(Decimal("0.01"), Decimal("9999.99"), places=2)
ORDERS = st.lists(st.tuples(MONEY, st.sampled_from(["USD", "CAD"])), min_size=1, max_size=8)
STEPS = st.lists(st.tuples(st.sampled_from("a" * 15 + "b"), st.sampled_from(WHIMS)), min_size=20, max_size=90)
Steps = Sequence[tuple[str, str]]


@pytest.fixture(scope="module")
def in_memory() -> Iterator[Database]:
    database = Database("sqlite://")
    migrate(database)
    yield database
    database.close()


def trade(database: Database, orders: Sequence[tuple[Decimal, str]], steps: Steps) -> list[Record]:
    """Two writers at work on these orders; those that are confirmed in the end."""
    delete_rows(database)
    crew = Crew(database)
    made = [an_order(database, str(n), amount=amount, currency=currency) for n, (amount, currency) in enumerate(orders)]
    for record in made:
        crew.model[record.id] = Modelled(1, NOW, NOW, State.READY, version=1, needs_read=False)
    for pen, whim in steps:
        crew.clock.set(crew.clock.now() + timedelta(seconds=1))
        crew.step(pen, whim)
    confirmed = {key for key, each in crew.model.items() if each.state is State.CONFIRMED}
    return [record for record in made if record.id in confirmed]


def balanced(database: Database) -> Balance:
    with database.read() as connection:
        return balance(connection, LANE, NOW - timedelta(days=1), NOW + timedelta(days=1))


def sums(records: Sequence[Record]) -> dict[str | None, tuple[int, Decimal | None]]:
    """Records and money by currency."""
    found: dict[str | None, tuple[int, Decimal | None]] = {}
    for record in records:
        number, money = found.get(record.currency, (0, Decimal(0)))
        found[record.currency] = (number + 1, (money or Decimal(0)) + (record.amount or Decimal(0)))
    return found


@effort(60)
@given(orders=ORDERS, steps=STEPS)
def test_whatever_writes_come_to_the_manifests_are_what_the_ledger_says(
    in_memory: Database, orders: Sequence[tuple[Decimal, str]], steps: Steps
) -> None:
    confirmed = trade(in_memory, orders, steps)
    found = balanced(in_memory)
    assert found.gaps == ()
    assert found.entries == found.ledger
    assert {each.currency: (each.records, each.control.amount) for each in found.entries} == sums(confirmed)


@effort(60)
@given(orders=ORDERS, steps=STEPS, which=st.integers(0, 7), deed=st.sampled_from(["edit", "lose", "unlist", "move"]))
def test_one_row_that_somebody_changes_is_told_with_its_money(
    in_memory: Database, orders: Sequence[tuple[Decimal, str]], steps: Steps, which: int, deed: str
) -> None:
    confirmed = trade(in_memory, orders, steps)
    if not confirmed:
        return
    victim = confirmed[which % len(confirmed)]
    by = tamper(in_memory, victim, deed)
    found = balanced(in_memory)
    [gap] = found.gaps
    assert (gap.record_id, gap.name, gap.by.amount) == (
        victim.id,
        victim.order_number if deed != "lose" else gap.name,
        by,
    )
    noted = {each.currency: each.control.amount or Decimal(0) for each in found.entries}
    present = {each.currency: each.control.amount or Decimal(0) for each in found.ledger}
    differences = {key: present[key] - noted.get(key, Decimal(0)) for key in present}
    assert {key: each for key, each in differences.items() if each} == {victim.currency: by}


def tamper(database: Database, victim: Record, deed: str) -> Decimal:
    """Changes one row past the product; by how much the ledger has more then than the manifests."""
    record, amount = schema.record, victim.amount or Decimal(0)
    is_it, is_its = record.c.id == victim.id, manifest_line.c.record_id == victim.id
    with database.write() as connection:
        if deed == "edit":
            connection.execute(update(record).where(is_it).values(amount=amount + 1))
            return Decimal(1)
        if deed == "unlist":
            connection.execute(delete(manifest_line).where(is_its, manifest_line.c.outcome == "CONFIRMED"))
            return amount
        if deed == "move":
            connection.execute(update(record).where(is_it).values(state="REVIEW"))
            return -amount
        for table in (schema.move, schema.probe):
            connection.execute(delete(table).where(table.c.record_id == victim.id))
        connection.execute(delete(record).where(is_it))
        assert connection.execute(select(record.c.id).where(is_it)).first() is None
        return -amount
