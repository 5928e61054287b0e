"""Whose a document of the ERP's is: the order or the customer that the ledger knows by the ERP's number."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from bridge.fleet import Fleet
from bridge.ledger.deposits import taken_since
from bridge.ledger.identities import by_erp_number
from bridge.ledger.rows import Record
from bridge.ledger.withdrawals import withdrawn
from bridge.ports.erp import CUSTOMER, ORDER


@dataclass(frozen=True)
class Owners:
    """Orders and accounts that came from a storefront, by their numbers in the ERP; what people typed in is absent.

    A customer with several accounts is absent too, for nobody knows which of them is meant. `withdrawn` are the records
    of orders that their storefront has withdrawn since: what they are there is not the ERP's to say. `deposits` are the
    mapped columns of what it has taken since of an order, by the order's record.
    """

    orders: Mapping[str, Record] = field(default_factory=dict)
    accounts: Mapping[str, Record] = field(default_factory=dict)
    withdrawn: frozenset[int] = frozenset()
    deposits: Mapping[int, str | None] = field(default_factory=dict)


def owners(ports: Fleet, lane: str, orders: Collection[str], customers: Collection[str] = ()) -> Owners:
    """Those of these numbers that the ledger knows in this lane. Changes nothing."""
    with ports.database.read() as connection:
        placed = by_erp_number(connection, lane, ORDER, orders)
        known = by_erp_number(connection, lane, CUSTOMER, customers)
        ids = [records[0].id for records in placed.values()]
        gone, taken = withdrawn(connection, ids), taken_since(connection, ids)
    return Owners(
        {number: records[0] for number, records in placed.items()},
        {number: records[0] for number, records in known.items() if len(records) == 1},
        gone,
        taken,
    )
