"""A ledger that is only looked at: who looks does not hang with it."""

import time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from bridge.ledger.store import Database


def test_who_only_looks_waits_no_longer_than_he_said(database: Database) -> None:
    looker = Database(database.engine.url.render_as_string(hide_password=False), timeout_s=0.2)
    began = time.monotonic()
    with database.write() as writing:
        writing.execute(text("UPDATE lane SET fence = 1") if database.is_sqlite else text("LOCK TABLE lane"))
        with pytest.raises(OperationalError), looker.write() as connection:
            connection.execute(text("UPDATE lane SET fence = 2"))
    assert time.monotonic() - began < 10
    with looker.write() as connection:
        connection.execute(text("UPDATE lane SET fence = 3"))
    looker.close()
