"""What one `ProvideX.Script` process holds: the store, the locks, the seats it took and the faults that may meet it."""

import itertools
from pathlib import Path

from sandbox.sage100.com import Apartment
from sandbox.sage100.console import Console, Seat
from sandbox.sage100.faults import Faults
from sandbox.sage100.locks import Locks
from sandbox.sage100.options import Options
from sandbox.sage100.store import Store


class Server(Apartment):
    """The server process behind one Script and all its objects."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.store = Store(path)
        self.locks = Locks(self.store)
        self.console = Console(self.store)
        self.faults = Faults(self.store, self.end)
        self.seats: list[Seat] = []
        self.serial = itertools.count(1)

    @property
    def options(self) -> Options:
        """The installation's settings as they are now."""
        return self.store.options()

    def end(self) -> None:
        """What Windows does when the server process dies: its locks end, its console rows stay behind."""
        self.gone = True
        for seat in self.seats:
            self.locks.release(seat.owner)
            self.console.orphan(seat)

    @property
    def separator(self) -> str:
        """SEP as COM shows it: byte 138 read in the installation's code page (reference 1.1.3)."""
        return bytes([138]).decode(self.options.code_page)

    def joined(self, texts: list[str]) -> str:
        """A list of texts as one, with SEP between them."""
        end = self.separator if texts and self.options.trailing_separator else ""
        return self.separator.join(texts) + end
