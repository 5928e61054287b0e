"""What a storefront has taken of an order that is in Sage, as the deposit that the order is to have there."""

from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256

from bridge.documents import Order
from bridge.errors import Refused
from bridge.ledger.deposits import Deposit
from bridge.ledger.rows import Reason
from bridge.ports.erp import FieldValue
from bridge.writing.mapped import CUSTOMER_PLACEHOLDER, Mapped
from mappings.mapped import MapContext
from mappings.mapping_set import MappingSet
from mappings.sums import ZERO, to_cent

_AMOUNT = "DepositAmt"
_COLUMNS = ("PaymentType", "PaymentTypeCategory", _AMOUNT, "OtherPaymentTypeRefNo")
"""Of an open order (reference sage100.md 2.2), in the order in which Sage gets them."""

_CONTEXT = MapContext(customer_number=CUSTOMER_PLACEHOLDER)


def deposit(mapping: MappingSet, written: Order, order: Order, context: MapContext = _CONTEXT) -> Deposit:
    """The whole deposit of an order by its payments of now; `written` is the order as it was written. Pure.

    Both are mapped by today's rows of an order, so that a site that sets no `DepositAmt` has no deposits, and a new
    mapping alone makes none. An order of which nothing is taken any more has one of 0.
    """
    as_written = _name(written, _columns(mapping, written, context))
    paid = written.model_copy(update={"payments": order.payments})
    columns = _columns(mapping, paid, context)
    name = _name(paid, columns)
    if isinstance(columns, Refused):
        reason = Reason(columns.code, str(columns), field=columns.field, value=columns.value)
        return Deposit(name, as_written, reason=reason)
    return Deposit(name, as_written, _amount(columns), Mapped(columns).to_json())


def _columns(mapping: MappingSet, order: Order, context: MapContext) -> Mapping[str, FieldValue] | Refused:
    try:
        header = mapping.map_order(order, context).header
    except Refused as error:
        return error
    return {name: header[name] for name in _COLUMNS if name in header} if _AMOUNT in header else {_AMOUNT: ZERO}


def _amount(columns: Mapping[str, FieldValue]) -> Decimal:
    return to_cent(Decimal(columns[_AMOUNT]))


def _name(order: Order, columns: Mapping[str, FieldValue] | Refused) -> str:
    """The amount; for payments that cannot be mapped a word that is the same for the same payments."""
    if not isinstance(columns, Refused):
        return f"{_amount(columns)}"
    payments = "".join(payment.model_dump_json() for payment in order.payments)
    return f"not mapped: {sha256(payments.encode()).hexdigest()[:16]}"
