"""Which storefront accounts are a customer of the ERP: those whose own record is confirmed, and no others."""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import Connection, or_, select

from bridge.documents.customer import NO_ACCOUNT
from bridge.ledger import schema
from bridge.ledger.rows import Record, record_of
from bridge.ports.erp import CUSTOMER
from bridge.shown import Shown
from bridge.states import State


def accounts_of(connection: Connection, lane: str, numbers: Iterable[str]) -> dict[str, list[Record]]:
    """The records of the accounts of these customers of a lane, by the customer's number; guests have none."""
    columns = schema.record.c
    bearers = select(schema.record).where(columns.number.in_(list(numbers))).order_by(columns.id)
    found: dict[str, list[Record]] = {}
    for row in connection.execute(bearers):  # all who bear a number are few, so lane, kind and state need no index
        is_customer = (row.lane, row.document, row.state) == (lane, CUSTOMER, State.CONFIRMED.value)
        if is_customer and not row.source_id.startswith(NO_ACCOUNT):
            found.setdefault(row.number, []).append(record_of(row))
    return found


def never_shown(connection: Connection, lane: str, connections: Sequence[str], limit: int) -> list[str]:
    """Numbers of customers whose account has never been shown its terms, the newest first.

    They became a customer after the ERP's own row had last changed, so that no stamp tells of them.
    """
    account, terms = schema.record.c, schema.record.alias("terms")
    is_account = (account.connection.in_(connections)) & (account.document == CUSTOMER) & (account.lane == lane)
    is_guest = account.source_id.like(f"{NO_ACCOUNT[0]}%") | account.source_id.like(f"{NO_ACCOUNT[1]}%")
    known = select(terms.c.id).where(
        terms.c.connection == account.connection, terms.c.document == Shown.TERMS.value,
        terms.c.source_id == account.source_id, terms.c.site == account.site,
    )  # fmt: skip
    wanted = is_account & (account.state == State.CONFIRMED.value) & account.number.is_not(None) & ~is_guest
    numbers = select(account.number).where(wanted, ~known.exists()).order_by(account.id.desc()).limit(limit)
    return list(dict.fromkeys(connection.execute(numbers).scalars()))


def accounts_known_as(
    connection: Connection, lane: str, *, numbers: Collection[str] = (), source_ids: Collection[str] = ()
) -> list[Record]:
    """The records of the lane's accounts with one of these numbers of the ERP, or ids of a storefront; no guests."""
    columns = schema.record.c
    rows = connection.execute(
        select(schema.record)
        .where(columns.lane == lane, columns.document == CUSTOMER, columns.state == State.CONFIRMED.value)
        .where(or_(columns.number.in_(numbers), columns.source_id.in_(source_ids)))
        .order_by(columns.id)
    )
    return [record for record in map(record_of, rows) if not record.source_id.startswith(NO_ACCOUNT)]


def all_accounts(connection: Connection, lane: str) -> list[Record]:
    """The records of all accounts of a lane, the oldest first; no guests."""
    columns = schema.record.c
    is_customer = (columns.document == CUSTOMER) & (columns.state == State.CONFIRMED.value)
    rows = connection.execute(select(schema.record).where(columns.lane == lane, is_customer).order_by(columns.id))
    return [record for record in map(record_of, rows) if not record.source_id.startswith(NO_ACCOUNT)]
