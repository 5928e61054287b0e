"""Record locks: one owner per record; a lock whose process is dead is void (reference 6, point 5)."""

from sandbox.sage100.liveness import is_alive, self_born
from sandbox.sage100.store import Store


class Locks:
    """The locks of one installation, in its store, so that all processes see them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def take(self, company: str, table: str, key: str, owner: str) -> bool:
        """Locks one record for `owner`; True too when it has the lock already, False while another living owner has."""
        place = (company, table, key)
        with self._store.transaction():
            held = self._store.execute(
                "SELECT owner, pid, started FROM record_lock WHERE (company, name, key) = (?, ?, ?)", place
            )
            if held and held[0]["owner"] != owner and is_alive(held[0]["pid"], held[0]["started"]):
                return False
            values = (*place, owner, *self_born())
            self._store.execute("INSERT OR REPLACE INTO record_lock VALUES (?, ?, ?, ?, ?, ?)", values)
        return True

    def release(self, owner: str) -> None:
        """Ends every lock of this owner, and of all owners below it (`session/object`)."""
        self._store.execute("DELETE FROM record_lock WHERE owner = ? OR owner LIKE ? || '/%'", (owner, owner))
