"""The look before the write, in Sage 100's columns: whom and what an order names, and what stands against it."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from bridge.documents import Order
from bridge.ledger.rows import Record
from bridge.ports.erp import ORDER, Facts
from bridge.rules import LaneRules, Objection, check_standing
from bridge.writing.mapped import Mapped


@dataclass(frozen=True)
class SagePreflight:
    """Credit and stock by a lane's rules."""

    rules: LaneRules

    def wants(self, mapped: Mapped) -> tuple[list[str], list[str]]:
        """See `Preflight.wants`."""
        customer = mapped.header.get("CustomerNo")
        asks_credit = self.rules.credit == "hold" and customer is not None and bool(mapped.lines)
        asks_stock = self.rules.stock == "hold"
        return [str(customer)] if asks_credit else [], list(_quantities(mapped)) if asks_stock else []

    def judge(self, record: Record, mapped: Mapped, facts: Facts) -> Objection | None:
        """See `Preflight.judge`."""
        if record.document != ORDER or not (facts.customers or facts.items):
            return None
        order = Order.model_validate_json(record.content or "")
        return check_standing(order, str(mapped.header["CustomerNo"]), _quantities(mapped), facts, self.rules)


def _quantities(mapped: Mapped) -> dict[str, Decimal]:
    wanted: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in mapped.lines:
        quantity = line.get("QuantityOrdered")
        if isinstance(quantity, Decimal):
            wanted[str(line["ItemCode"])] += quantity
    return dict(wanted)
