"""Notices that an ERP was set back to an older state: it lacks what it confirmed, or gives a number out again."""

from collections.abc import Sequence

from bridge.errors import WentBack
from bridge.ledger import proofs
from bridge.ledger.outcomes import Writer, commit_findings
from bridge.ports.erp import ORDER, ErpSession
from bridge.writing.tools import Tools


def check_newest(tools: Tools, writer: Writer, session: ErpSession) -> None:
    """Looks for the newest order that the ERP confirmed; one cheap read, and none in a lane that has no such order.

    One that is not there is noted with its probe row, so that it halts the lane once. Raises `WentBack`.
    """
    newest = proofs.newest_confirmed(tools.database, writer.lane)
    if newest is None:
        return
    [finding] = session.probe(ORDER, [proofs.key_of(tools.database, newest)])
    if finding.verdict not in proofs.GONE:
        return
    commit_findings(tools.database, writer, [finding], tools.rules, now=tools.clock.now())
    raise WentBack(
        f"the newest order that the ERP confirmed, {newest.order_number} as {newest.number}, is not there any more "
        f"({finding.verdict}); {_WAY_OUT.format(lane=writer.lane)}"
    )


def refuse_known_numbers(tools: Tools, lane: str, document: str, reserved: Sequence[str]) -> None:
    """An order number that the ERP gives out although the ledger has it for another order. Raises `WentBack`."""
    known = proofs.known_numbers(tools.database, lane, reserved) if document == ORDER else []
    if known:
        raise WentBack(
            f"the ERP gave out the number {known[0]}, which another order of this lane has already; "
            f"{_WAY_OUT.format(lane=lane)}"
        )


_WAY_OUT = "it was set back to an older state: `tidegate lane check {lane}` lists what it lacks"
