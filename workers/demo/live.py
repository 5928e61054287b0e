"""What a person sees while the fleet works: one table, renewed a few times a second."""

from collections import Counter
from dataclasses import dataclass, field

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from sqlalchemy import func, select

from bridge.events.redis_client import open_client
from bridge.ledger import schema
from bridge.ledger.store import Database
from bridge.ledger.windows import OPEN, lane_row, to_write
from bridge.ports.clock import SystemClock
from bridge.seats.redis import RedisSeats
from bridge.states import State
from workers.settings import Settings
from workers.stage.plan import StagePlan

COLUMNS = ("received", "ready", "in flight", "in Sage", "told", "held", "review", "dead")
_COLUMN_OF = {
    State.RECEIVED: "received",
    State.READY: "ready",
    State.CLAIMED: "in flight",
    State.WRITING: "in flight",
    State.UNCERTAIN: "in flight",
    State.CONFIRMED: "in Sage",
    State.HELD: "held",
    State.REVIEW: "review",
    State.DEAD: "dead",
}


@dataclass
class Board:
    """Reads the ledger and the seat counter; `said` holds what has happened, the newest last."""

    plan: StagePlan
    settings: Settings
    database: Database
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._redis = open_client(self.settings.broker.url.get_secret_value(), timeout_s=1)
        self._seats = RedisSeats(self._redis, "sage100", self.settings.systems["sage100"].seats)

    def close(self) -> None:
        """Ends the connection to the broker."""
        self._redis.close()

    def say(self, text: str) -> None:
        """Adds a line to what has happened."""
        self.said.append(text)

    def counts(self) -> dict[str, Counter[str]]:
        """Orders by lane and column; told by the lane of the order that was told of."""
        columns = schema.record.c
        with self.database.read() as connection:
            orders = connection.execute(
                select(columns.lane, columns.state, func.count().label("n"))
                .where(columns.document == "order")
                .group_by(columns.lane, columns.state)
            ).all()
            told = connection.execute(
                select(columns.connection, func.count().label("n"))
                .where(columns.document == "acknowledgement", columns.state == State.CONFIRMED.value)
                .group_by(columns.connection)
            ).all()
        counted: dict[str, Counter[str]] = {shop.lane: Counter() for shop in self.plan.shops}
        for row in orders:
            counted[row.lane][_COLUMN_OF.get(State(row.state), "")] += row.n
        lanes = {shop.connection: shop.lane for shop in self.plan.shops}
        for row in told:
            counted[lanes[row.connection]]["told"] = row.n
        return counted

    def picture(self, placed: int, of: int) -> RenderableType:
        """The table as it is now."""
        title = f"placed at the sites: {placed} of {of}; seats in use: {self._seats_in_use()} of {self.plan.seats}"
        table = Table(title=title, title_justify="left", box=None, padding=(0, 1, 0, 0))
        for name in ("company", *COLUMNS, "window"):
            is_text = name in {"company", "window"}
            table.add_column(name, justify="left" if is_text else "right", no_wrap=is_text)
        counts = self.counts()
        for shop in self.plan.shops:
            figures = (str(counts[shop.lane][name]) for name in COLUMNS)
            table.add_row(shop.company, *figures, self._window(shop.lane))
        return Group(table, *(Text(f"  {line}", style="dim") for line in self.said[-8:]))

    def _window(self, lane: str) -> str:
        now = SystemClock().now()
        with self.database.read() as connection:
            standing, window = lane_row(connection, lane), to_write(connection, lane, now)
        if standing and standing.halted:
            return "HALTED"
        if window is None:
            return "closed"
        left_s = (window.closes_at - now).total_seconds()
        return f"{'open' if window.state == OPEN else 'due'}, {left_s:.0f} s"

    def _seats_in_use(self) -> str:
        try:
            return str(len(self._seats.held()))
        except Exception:
            return "?"
