"""Audit stamps: who made and last changed a record, and when, by the clock on Sage's wall (reference 1.1.3, 2.1)."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sandbox.sage100.layouts import Cell, Row


def stamp(row: Row, before: Mapping[str, Cell] | None, *, zone: str, user_key: str) -> None:
    """Stamps a row that is about to be written over `before`, or as a new record where that is None.

    Days are YYYYMMDD and times decimal hours with five places, both local to `zone`. What was known of the record's
    creation stays; a record that was loaded in bulk has none.
    """
    now = datetime.now(ZoneInfo(zone))
    hours = now.hour + now.minute / 60 + now.second / 3600
    written = {"Date{}": now.strftime("%Y%m%d"), "Time{}": f"{hours:.5f}", "User{}Key": user_key}
    for name, text in written.items():
        created = name.format("Created")
        row[created] = text if before is None else before.get(created, "")
        row[name.format("Updated")] = text
