"""The other way round: what the ledger has for confirmed and the ERP lacks, since it was set back to an older state."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bridge.ledger import proofs
from bridge.ledger.claims import know_lane
from bridge.ledger.outcomes import Rules, Writer, commit_findings
from bridge.ledger.rows import Record
from bridge.ledger.store import Database
from bridge.ledger.windows import lane_row
from bridge.ports.clock import Clock
from bridge.ports.erp import ORDER, Erp, ErpSession, Verdict
from bridge.ports.seats import Seats

PURPOSE = "reader"
_LEASE_S = 120.0
_PAGE = 50


@dataclass(frozen=True)
class Missing:
    """A confirmed order that the ERP does not show as ours, and what its probe said."""

    order: Record
    verdict: Verdict
    text: str | None


@dataclass(frozen=True)
class Check:
    """Looks every confirmed order of a lane up, as a reader beside its writer."""

    database: Database
    erp: Erp
    seats: Seats
    clock: Clock
    lane: str
    owner: str

    def missing(self, since: datetime) -> Iterator[Missing]:
        """Orders changed since then that the ERP lacks, as they are found.

        Each gets its probe row, so that the writer does not halt the lane for it once more. Changes nothing else.
        Raises what seats and ERP raise, `StaleFence` when a writer takes the lane meanwhile.
        """
        with self.database.write() as connection:
            know_lane(connection, self.lane, self.clock.now())
            standing = lane_row(connection, self.lane)
        fence = standing.fence if standing else 0
        lease = self.seats.take(self.lane, owner=self.owner, purpose=PURPOSE, fence=fence, lease_s=_LEASE_S)
        try:
            with self.erp.open(self.lane, fence=fence, purpose=PURPOSE) as session:
                writer, after_id = Writer(self.owner, self.lane, fence), 0
                while orders := proofs.confirmed_since(self.database, self.lane, since, after_id=after_id, limit=_PAGE):
                    yield from self._look(session, writer, orders)
                    after_id = orders[-1].id
                    lease = self.seats.renew(lease, _LEASE_S)
        finally:
            self.seats.give_back(lease)

    def _look(self, session: ErpSession, writer: Writer, orders: list[Record]) -> Iterator[Missing]:
        by_id = {order.id: order for order in orders}
        findings = session.probe(ORDER, [proofs.key_of(self.database, order) for order in orders])
        gone = [finding for finding in findings if finding.verdict in proofs.GONE]
        if gone:
            commit_findings(self.database, writer, gone, Rules(), now=self.clock.now())
        for finding in findings:
            if finding.verdict is not Verdict.OURS:
                yield Missing(by_id[finding.record_id], finding.verdict, finding.text)
