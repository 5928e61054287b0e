"""The business objects of one session, one record at a time: reserve, write, probe, list, match, look up.

The session host drives it; it knows nothing of batches, fences or the network.
"""

from datetime import date

from bridge.erp.sage100.bus import Refusal
from bridge.erp.sage100.classify import Meaning, meaning_of_refusal
from bridge.erp.sage100.company import CUSTOMERS, ITEM, ITEM_WAREHOUSE, SALES_ORDER
from bridge.erp.sage100.customers import customer_standing, match_customer
from bridge.erp.sage100.depositing import probe_deposit
from bridge.erp.sage100.items import item_standing
from bridge.erp.sage100.pages import PageReader
from bridge.erp.sage100.probe import probe_customer, probe_order
from bridge.erp.sage100.records import RecordWriter
from bridge.erp.sage100.session import SageSession, reading
from bridge.erp.sage100.stamped import list_stamped
from bridge.erp.sage100.withdrawing import probe_withdrawal
from bridge.errors import Refused
from bridge.ports.erp import (
    CANCEL,
    CUSTOMER,
    DEPOSIT,
    ORDER,
    CustomerHit,
    CustomerQuery,
    CustomerStanding,
    ErpWrite,
    Finding,
    ItemStanding,
    ProbeKey,
    ResultLine,
    StampedPage,
    Verdict,
)
from bridge.ports.reading import ErpPage, ReadAsk

_PROBES = {ORDER: probe_order, CUSTOMER: probe_customer, CANCEL: probe_withdrawal, DEPOSIT: probe_deposit}


class BoiSession:
    """One licensed session on one company. Every read raises the port's errors; nothing can have been written then.

    `is_spent` says that the server under it is gone: end the process and open another.
    """

    def __init__(self, session: SageSession) -> None:
        self._session = session
        self._writer = RecordWriter(session)
        self._pages = PageReader(session)

    @property
    def is_spent(self) -> bool:
        """Whether the session can't be used any more."""
        return self._session.is_broken

    def reserve(self, document: str) -> str:
        """Takes the next number of this document for good; a second call takes another."""
        kind, member = (SALES_ORDER, "nGetNextSalesOrderNo") if document == ORDER else (CUSTOMERS, "nGetNextCustomerNo")
        with reading(self._session, f"no next number for a {document}"):
            return self._session.bus(kind).next_number(member)

    def write(self, write: ErpWrite) -> ResultLine:
        """Writes one record and says what came of it; never raises for what Sage did. The caller never repeats it."""
        return self._writer.write(write)

    def probe(self, document: str, key: ProbeKey) -> Finding:
        """Looks a number up; UNREADABLE with the reason where Sage would not let us look at this one."""
        ask = _PROBES[document]
        with reading(self._session, f"probe of {document} {key.number}"):
            try:
                return ask(self._session, key)
            except (Refusal, Refused) as refusal:
                if isinstance(refusal, Refusal) and meaning_of_refusal(refusal.text) is Meaning.LOCKED:
                    raise
                return Finding(key.record_id, Verdict.UNREADABLE, key.number, text=str(refusal))

    def stamped(self, document: str, since: date, after: str | None, limit: int) -> StampedPage:
        """See `ErpSession.stamped`."""
        with reading(self._session, f"list of {document}s with a stamp since {since}"):
            return list_stamped(self._session, document, since, after, limit)

    def read(self, ask: ReadAsk) -> ErpPage:
        """See `ErpReader.read`."""
        with reading(self._session, f"page of {ask.kind} after {ask.after or 'the beginning'}"):
            return self._pages.read(ask)

    def match(self, query: CustomerQuery) -> list[CustomerHit]:
        """The customers that fit."""
        with reading(self._session, f"search for the customer of record {query.record_id}"):
            return match_customer(self._session.bus(CUSTOMERS), query, self._session.company)

    def customer(self, number: str) -> CustomerStanding | None:
        """A customer's credit, or None."""
        with reading(self._session, f"standing of customer {number}"):
            return customer_standing(self._session.bus(CUSTOMERS), number, self._session.company)

    def item(self, code: str) -> ItemStanding | None:
        """An item's stock, or None."""
        with reading(self._session, f"standing of item {code}"):
            return item_standing(self._session.bus(ITEM), self._session.bus(ITEM_WAREHOUSE), code)

    def close(self) -> None:
        """Gives the seat back."""
        self._session.close()
