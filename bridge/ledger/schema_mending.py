"""The tables of what people mend: fields of orders, names of items, and what a second person has yet to approve."""

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text, literal_column

from bridge.ledger.schema import metadata, record
from bridge.ledger.types import BigId, UtcTime

amendment = Table(
    "amendment",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("record_id", BigId, ForeignKey("record.id"), nullable=False),
    # The field such as `ship_to.name` or `lines[].sku`; of a line, the storefront's own id of it.
    Column("field", String(64), nullable=False),
    Column("element", String(128)),
    # What the storefront said when it was amended, and what is written in its place.
    Column("was", Text),
    Column("value", Text),
    Column("by", String(64), nullable=False),
    Column("why", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    # When, and by which value, it was overtaken: the storefront's own, or that of a later amendment.
    Column("overtaken_at", UtcTime),
    Column("overtaken_by", Text),
    Index("ix_amendment_record", "record_id", "id"),
)

item_alias = Table(
    "item_alias",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("lane", String(64), nullable=False),
    Column("sku", String(128), nullable=False),  # in small letters
    Column("item", String(64), nullable=False),
    Column("by", String(64), nullable=False),
    Column("why", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("removed_at", UtcTime),
    Column("removed_by", String(64)),
    Column("removed_why", Text),
)
Index(
    "ix_item_alias_present",
    item_alias.c.lane,
    item_alias.c.sku,
    unique=True,
    sqlite_where=item_alias.c.removed_at.is_(None),
    postgresql_where=item_alias.c.removed_at.is_(None),
)

intent = Table(
    "intent",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("action", String(32), nullable=False),
    Column("subject", String(128), nullable=False),
    Column("content", Text, nullable=False),  # what the action needs, as JSON
    Column("by", String(64), nullable=False),
    Column("why", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("ends_at", UtcTime, nullable=False),
    Column("decision", String(16)),
    Column("decided_by", String(64)),
    Column("decided_at", UtcTime),
    Index("ix_intent_open", "decision", "ends_at", "id"),
)

is_customer = record.c.document == literal_column("'customer'")  # word for word in each query, or it is not used
Index("ix_record_is_customer", record.c.id, sqlite_where=is_customer, postgresql_where=is_customer)
