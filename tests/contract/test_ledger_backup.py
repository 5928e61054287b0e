"""A backup holds the whole ledger as it stood at one moment, and comes back into an empty one of either kind."""

import gzip
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Table, event, select

from bridge.errors import Refused
from bridge.ledger import schema, windows
from bridge.ledger.backup import write_backup
from bridge.ledger.claims import begin_writing, claim, issue_fence
from bridge.ledger.dead import DeadMessage, bury_message
from bridge.ledger.migrate import migrate
from bridge.ledger.restore import restore
from bridge.ledger.restored import MARGIN, lift_mark, skip_ids
from bridge.ledger.store import Database
from bridge.ledger.trace import open_alarms
from bridge.states import State
from tests.builders import LANE, NOW, an_arrival, an_order, take, the
from tests.databases import KINDS, open_database

TELLINGS = "storefront:clarity"
LATER = NOW + timedelta(hours=3)
MOVED_ON = {"lane", "record", "move", "batch", "alarm", "manifest_line"}
"""Tables that the restore itself writes to."""


@pytest.fixture
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Another ledger, of the kind that `database` is not, or an empty one of SQLite."""
    (tmp_path / "other").mkdir()
    kind = "sqlite" if request.getfixturevalue("database").url.startswith("postgresql") else "postgresql"
    opened = open_database(kind, request, tmp_path / "other")
    yield opened
    opened.close()


def quiet(_table: str, _rows: int) -> None: ...


def back_up(database: Database, folder: Path, *, force: bool = False) -> Path:
    path = folder / "ledger.backup"
    write_backup(database, path, now=NOW, force=force, progress=quiet)
    return path


def bring_back(target: Database, path: Path) -> None:
    restore(target, path, [LANE, TELLINGS], by="Ann", now=LATER, progress=quiet)


def rows_of(database: Database, table: Table) -> list[tuple[object, ...]]:
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]


def a_morning(database: Database) -> None:
    """An order in every part of a write, an event, an unreadable message, a watermark."""
    for number in range(4):
        an_order(database, f"{number}")
    take(database, [an_arrival("77", body=b'{"name": "\xc5\xa0koda \xff"}')], [], by="intake", now=NOW)
    fence = issue_fence(database, LANE, by="writer", now=NOW)
    batch = claim(database, LANE, fence=fence, window_id=None, owner="writer", limit=2, now=NOW)
    assert batch
    begin_writing(database, batch, {record.id: f"{record.id:07}" for record in batch.records}, by="writer", now=NOW)
    assert claim(database, LANE, fence=fence, window_id=None, owner="writer", limit=1, now=NOW)
    with database.write() as connection:
        bury_message(connection, DeadMessage("stream:1-0", "no JSON", b"\x00\xff"), NOW)


def test_what_was_copied_comes_back_into_the_other_kind_of_database(
    database: Database, target: Database, tmp_path: Path
) -> None:
    a_morning(database)
    bring_back(target, back_up(database, tmp_path))
    for table in schema.metadata.sorted_tables:
        if table.name not in MOVED_ON:
            assert rows_of(target, table) == rows_of(database, table), table.name
    moves = rows_of(database, schema.move)
    assert rows_of(target, schema.move)[: len(moves)] == moves
    assert the(target, 4) == the(database, 4), "a record at rest is as it was, to the last microsecond"


@pytest.mark.parametrize("database", KINDS, indirect=True)
def test_nothing_is_in_flight_and_no_lane_may_be_written_after_a_restore(
    database: Database, target: Database, tmp_path: Path
) -> None:
    a_morning(database)
    bring_back(target, back_up(database, tmp_path))
    states = [the(target, record_id).state for record_id in range(1, 5)]
    assert states == [State.UNCERTAIN, State.UNCERTAIN, State.READY, State.READY]
    with target.read() as connection:
        company, tellings = windows.lane_row(connection, LANE), windows.lane_row(connection, TELLINGS)
    assert company
    assert tellings
    assert (company.halted, company.restored_to, company.restored_at) == (True, NOW, LATER)
    assert (tellings.halted, tellings.restored_to) == (True, None)
    assert "tidegate recover sage100:ABC" in (company.halt_reason or "")
    assert {alarm.key: alarm.urgency for alarm in open_alarms(target)} == {
        f"halted:{LANE}": "at once", f"halted:{TELLINGS}": "at once",
    }  # fmt: skip


def test_no_id_and_no_fence_is_given_a_second_time(database: Database, target: Database, tmp_path: Path) -> None:
    a_morning(database)
    bring_back(target, back_up(database, tmp_path))
    past = max(5 + MARGIN, int(LATER.timestamp()))
    assert an_order(target, "new").id > past
    fence = issue_fence(target, LANE, by="writer", now=LATER)
    assert fence > past
    batch = claim(target, LANE, fence=fence, window_id=None, owner="writer", limit=9, now=LATER)
    assert batch
    assert batch.id > past
    with target.write() as connection:
        skip_ids(connection, schema.record, past + 500)
        skip_ids(connection, schema.record, 3)
    assert an_order(target, "newer").id > past + 500


def test_a_restored_lane_is_not_resumed_before_the_mark_is_lifted(database: Database, tmp_path: Path) -> None:
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    migrate(other)
    bring_back(other, back_up(database, tmp_path))
    with pytest.raises(Refused, match="tidegate recover sage100:ABC"), other.write() as connection:
        windows.resume(connection, LANE, now=LATER)
    with other.write() as connection:
        assert windows.resume(connection, TELLINGS, now=LATER)
        lift_mark(connection, LANE, LATER)
        assert windows.resume(connection, LANE, now=LATER)
    other.close()


def test_a_backup_of_a_ledger_not_yet_recovered_keeps_the_older_time(sqlite_database: Database, tmp_path: Path) -> None:
    for name in ("one.db", "two.db"):
        path = back_up(sqlite_database, tmp_path, force=True)
        sqlite_database.close()
        sqlite_database = Database(f"sqlite:///{tmp_path / name}")
        migrate(sqlite_database)
        restore(sqlite_database, path, [LANE], by="Ann", now=LATER, progress=quiet)
    with sqlite_database.read() as connection:
        row = windows.lane_row(connection, LANE)
    assert row
    assert row.restored_to == NOW
    assert row.fence >= int(LATER.timestamp()) + MARGIN
    sqlite_database.close()


def test_a_backup_shows_one_moment_while_the_fleet_goes_on(database: Database, tmp_path: Path) -> None:
    an_order(database, "before")
    late = Database(database.url)

    def meanwhile(table: str, _rows: int) -> None:
        if table == "event" and not late_orders:
            late_orders.append(an_order(late, "meanwhile").source_id)

    late_orders: list[str] = []
    path = tmp_path / "ledger.backup"
    counts = write_backup(database, path, now=NOW, force=False, progress=meanwhile)
    late.close()
    assert late_orders == ["meanwhile"]
    assert (counts["record"], counts["move"]) == (1, 2)


def test_rows_are_fetched_a_few_at_a_time_however_many_there_are(sqlite_database: Database, tmp_path: Path) -> None:
    with sqlite_database.write() as connection:
        row = {"key": "x", "urgency": "high", "text": "x", "count": 1, "first_at": NOW, "last_at": NOW}
        connection.execute(schema.alarm.insert(), [{**row, "key": str(number)} for number in range(3_000)])
    copied = back_up(sqlite_database, tmp_path)
    target = Database(f"sqlite:///{tmp_path / 'other.db'}")
    migrate(target)
    inserted: list[int] = []

    @event.listens_for(target.engine, "before_cursor_execute")
    def _note(_connection: object, _cursor: object, statement: str, parameters: list[object], *_: object) -> None:
        if statement.startswith("INSERT INTO alarm"):
            inserted.append(len(parameters))

    bring_back(target, copied)
    assert max(inserted) <= 500
    target.close()


def test_the_file_is_the_owners_alone_and_is_not_overwritten_unasked(sqlite_database: Database, tmp_path: Path) -> None:
    path = back_up(sqlite_database, tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    with pytest.raises(Refused, match="--force"):
        back_up(sqlite_database, tmp_path)
    assert path.read_bytes() == before
    an_order(sqlite_database)
    back_up(sqlite_database, tmp_path, force=True)
    assert path.read_bytes() != before
    assert {file.name for file in tmp_path.iterdir() if "backup" in file.name} == {path.name}


def test_a_backup_that_fails_leaves_the_old_file_and_no_rest(sqlite_database: Database, tmp_path: Path) -> None:
    path = back_up(sqlite_database, tmp_path)
    before = path.read_bytes()

    def fail(_table: str, _rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_backup(sqlite_database, path, now=NOW, force=True, progress=fail)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir() if "backup" in file.name] == [path.name]


def test_a_ledger_with_anything_in_it_is_not_restored_into(database: Database, tmp_path: Path) -> None:
    path = back_up(database, tmp_path)
    an_order(database)
    with pytest.raises(Refused, match=r"not empty .*tidegate migrate"):
        bring_back(database, path)


def cut(lines: list[bytes]) -> list[bytes]:
    return lines[:-1]


def changed(lines: list[bytes]) -> list[bytes]:
    return [line.replace(b"WIDGET", b"GADGET") for line in lines]


def one_less(lines: list[bytes]) -> list[bytes]:
    return [line for line in lines if not line.startswith(b'["move",1,')]


def another_table(lines: list[bytes]) -> list[bytes]:
    return [line.replace(b'["record"', b'["alembic_version"') for line in lines]


def no_backup(lines: list[bytes]) -> list[bytes]:
    return [b'{"hello": 1}\n']


@pytest.mark.parametrize("damage", [cut, changed, one_less, another_table, no_backup])
def test_a_damaged_file_changes_nothing(damage: object, sqlite_database: Database, tmp_path: Path) -> None:
    an_order(sqlite_database)
    path = back_up(sqlite_database, tmp_path)
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    path.write_bytes(gzip.compress(b"".join(damage(lines))))  # type: ignore[operator]
    refuses(path, "damaged or no backup", tmp_path)


def test_a_file_that_ends_early_or_is_none_changes_nothing(sqlite_database: Database, tmp_path: Path) -> None:
    an_order(sqlite_database)
    path = back_up(sqlite_database, tmp_path)
    for content in (path.read_bytes()[:-20], b"not gzip", b""):
        path.write_bytes(content)
        refuses(path, "damaged or no backup", tmp_path)
    refuses(tmp_path / "none", "no such file", tmp_path)


def test_another_releases_backup_is_refused_with_the_way_out(sqlite_database: Database, tmp_path: Path) -> None:
    path = back_up(sqlite_database, tmp_path)
    first, *rest = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    other = json.dumps({**json.loads(first), "revision": "9999"}).encode() + b"\n"
    path.write_bytes(gzip.compress(b"".join([other, *rest])))
    refuses(path, "revision 9999.*with the release that made it", tmp_path)


def refuses(path: Path, why: str, folder: Path) -> None:
    target = Database(f"sqlite:///{folder / 'target.db'}")
    migrate(target)
    with pytest.raises(Refused, match=why):
        bring_back(target, path)
    for table in schema.metadata.sorted_tables:
        assert rows_of(target, table) == [], table.name
    target.close()
