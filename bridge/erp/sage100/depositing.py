"""What a storefront has taken of an order, as the deposit of that order in Sage, and looking whether it is there.

The columns are read in sources (reference sage100.md 2.2: `DepositAmt`, `PaymentTypeCategory` D). Inferred are that an
open order takes another deposit until it is invoiced, and that posting an invoice takes its part out of the order's
`DepositAmt`; so the deposit of an order that was invoiced before is never compared, nor changed.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

from bridge.erp.sage100.bus import BusObject
from bridge.erp.sage100.company import ORDER_HISTORY, SALES_ORDER
from bridge.erp.sage100.order_changes import CURRENT_INVOICE, KEY, LAST_INVOICE, Obstacle, OrderChange, found, rejected
from bridge.erp.sage100.probe import probe_order
from bridge.erp.sage100.session import SageSession
from bridge.ports.erp import ErpWrite, FieldValue, Finding, ProbeKey, ResultLine, Verdict

_AMOUNT, _TYPE, _REFERENCE = "DepositAmt", "PaymentType", "OtherPaymentTypeRefNo"
_LAST_INVOICE_OF_HISTORY = "LastInvoiceNo"


class OrderDepositor(OrderChange):
    """Sets the whole deposit of orders. One that a person has changed in Sage since we wrote it is left alone."""

    INVOICED: ClassVar[Mapping[str, str]] = {
        CURRENT_INVOICE: "it is on invoice {}, which is not posted yet",
        LAST_INVOICE: "it was invoiced with {}",
    }

    def is_so(self, bus: BusObject, write: ErpWrite) -> bool:
        """See `OrderChange.is_so`."""
        return _is_so(bus, write.header)

    def fill(self, bus: BusObject, write: ErpWrite) -> ResultLine | None:
        """See `OrderChange.fill`."""
        there, wrote = bus.number(_AMOUNT), _wrote(write)
        if there != wrote:
            text = (
                f"order {write.number} has a deposit of {there:.2f} in Sage, where we wrote {wrote:.2f} last: somebody "
                f"has changed it; {_told(write)} is taken in all: set it to one of these in Sage and replay, or discard"
            )
            return rejected(write, _AMOUNT, f"{there:.2f}", text)
        for column, value in write.header.items():
            bus.put(column, value)
        return None

    def gone(self, write: ErpWrite, history: BusObject) -> ResultLine:
        """See `OrderChange.gone`."""
        invoice = history.text(_LAST_INVOICE_OF_HISTORY) or "none"
        return self.too_late(write, Obstacle(KEY, write.number, f"only history has it, its last invoice is {invoice}"))

    def too_late(self, write: ErpWrite, obstacle: Obstacle) -> ResultLine:
        """See `OrderChange.too_late`: all that a person needs who enters a cash receipt instead."""
        text = (
            f"too late for a deposit of {_told(write)} of order {write.number}, where we wrote {_wrote(write):.2f} "
            f"last: {obstacle.text}; enter the difference as a cash receipt, then discard this"
        )
        return rejected(write, _AMOUNT, str(write.header[_AMOUNT]), text)


def _told(write: ErpWrite) -> str:
    """The deposit in words: amount, payment type, reference."""
    return ", ".join(str(write.header[name]) for name in (_AMOUNT, _TYPE, _REFERENCE) if name in write.header)


def _wrote(write: ErpWrite) -> Decimal:
    """The deposit that we wrote last."""
    return Decimal(write.before.get(_AMOUNT, 0))


def _is_so(bus: BusObject, wanted: Mapping[str, FieldValue]) -> bool:
    """Whether the open order has the whole deposit; of one that was invoiced before, a part may be used up."""
    return not bus.text(LAST_INVOICE) and bus.number(_AMOUNT) == Decimal(wanted[_AMOUNT])


def probe_deposit(session: SageSession, key: ProbeKey) -> Finding:
    """Whether an order has the deposit that it was to have, whoever gave it that.

    ABSENT says that it has not, or that it is not open any more; then a write will tell. Raises `Refusal`, `Refused`,
    `ComFault`.
    """
    bus, udf = session.bus(SALES_ORDER), session.company.order_udf
    if bus.find((KEY, key.number)):
        return found(key, "open", bus.text(udf), is_so=_is_so(bus, key.columns))
    history = session.bus(ORDER_HISTORY)
    if history.find((KEY, key.number)):
        stamp = history.text(udf) if udf in history.columns() else key.stamp
        return found(key, "history", stamp, is_so=False)
    elsewhere = probe_order(session, key)
    return Finding(key.record_id, Verdict.ABSENT, key.number, elsewhere.place, text=elsewhere.text)
