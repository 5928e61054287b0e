"""How the in-memory ERP holds and removes orders, with the answers of the real road."""

from collections.abc import Mapping
from dataclasses import replace

from bridge.erp.memory_tables import MemoryCompany, StoredRecord
from bridge.outcomes import Outcome
from bridge.ports.erp import ORDER, REMOVED, ErpWrite, FieldValue, Finding, ProbeKey, ResultLine, Verdict

_STATUS, _INVOICES = "OrderStatus", ("CurrentInvoiceNo", "LastInvoiceOrderNo")


def judged(company: MemoryCompany, write: ErpWrite) -> ResultLine | None:
    """What is said of a withdrawal that changes nothing: done already, or too late; None when it may be done."""
    stored = company.find(ORDER, write.number)
    if stored is None:
        return _rejected(write, "SalesOrderNo", write.number)
    if stored.stamp != write.stamp:
        return _rejected(write, "UDF_WEB_ORDER_ID", stored.stamp)
    if _is_so(stored, write.header):
        return ResultLine(write.record_id, Outcome.CONFIRMED, write.number, text="it was so already")
    if (ORDER, write.number) in company.history:
        return _rejected(write, _STATUS, str(stored.header.get(_STATUS, "C")))
    for column in _INVOICES:
        if invoice := stored.header.get(column):
            return _rejected(write, column, str(invoice))
    return None


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


def _rejected(write: ErpWrite, column: str, value: str) -> ResultLine:
    text = f"order {write.number} cannot be withdrawn any more: {column} is {value}"
    return ResultLine(write.record_id, Outcome.REJECTED, field=column, value=value, text=text)
