"""A ledger of a former release: what it had confirmed has its line, so that nothing is told as missing."""

from datetime import timedelta
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import insert, select

import bridge.ledger.migrations
from bridge.ledger import schema
from bridge.ledger.manifests import balance
from bridge.ledger.migrate import migrate
from bridge.ledger.schema_alarms import manifest_line
from bridge.ledger.store import Database
from tests.builders import LANE, NOW, SITE

FORMER = "0002"


def a_record(source_id: str, state: str, lane: str = LANE) -> dict[str, object]:
    return {
        "connection": "clarity", "site": SITE, "document": "order", "source_id": source_id, "lane": lane,
        "state": state, "version": 1, "wanted_version": 1, "amount": 20, "erp_total": 20, "currency": "USD",
        "due_at": NOW, "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip


def test_what_was_confirmed_before_is_balanced(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    config = Config()
    config.set_main_option("script_location", str(Path(bridge.ledger.migrations.__path__[0])))
    config.set_main_option("path_separator", "os")
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, FORMER)
        rows = [a_record("1", "CONFIRMED"), a_record("2", "READY"), a_record("3", "CONFIRMED", "storefront:clarity")]
        connection.execute(insert(schema.record), rows)
        moved = {"record_id": 1, "origin": "WRITING", "target": "CONFIRMED", "why": "it is in", "by": "w", "at": NOW}
        connection.execute(insert(schema.move).values(**moved, failures=0))
    migrate(database)
    with database.read() as connection:
        assert connection.execute(select(manifest_line.c.record_id)).scalars().all() == [1]
        found = balance(connection, LANE, NOW - timedelta(days=1), NOW + timedelta(days=1))
    assert ([each.records for each in found.entries], found.gaps) == ([1], ())
    database.close()
