"""Reads an ERP back into a restored ledger: what was written since the backup is learned, and not written again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bridge.errors import Refused
from bridge.ledger import recovering
from bridge.ledger.claims import issue_fence
from bridge.ledger.outcomes import Rules, Writer
from bridge.ledger.store import Database
from bridge.ledger.windows import LaneRow, lane_row
from bridge.ports.clock import Clock
from bridge.ports.erp import Erp
from bridge.ports.seats import Seats
from bridge.recovery.comparison import Comparison, Report
from bridge.writing.settings import WriterSettings
from bridge.writing.writer import PURPOSE

MARGIN = timedelta(days=2)
"""How long before the backup the reading begins: the ERP's days are those of its own zone and its own clock."""


@dataclass(frozen=True)
class Recovery:
    """The recovery of one lane, whose writer's seat and fence it takes. `connections` are those whose orders go there.

    `leave` are numbers of the ERP's that a person has looked at and that need not be settled.
    """

    database: Database
    erp: Erp
    seats: Seats
    clock: Clock
    settings: WriterSettings
    lane: str
    owner: str
    connections: Sequence[str]
    leave: Collection[str] = ()
    is_dry_run: bool = False

    def run(self, since: date | None = None) -> Report:
        """Compares everything that carries our stamp and changed since (a little before the backup, unless said).

        Twice, or after a kill in the middle, changes nothing more. The lane's mark is lifted once nothing is
        unsettled; a person still has to resume it. Raises `Refused` when the lane is not halted or its storefronts
        have not been read yet, and what the ERP and the seats raise.
        """
        with self.database.read() as connection:
            standing = lane_row(connection, self.lane)
        if standing is None or not standing.halted:
            text = f"lane {self.lane} is not halted; `tidegate lane halt {self.lane} --why ...` first"
            raise Refused(text, field="lane", value=self.lane)
        self._require_documents(standing)
        return self._compare(self._since(standing, since))

    def _since(self, standing: LaneRow, asked: date | None) -> date:
        """The day to begin with; a later one than the backup asks for would leave orders out and lift the mark."""
        latest = (standing.restored_to - MARGIN).date() if standing.restored_to else None
        first = asked or latest
        if first is None:
            text = f"lane {self.lane} was not restored from a backup; say from which day to compare it with --since"
            raise Refused(text, field="since")
        if latest and first > latest:
            text = f"lane {self.lane} must be compared from {latest} on, for the sake of its backup; --since is later"
            raise Refused(text, field="since", value=str(first))
        return first

    def _require_documents(self, standing: LaneRow) -> None:
        """What was ordered since the backup must be in the ledger, or nobody can say which orders the ERP has."""
        restored_at = standing.restored_at
        with self.database.read() as connection:
            waiting = recovering.unread(connection, self.lane)
            late = recovering.not_polled_since(connection, self.connections, restored_at) if restored_at else []
        if late:
            text = (
                f"what was ordered since the backup has not been read from {', '.join(late)}; start the fleet, run "
                f"`tidegate lane resume storefront:{late[0]} --why ...`, and this command again after the next poll"
            )
            raise Refused(text, field="connection", value=late[0])
        if waiting:
            text = f"{waiting} documents of {self.lane} are still to be read from their storefront; run again then"
            raise Refused(text, field="lane", value=self.lane)

    def _compare(self, since: date) -> Report:
        fence = issue_fence(self.database, self.lane, by=self.owner, now=self.clock.now())
        life_s = self.settings.lease_s
        lease = self.seats.take(self.lane, owner=self.owner, purpose=PURPOSE, fence=fence, lease_s=life_s)
        try:
            with self.erp.open(self.lane, fence=fence, purpose=PURPOSE) as session:
                comparison = Comparison(
                    self.database, session, self.clock, Writer(self.owner, self.lane, fence),
                    Rules(self.settings.failure_limit, self.settings.total_tolerance), self.settings.in_flight,
                    frozenset(self.leave), self.is_dry_run, alive=lambda: self.seats.renew(lease, life_s),
                )  # fmt: skip
                return comparison.run(since)
        finally:
            self.seats.give_back(lease)
