"""One record's whole way as plain values, for whoever shows it: the command line, the desk."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from bridge.flows.words import in_words
from bridge.ledger.moves import fetch
from bridge.ledger.rows import Record
from bridge.ledger.store import Database
from bridge.ledger.trace import Trace, batches_of, find, find_by_event
from bridge.ledger.trace import trace as whole_way

_NOT_READ_BACK = "not read back yet"
_POSTING = "posting"
"""The kind of identity under which a register of the general ledger is known, as journal and number."""


def roots(database: Database, connections: Sequence[str], wanted: str) -> list[Record]:
    """The records that the id means, each once; a telling or a late change stands for its order."""
    found = find(database, wanted) or find_by_event(database, connections, wanted)
    with database.read() as connection:
        heads = [fetch(connection, record.parent_id) if record.parent_id else record for record in found]
    return list({head.id: head for head in heads}.values())


def way(database: Database, record: Record) -> dict[str, Any]:
    """Everything that the ledger knows of a record but the documents themselves."""
    found = whole_way(database, record.id)
    customer = None
    if record.customer_record_id is not None:
        with database.read() as connection:
            customer = fetch(connection, record.customer_record_id)
    return {
        "record": _facts(record),
        "totals": _totals(record),
        "customer": _facts(customer) if customer else None,
        "events": [_plain(row, "body") for row in found.events],
        "moves": [_plain(row) for row in found.moves],
        "followers": [_follower(child, whole_way(database, child.id)) for child in found.children],
        "batches": [_plain(row) for row in batches_of(database, record.id)],
        "probes": [_plain(row) for row in found.probes],
        "identities": [_plain(row) for row in found.identities],
        "dead_letters": [_plain(row, "body") for row in found.dead_letters],
        "gl_posting": ", ".join(row.value for row in found.identities if row.kind == _POSTING) or _NOT_READ_BACK,
    }


def _follower(child: Record, found: Trace) -> dict[str, Any]:
    return {"record": _facts(child), "says": in_words(child), "moves": [_plain(row) for row in found.moves]}


def _facts(record: Record) -> dict[str, Any]:
    names = (
        "id", "document", "state", "connection", "site", "source_id", "order_number", "placed_at", "lane", "number",
        "stamp", "version", "wanted_version", "written_version", "mapping_version", "failures", "flags", "condition",
        "reason_code", "reason_field", "reason_value", "reason_text", "fingerprint", "due_at", "updated_at",
    )  # fmt: skip
    return {name: getattr(record, name) for name in names}


def _totals(record: Record) -> dict[str, Any]:
    both = record.amount is not None and record.erp_total is not None
    return {
        "currency": record.currency,
        "storefront": record.amount,
        "erp": record.erp_total,
        "difference": (record.erp_total or 0) - (record.amount or 0) if both else None,
    }


def _plain(row: Row[Any], *without: str) -> dict[str, Any]:
    return {name: value for name, value in row._mapping.items() if name not in without}
