"""Which lines an order gets in Sage: those that were ordered, and those of our own for charges and tax."""

from decimal import Decimal

from bridge.documents import Line, Order
from mappings.mapped import ChargeLine, Run
from mappings.settings import LaneMapping

_ORDERED = frozenset({"product", "kitParent", "service", "giftCard"})
_COMPONENT = "kitComponent"


def ordered_lines(order: Order, run: Run) -> list[tuple[int, Line]]:
    """The lines to write, each with its position in the order.

    Components of a kit that cost nothing are left out: Sage explodes the kit by itself.

    Raises `Refused` for a component with a price of its own, and for a kind of line that nobody told us of.
    """
    kept = []
    for index, line in enumerate(order.lines):
        run.index = index
        if line.kind in _ORDERED:
            kept.append((index, line))
        elif line.kind == _COMPONENT and not line.extended + line.discount_total:
            run.notes.append(f"{run.place('lines[]')}: {line.sku} is part of a kit and is left to Sage")
        else:
            text = "lines are products, kits, services or gift cards; a part of a kit must not cost anything"
            raise run.refusal("lines[].kind", line.kind, text, "unmapped")
    return kept


def charge_lines(order: Order, lane: LaneMapping, run: Run) -> tuple[ChargeLine, ...]:
    """Handling, fees and (where the lane says so) tax as lines of miscellaneous items, after the rests of discounts.

    Shipping is no line: Sage has FreightAmt for it. Raises `Refused` where the lane has no item for a charge, and
    for tax in a lane that sells without.
    """
    totals = order.totals
    charges = [("handling", totals.handling, "Handling"), ("fees", totals.fees, "Fees")]
    if lane.tax == "line":
        charges.append(("tax", totals.tax, "Tax by the storefront"))
    elif lane.tax == "none" and totals.tax:
        raise run.refusal("totals.tax", totals.tax, "this lane sells without tax; set tax of its mapping section")
    lines = [_charge(lane.charge_items, kind, amount, comment, run) for kind, amount, comment in charges if amount]
    return (*run.remainders, *lines)


def _charge(items: dict[str, str], kind: str, amount: Decimal, comment: str, run: Run) -> ChargeLine:
    if kind not in items:
        text = f"this lane has no item for it; add {kind} to charge_items of its mapping section"
        raise run.refusal(f"totals.{kind}", amount, text, "unmapped")
    return ChargeLine(items[kind], amount, comment)
