"""What an order that is in Sage becomes there when its storefront withdraws it, by the rule of its lane."""

from bridge.ledger.rows import Record
from bridge.ports.erp import ON_HOLD, REMOVED
from bridge.rules import LaneRules
from bridge.writing.mapped import Columns, Mapped
from mappings.characters import spell

_WIDTH = 30
"""Of `Comment` in every release (reference sage100.md 2.2)."""

_MARK = "Cancelled: "


def withdrawal(order: Record, rules: LaneRules) -> Mapped | None:
    """The columns that hold or remove a written order; None where a person does it.

    The reason of a hold stands in `Comment`, where a clerk sees it. A removed order may get a `CancelReasonCode`.
    """
    if rules.after_write_cancel == "review":
        return None
    if rules.after_write_cancel == "hold":
        return Mapped({"OrderStatus": ON_HOLD, "Comment": _comment(order)})
    code: Columns = {"CancelReasonCode": rules.cancel_reason_code} if rules.cancel_reason_code else {}
    return Mapped({"OrderStatus": REMOVED, **code})


def _comment(order: Record) -> str:
    """The comment as it was written, marked; where that is too long, the web order's number, which comes last always.

    A ledger restored from a backup finds an order by that number (design, section 4).
    """
    number = spell(order.order_number or order.source_id).text
    written = str(Mapped.from_json(order.mapped).header.get("Comment", number)) if order.mapped else number
    fitting = [text for text in (written, number) if len(_MARK + text) <= _WIDTH]
    return _MARK + (fitting[0] if fitting else number[: _WIDTH - len(_MARK)])
