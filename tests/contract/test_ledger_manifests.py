"""What each window wrote, on both databases: its manifest with control totals, and the balance of a day."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import delete, insert, update

from bridge.digest.figures import digest_of
from bridge.documents import Payment
from bridge.ledger import schema, windows
from bridge.ledger.claims import begin_writing, claim, issue_fence
from bridge.ledger.digests import note_told, take
from bridge.ledger.manifests import balance, manifest
from bridge.ledger.outcomes import Rules, Writer, commit_findings, commit_results
from bridge.ledger.schema_alarms import manifest_line
from bridge.ledger.store import Database
from bridge.outcomes import Outcome
from bridge.ports.erp import Finding, ResultLine, Verdict
from bridge.states import State
from bridge.windows.calendar import LaneCalendar
from bridge.windows.due import Window
from tests.builders import LANE, NOW, an_order, the
from tests.unit import mapping_samples

DAY_BEFORE, DAY_AFTER = NOW - timedelta(days=1), NOW + timedelta(days=1)


def a_window(database: Database, quarter: int) -> tuple[int, int]:
    """A window that a writer has opened, so many quarters of an hour later: its id and its fence."""
    opens = NOW + quarter * timedelta(minutes=15)
    windows.schedule(database, LANE, [Window(opens, opens, opens + timedelta(minutes=15), 0)], now=opens)
    fence = issue_fence(database, LANE, by="w", now=opens)
    with database.write() as connection:
        window = windows.to_write(connection, LANE, opens)
        assert window is not None
        windows.open_window(connection, window.id, fence, opens)
    return window.id, fence


def sent(database: Database, window_id: int, fence: int, *, limit: int = 10) -> Writer:
    """Everything that is due is on its way in this window."""
    batch = claim(
        database, LANE, fence=fence, window_id=window_id, owner="w", limit=limit, now=NOW + timedelta(hours=1)
    )
    assert batch is not None
    begin_writing(database, batch, {record.id: f"{record.id:07d}" for record in batch.records}, by="w", now=NOW)
    return Writer("w", LANE, fence)


def read_order(database: Database, source_id: str) -> int:
    """An order as it was read: goods 20.00, freight 8.50, tax 2.85, with 10.00 of it taken."""
    order = mapping_samples.order(source_id=source_id)
    totals = order.totals.model_copy(
        update={"items": Decimal(20), "shipping": Decimal("8.50"), "tax": Decimal("2.85"), "total": Decimal("31.35")}
    )
    payments = (Payment(kind="card", state="captured", amount=Decimal(10)),)
    content = order.model_copy(update={"totals": totals, "payments": payments}).model_dump_json()
    return an_order(database, source_id, content=content, amount=Decimal("31.35")).id


def test_a_window_has_control_totals_of_what_it_confirmed_and_counts_of_the_rest(database: Database) -> None:
    ids = [read_order(database, name) for name in ("1", "2", "3", "4")]
    window_id, fence = a_window(database, 0)
    lines = [
        ResultLine(ids[0], Outcome.CONFIRMED, "0000001", Decimal("31.35")),
        ResultLine(ids[1], Outcome.CONFIRMED, "0000002", Decimal("31.36")),
        ResultLine(ids[2], Outcome.REJECTED, text="no"),
        ResultLine(ids[3], Outcome.UNCERTAIN, text="no answer"),
    ]
    commit_results(database, sent(database, window_id, fence), lines, Rules(), now=NOW)
    with database.read() as connection:
        found = manifest(connection, window_id)
    assert (found.records, [(each.outcome, each.records) for each in found.entries]) == (
        4, [("CONFIRMED", 2), ("REVIEW", 1), ("UNCERTAIN", 1)],
    )  # fmt: skip
    [confirmed] = found.of(State.CONFIRMED)
    control = confirmed.control
    totals = (control.amount, control.erp_total, control.goods, control.freight, control.tax, control.payments)
    assert [str(each) for each in totals] == ["62.7", "62.71", "40", "17", "5.7", "20"]
    assert (confirmed.document, confirmed.currency) == ("order", "USD")


def test_what_a_probe_finds_belongs_to_the_window_that_found_it_and_is_counted_once(database: Database) -> None:
    order = an_order(database, "1")
    first, fence = a_window(database, 0)
    writer = sent(database, first, fence)
    commit_results(database, writer, [ResultLine(order.id, Outcome.UNCERTAIN, text="no answer")], Rules(), now=NOW)
    second, fence = a_window(database, 1)
    found = Finding(order.id, Verdict.OURS, "0000001", "open orders", total=Decimal("20.00"))
    commit_findings(database, Writer("w", LANE, fence), [found], Rules(), now=NOW + timedelta(minutes=16))
    with database.read() as connection:
        manifests = [[each.outcome for each in manifest(connection, each).entries] for each in (first, second)]
        day = balance(connection, LANE, DAY_BEFORE, DAY_AFTER)
    assert manifests == [["UNCERTAIN"], ["CONFIRMED"]]
    assert ([each.records for each in day.entries], day.gaps) == ([1], ())


def test_what_a_killed_writer_left_in_doubt_stands_in_its_own_window(database: Database) -> None:
    an_order(database, "1")
    first, fence = a_window(database, 0)
    sent(database, first, fence)
    a_window(database, 1)
    with database.read() as connection:
        assert [each.outcome for each in manifest(connection, first).entries] == ["UNCERTAIN"]


def test_what_somebody_changes_is_a_gap_with_its_amount(database: Database) -> None:
    ids = [read_order(database, name) for name in ("1", "2", "3", "4")]
    window_id, fence = a_window(database, 0)
    lines = [ResultLine(each, Outcome.CONFIRMED, f"{each:07d}", Decimal("31.35")) for each in ids]
    commit_results(database, sent(database, window_id, fence), lines, Rules(), now=NOW)
    record = schema.record
    text = the_content(database, ids[1]).replace('"shipping":"8.50"', '"shipping":"9.50"')
    with database.write() as connection:
        connection.execute(update(record).where(record.c.id == ids[0]).values(erp_total=Decimal("30.00")))
        connection.execute(update(record).where(record.c.id == ids[1]).values(content=text))
        connection.execute(delete(manifest_line).where(manifest_line.c.record_id == ids[2]))
        twice = {"lane": LANE, "record_id": ids[3], "document": "order", "outcome": "CONFIRMED", "at": NOW}
        connection.execute(insert(manifest_line).values(**twice, currency="USD", amount=Decimal("31.35")))
    with database.read() as connection:
        found = balance(connection, LANE, DAY_BEFORE, DAY_AFTER)
        assert balance(connection, "sage100:XYZ", DAY_BEFORE, DAY_AFTER).gaps == ()
    told = {gap.name: (gap.records, gap.by.amount, gap.by.erp_total, gap.by.freight) for gap in found.gaps}
    assert told == {
        "1": (0, 0, Decimal("-1.35"), 0), "2": (0, 0, 0, Decimal(1)),
        "3": (1, Decimal("31.35"), Decimal("31.35"), Decimal("8.5")), "4": (-1, Decimal("-31.35"), None, None),
    }  # fmt: skip
    assert not found.is_balanced
    [ledger] = found.ledger
    assert (ledger.records, ledger.control.erp_total) == (4, Decimal("124.05"))


def the_content(database: Database, record_id: int) -> str:
    return the(database, record_id).content or ""


def test_the_digest_of_a_day_is_the_same_on_both(database: Database) -> None:
    read_order(database, "1")
    window_id, fence = a_window(database, 0)
    writer = sent(database, window_id, fence)
    commit_results(database, writer, [ResultLine(1, Outcome.CONFIRMED, "0000001", Decimal("31.35"))], Rules(), now=NOW)
    an_order(database, "2", currency="CAD")
    later = NOW + timedelta(hours=3)
    found = digest_of(database, NOW.date(), {LANE: LaneCalendar()}, ["clarity"], now=later)
    [lane] = found.lanes
    assert (lane.came.records, dict(lane.came.money)) == (2, {"USD": Decimal("31.35"), "CAD": Decimal(20)})
    assert (lane.confirmed.records, lane.waiting.records, dict(lane.waiting.money)) == (1, 1, {"CAD": Decimal(20)})
    assert found.is_balanced


def test_a_digest_is_taken_by_one_teller_and_again_only_when_it_did_not_arrive(database: Database) -> None:
    day = NOW.date()
    for minutes, is_taken in ((0, True), (1, False), (9, False), (10, True), (11, False)):
        with database.write() as connection:
            assert take(connection, day, "ann", NOW + timedelta(minutes=minutes)) is is_taken
    with database.write() as connection:
        assert take(connection, day, "bob", NOW), "each target for itself"
        note_told(connection, day, "ann", NOW)
        note_told(connection, day, "ann", NOW)
        assert not take(connection, day, "ann", NOW + timedelta(days=1))
        assert take(connection, day + timedelta(days=1), "ann", NOW)
