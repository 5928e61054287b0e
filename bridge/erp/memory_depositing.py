"""How the in-memory ERP keeps the deposit of an order, with the answers of the real road."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from bridge.erp.memory_tables import MemoryCompany, StoredRecord
from bridge.erp.memory_withdrawing import INVOICES, rejected, rightly_ours
from bridge.outcomes import Outcome
from bridge.ports.erp import ORDER, ErpWrite, FieldValue, Finding, ProbeKey, ResultLine, Verdict

_AMOUNT, _LAST_INVOICE = "DepositAmt", "LastInvoiceOrderNo"


def judged_deposit(company: MemoryCompany, write: ErpWrite) -> ResultLine | None:
    """What is said of a deposit that changes nothing: there already, too late, changed; None when it may be set."""
    stored = rightly_ours(company, write)
    if isinstance(stored, ResultLine):
        return stored
    if _is_so(stored, write.header):
        return ResultLine(write.record_id, Outcome.CONFIRMED, write.number, text="it was so already")
    invoice = next((str(stored.header[name]) for name in INVOICES if stored.header.get(name)), None)
    if stored.place != "open" or invoice or stored.header.get("OrderStatus") == "C":
        told = ", ".join(str(value) for value in write.header.values())
        text = f"too late for a deposit of {told}: order {write.number} is {stored.place}, invoice {invoice}"
        return rejected(write, _AMOUNT, str(write.header[_AMOUNT]), text)
    there, wrote = _amount(stored.header), _amount(write.before)
    if there != wrote:
        text = f"order {write.number} has a deposit of {there}, we wrote {wrote} last, {write.header[_AMOUNT]} is taken"
        return rejected(write, _AMOUNT, f"{there:.2f}", text)
    return None


def set_deposit(company: MemoryCompany, write: ErpWrite) -> None:
    """Gives an open order its deposit."""
    stored = company.records[ORDER, write.number]
    company.records[ORDER, write.number] = replace(stored, header={**stored.header, **write.header})


def deposit_finding(company: MemoryCompany, key: ProbeKey) -> Finding:
    """What a probe says of a deposit."""
    stored = company.find(ORDER, key.number)
    if stored is None:
        return Finding(key.record_id, Verdict.ABSENT, key.number)
    verdict = Verdict.OURS if _is_so(stored, key.columns) else Verdict.ABSENT
    if stored.stamp != key.stamp:
        verdict = Verdict.ANOTHERS
    return Finding(key.record_id, verdict, key.number, stored.place, stored.stamp)


def _is_so(stored: StoredRecord, wanted: Mapping[str, FieldValue]) -> bool:
    """Whether the open order has the whole deposit; of one that was invoiced before, a part may be used up."""
    is_whole = stored.place == "open" and not stored.header.get(_LAST_INVOICE)
    return is_whole and _amount(stored.header) == _amount(wanted)


def _amount(columns: Mapping[str, FieldValue]) -> Decimal:
    return Decimal(columns.get(_AMOUNT, 0))
