"""How the in-memory ERP holds and removes orders, with the answers of the real road."""

from collections.abc import Mapping
from dataclasses import replace

from bridge.erp.memory_tables import MemoryCompany, StoredRecord
from bridge.outcomes import Outcome
from bridge.ports.erp import ORDER, REMOVED, ErpWrite, FieldValue, Finding, ProbeKey, ResultLine, Verdict

INVOICES = ("CurrentInvoiceNo", "LastInvoiceOrderNo")
"""Columns of an open order that name an invoice once it is too late to change it."""

_STATUS = "OrderStatus"


def judged(company: MemoryCompany, write: ErpWrite) -> ResultLine | None:
    """What is said of a withdrawal that changes nothing: done already, or too late; None when it may be done."""
    stored = rightly_ours(company, write)
    if isinstance(stored, ResultLine):
        return stored
    if _is_so(stored, write.header):
        return ResultLine(write.record_id, Outcome.CONFIRMED, write.number, text="it was so already")
    if (ORDER, write.number) in company.history:
        return _too_late(write, _STATUS, str(stored.header.get(_STATUS, "C")))
    for column in INVOICES:
        if invoice := stored.header.get(column):
            return _too_late(write, column, str(invoice))
    return None


def rightly_ours(company: MemoryCompany, write: ErpWrite) -> StoredRecord | ResultLine:
    """The order that is to be changed, or what is said where there is none, or another's."""
    stored = company.find(ORDER, write.number)
    if stored is None:
        return rejected(write, "SalesOrderNo", write.number, f"there is no order {write.number}")
    if stored.stamp != write.stamp:
        return rejected(write, "UDF_WEB_ORDER_ID", stored.stamp, f"{write.number} is there under another stamp")
    return stored


def withdraw(company: MemoryCompany, write: ErpWrite) -> None:
    """Holds or removes an open order; a removed one is in history from then on."""
    key = (ORDER, write.number)
    stored = company.records.pop(key)
    is_removed = write.header.get(_STATUS) == REMOVED
    changed = replace(stored, header={**stored.header, **write.header}, on_hold=not is_removed)
    if is_removed:
        company.history[key] = replace(changed, place="history")
    else:
        company.records[key] = changed


def withdrawal_finding(company: MemoryCompany, key: ProbeKey) -> Finding:
    """What a probe says of a withdrawal."""
    stored = company.find(ORDER, key.number)
    if stored is None:
        return Finding(key.record_id, Verdict.ABSENT, key.number)
    verdict = Verdict.OURS if _is_so(stored, key.columns) else Verdict.ABSENT
    if stored.stamp != key.stamp:
        verdict = Verdict.ANOTHERS
    return Finding(key.record_id, verdict, key.number, stored.place, stored.stamp)


def _is_so(stored: StoredRecord, wanted: Mapping[str, FieldValue]) -> bool:
    """Whether an order is removed, by whomever, or open and as it was to be."""
    if stored.place == "history":
        return stored.header.get(_STATUS) == REMOVED
    return all(stored.header.get(column) == value for column, value in wanted.items())


def _too_late(write: ErpWrite, column: str, value: str) -> ResultLine:
    return rejected(write, column, value, f"order {write.number} cannot be withdrawn any more: {column} is {value}")


def rejected(write: ErpWrite, column: str, value: str, text: str) -> ResultLine:
    """The order was left as it is, for what is in `column`."""
    return ResultLine(write.record_id, Outcome.REJECTED, field=column, value=value, text=text)
