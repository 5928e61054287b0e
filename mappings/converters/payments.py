"""How an order is paid in Sage: its payment type, and what its storefront has taken as a deposit of it.

Sage's columns are of reference sage100.md 2.2. That a deposit is one amount under one payment type follows from them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter

from bridge.documents import Order, Payment
from bridge.documents.taken import taken
from bridge.erp.sage100.dictionary import ColumnType
from mappings.converters.codes import codes_of, find_code
from mappings.converters.registry import Binding, Convert, ConvertMany, Value, converter
from mappings.mapped import Run
from mappings.settings import LaneMapping
from mappings.sums import ZERO

DEPOSIT = "D"
"""The `PaymentTypeCategory` of a deposit."""

_SPENT = frozenset({"voided", "failed", "refunded"})


@dataclass(frozen=True)
class _Share:
    """What was taken by one payment, with Sage's type of it."""

    code: str
    amount: Decimal
    payment: Payment


class _Types:
    """A lane's payment types. A type that is empty says that such money is none of Sage's business."""

    def __init__(self, lane: LaneMapping) -> None:
        self._gateways = codes_of(lane, "payment_types")
        self._kinds = codes_of(lane, "payment_types_by_kind")

    def code(self, payment: Payment, run: Run) -> str:
        """The type by its gateway, else by its kind. Raises `Refused` for one that no table knows."""
        code = find_code(self._gateways, payment.gateway) if payment.gateway else None
        code = find_code(self._kinds, payment.kind) if code is None else code
        if code is None:
            remedy = "add its gateway to payment_types of this lane, or its kind to payment_types_by_kind"
            raise run.refusal("payments", f"{payment.gateway or 'no gateway'}, {payment.kind}", remedy, "unmapped")
        return code

    def shares(self, payments: Sequence[Payment], run: Run) -> list[_Share]:
        """What was taken for Sage, the largest first. Raises `Refused` where more was given back than captured."""
        found = []
        for index, payment in enumerate(payments):
            amount = taken(payment)
            if amount < 0:
                text = f"more than was captured of it ({payment.captured_amount}); mend it at the storefront"
                raise run.refusal(f"payments[{index}].refunded_amount", payment.refunded_amount, text)
            if amount and (code := self.code(payment, run)):
                found.append(_Share(code, amount, payment))
        return sorted(found, key=attrgetter("amount"), reverse=True)


@converter(ColumnType.TEXT)
def payment_type(binding: Binding) -> Convert[tuple[Payment, ...]]:
    """The payment type of the largest payment that was captured, else of the largest that still stands."""
    types = _Types(binding.lane)

    def convert(payments: tuple[Payment, ...], run: Run) -> str | None:
        if shares := types.shares(payments, run):
            return shares[0].code
        standing = [payment for payment in payments if payment.state not in _SPENT]
        if not standing:
            return None
        first = max(standing, key=attrgetter("amount"))
        if len(standing) > 1:
            run.notes.append(f"payments: {len(standing)} payments, of which the largest ({first.kind}) names the type")
        return types.code(first, run) or None

    return convert


@converter(ColumnType.TEXT, ColumnType.NUMBER, ColumnType.TEXT)
def deposit(binding: Binding) -> ConvertMany[Order]:
    """Category, amount and reference of what was taken for an order; the end of a reference that is too long.

    Nothing taken leaves all three alone. Payments of several types are one deposit under that of the largest.
    """
    types, width = _Types(binding.lane), binding.width(2)

    def convert(order: Order, run: Run) -> tuple[Value, ...]:
        shares = types.shares(order.payments, run)
        if not shares:
            return None, None, None
        amount = sum((share.amount for share in shares), ZERO)
        if amount > order.totals.total:
            text = f"more was captured than the order's total of {order.totals.total}; mend it at the storefront"
            raise run.refusal("payments", amount, text)
        _note_split(shares, run)
        reference = shares[0].payment.transaction_id or ""
        return DEPOSIT, amount, reference[-width:] or None

    return convert


def _note_split(shares: Sequence[_Share], run: Run) -> None:
    """Says what each payment type has in a deposit of several."""
    split: dict[str, Decimal] = {}
    for share in shares:
        split[share.code] = split.get(share.code, ZERO) + share.amount
    if len(split) > 1:
        parts = " and ".join(f"{amount} {code}" for code, amount in split.items())
        run.notes.append(f"payments: {parts} are one deposit under {shares[0].code}")
