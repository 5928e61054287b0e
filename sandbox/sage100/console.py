"""SY_Console: the live sessions, which are also what seats are counted by (reference 2.12, 3.1; 6, point 3)."""

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.sage100.com import Refusal
from sandbox.sage100.liveness import is_alive, self_born
from sandbox.sage100.locks import Locks
from sandbox.sage100.store import Store


@dataclass(frozen=True)
class Seat:
    """One session's row. `id` is never used again, whereas Sage's own key, workstation and counter, is."""

    id: int

    @property
    def owner(self) -> str:
        """The name under which this session's objects hold record locks."""
        return f"session-{self.id}"


class Console:
    """The list of sessions of one installation. `wall` gives seconds of the epoch."""

    def __init__(self, store: Store, wall: Callable[[], float] = time.time) -> None:
        self._store = store
        self._locks = Locks(store)
        self._wall = wall

    def take(self, user_key: str, company: str) -> Seat:
        """Takes a seat. Raises `Refusal` with the seat text when all are in use."""
        options = self._store.options()
        workstation = platform.node()[:30].upper() or "SANDBOX"
        with self._store.transaction():
            self.reap()
            if self._store.execute("SELECT count(*) FROM console")[0][0] >= options.seats:
                raise Refusal(options.texts.no_seat)
            rows = self._store.execute(
                "INSERT INTO console (workstation, counter, user_key, company, pid, started, touched) "
                "VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
                (workstation, self._free_counter(workstation), user_key, company, *self_born(), self._wall()),
            )
        return Seat(rows[0]["id"])

    def note(self, seat: Seat, *, user_key: str, company: str, module: str, program: str) -> None:
        """Writes what the session does now into its row."""
        self._store.execute(
            "UPDATE console SET user_key = ?, company = ?, module = ?, program = ? WHERE id = ?",
            (user_key, company, module, program, seat.id),
        )

    def touch(self, seat: Seat) -> bool:
        """Notes a call of this session. False when its row has been ended, or it was idle too long."""
        idle_s = self._store.options().idle_logoff_s
        rows = self._store.execute("SELECT touched FROM console WHERE id = ?", (seat.id,))
        if not rows or (idle_s and self._wall() - rows[0]["touched"] > idle_s):
            self.end(seat)
            return False
        if idle_s:
            self._store.execute("UPDATE console SET touched = ? WHERE id = ?", (self._wall(), seat.id))
        return True

    def end(self, seat: Seat) -> None:
        """Takes the row away, which gives the seat back and ends its record locks; a second call does nothing."""
        self._locks.release(seat.owner)
        self._store.execute("DELETE FROM console WHERE id = ?", (seat.id,))

    def orphan(self, seat: Seat) -> None:
        """Marks the row's server process as dead; whether it still counts is the installation's option."""
        self._store.execute("UPDATE console SET started = 0 WHERE id = ?", (seat.id,))

    def reap(self) -> None:
        """Ends the rows that no longer count: idle ones, and, where the option says so, those of dead processes."""
        options = self._store.options()
        for row in self._store.execute("SELECT id, pid, started, touched FROM console"):
            dead = not options.killed_session_keeps_seat and not is_alive(row["pid"], row["started"])
            idle = options.idle_logoff_s and self._wall() - row["touched"] > options.idle_logoff_s
            if dead or idle:
                self.end(Seat(row["id"]))

    def _free_counter(self, workstation: str) -> str:
        rows = self._store.execute("SELECT counter FROM console WHERE workstation = ?", (workstation,))
        used = {row["counter"] for row in rows}
        return next(number for n in range(1, len(used) + 2) if (number := f"{n:03}") not in used)
