"""What is to be read, in which order and when, and how far a poll has come; on both databases."""

from datetime import datetime, timedelta

from bridge.ledger.intake import take
from bridge.ledger.reading import advance_watermark, known_versions, put_off, to_read, watermark
from bridge.ledger.store import Database
from tests.builders import NOW, an_arrival, an_order
from tests.ledger_walks import change

MINUTE = timedelta(minutes=1)


def due(database: Database, at: datetime = NOW, limit: int = 10, connection_name: str = "clarity") -> list[str]:
    with database.read() as connection:
        return [record.source_id for record in to_read(connection, connection_name, limit, at)]


def reached(database: Database, connection_name: str = "clarity") -> datetime | None:
    with database.read() as connection:
        return watermark(connection, connection_name)


def test_the_watermark_moves_forward_only_and_each_connection_has_its_own(database: Database) -> None:
    assert reached(database) is None
    for moment in (NOW, NOW - MINUTE, NOW + MINUTE, NOW + MINUTE, NOW):
        with database.write() as connection:
            advance_watermark(connection, "clarity", moment, now=NOW)
    assert (reached(database), reached(database, "desk")) == (NOW + MINUTE, None)


def test_a_watermark_that_is_not_committed_has_not_moved(database: Database) -> None:
    with database.engine.connect() as connection:
        advance_watermark(connection, "clarity", NOW, now=NOW)
        connection.rollback()
    assert reached(database) is None


def test_the_oldest_are_read_first_a_page_at_a_time(database: Database) -> None:
    take(database, [an_arrival(name) for name in ("1", "2", "3")], [], by="intake", now=NOW)
    assert (due(database), due(database, limit=2)) == (["1", "2", "3"], ["1", "2"])
    assert due(database, connection_name="desk") == []


def test_what_is_put_off_is_read_when_its_time_has_come(database: Database) -> None:
    take(database, [an_arrival(name) for name in ("1", "2")], [], by="intake", now=NOW)
    with database.write() as connection:
        first = to_read(connection, "clarity", 1, NOW)[0]
        put_off(connection, [first.id], now=NOW, after_s=60)
        put_off(connection, [], now=NOW, after_s=60)
    assert (due(database), due(database, NOW + MINUTE)) == (["2"], ["1", "2"])


def test_a_poll_is_told_which_versions_were_read(database: Database) -> None:
    take(database, [an_arrival("1", version=4)], [], by="intake", now=NOW)
    change(database, an_order(database, "2"), version=3)
    change(database, an_order(database, "2", lane="sage100:XYZ"), version=5)
    with database.read() as connection:
        known = known_versions(connection, "clarity", "order", ["1", "2", "3"])
    assert known == {("main", "2"): 5}, "an order that was never read is not known"
