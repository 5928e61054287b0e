"""Whose a document of the ERP's is: the order or the customer that the ledger knows by the ERP's number."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from bridge.fleet import Fleet
from bridge.ledger.identities import by_erp_number
from bridge.ledger.rows import Record
from bridge.ports.erp import CUSTOMER, ORDER


@dataclass(frozen=True)
class Owners:
    """Orders and accounts that came from a storefront, by their numbers in the ERP; what people typed in is absent.

    A customer with several accounts is absent too, for nobody knows which of them is meant.
    """

    orders: Mapping[str, Record] = field(default_factory=dict)
    accounts: Mapping[str, Record] = field(default_factory=dict)


def owners(ports: Fleet, lane: str, orders: Collection[str], customers: Collection[str] = ()) -> Owners:
    """Those of these numbers that the ledger knows in this lane. Changes nothing."""
    with ports.database.read() as connection:
        placed = by_erp_number(connection, lane, ORDER, orders)
        known = by_erp_number(connection, lane, CUSTOMER, customers)
    return Owners(
        {number: records[0] for number, records in placed.items()},
        {number: records[0] for number, records in known.items() if len(records) == 1},
    )
