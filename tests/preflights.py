"""Checks before the write, as tests of writers want them."""

from bridge.ledger.rows import Record
from bridge.ports.erp import Facts
from bridge.rules import LaneRules, Objection
from bridge.writing.mapped import Mapped


class NoRules:
    """A preflight that asks for nothing."""

    rules = LaneRules()

    def wants(self, mapped: Mapped) -> tuple[list[str], list[str]]:
        """As the port says."""
        return [], []

    def judge(self, record: Record, mapped: Mapped, facts: Facts) -> Objection | None:
        """As the port says."""
        return None
