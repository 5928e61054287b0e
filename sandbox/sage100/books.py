"""One company's records, as those who work in it change them: Sage's own objects and the people of the office."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sandbox.sage100.layouts import Row
from sandbox.sage100.options import Options
from sandbox.sage100.stamps import stamp
from sandbox.sage100.store import Store


class Books:
    """The records of one company under the hand of one user. Transactions are the caller's."""

    def __init__(self, store: Store, company: str, user_key: str) -> None:
        self.store = store
        self.company = company
        self.user_key = user_key

    @property
    def options(self) -> Options:
        """The installation's settings as they are now."""
        return self.store.options()

    @property
    def today(self) -> str:
        """The day on Sage's wall, YYYYMMDD."""
        return datetime.now(ZoneInfo(self.options.time_zone)).strftime("%Y%m%d")

    def get(self, table: str, *parts: str) -> Row | None:
        """The record whose key has these parts, or None."""
        return self.store.get(self.company, table, self.store.layout(table).prefix(*parts).rstrip())

    def existing(self, table: str, *parts: str) -> Row:
        """The record whose key has these parts. Raises KeyError where there is none."""
        row = self.get(table, *parts)
        if row is None:
            raise KeyError(f"{table} {' '.join(parts)} is not in company {self.company}")
        return row

    def rows(self, table: str, *parts: str) -> list[Row]:
        """Every record whose key begins with these parts, in key order."""
        return self.store.rows(self.company, table, self.store.layout(table).prefix(*parts))

    def save(self, table: str, row: Row) -> None:
        """Writes a record's columns of this table and, where the table has stamps, stamps it."""
        layout = self.store.layout(table)
        kept = layout.fitting(row)
        if layout.is_stamped:
            before = self.store.get(self.company, table, layout.key_of(kept))
            stamp(kept, before, zone=self.options.time_zone, user_key=self.user_key)
        self.store.put(self.company, table, kept)

    def keep(self, table: str, row: Row) -> None:
        """Writes a record's columns of this table with the stamps that it has."""
        self.store.put(self.company, table, self.store.layout(table).fitting(row))

    def remove(self, table: str, *parts: str) -> None:
        """Removes the record whose key has these parts; none is no error."""
        self.store.remove(self.company, table, self.store.layout(table).prefix(*parts).rstrip())

    def remove_all(self, table: str, *parts: str) -> None:
        """Removes every record whose key begins with these parts."""
        self.store.remove_all(self.company, table, self.store.layout(table).prefix(*parts))

    def next_number(self, counter: str, width: int) -> str:
        """Takes a number for good, zero-filled; it is given back only if the caller's transaction fails."""
        return self.store.next_number(self.company, counter, width)
