"""The customer's own record, which an order waits for: one per site account and lane."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, FromClause, func, or_, select

from bridge.documents import Customer
from bridge.ledger import schema
from bridge.ledger.alarms import raise_alarm
from bridge.ledger.customer_waits import APPROVAL, NEEDS_DECISION, customer_condition, customer_missing, needs_decision
from bridge.ledger.dead import close
from bridge.ledger.moves import Step, create, fetch, find, hold_all, move, revise
from bridge.ledger.rows import NO_REASON, Reason, Record
from bridge.ledger.store import Database
from bridge.outcomes import Urgency
from bridge.ports.erp import CUSTOMER
from bridge.states import NEEDS_PERSON, State


def find_customer(connection: Connection, order: Record, source_id: str) -> Record | None:
    """The record of a site account in the order's lane, or None."""
    return find(connection, (order.connection, order.site, CUSTOMER, source_id, order.lane))


def add_customer(
    connection: Connection,
    order: Record,
    customer: Customer,
    *,
    mapped: str | None,
    refused: Reason | None,
    mapping_version: str | None,
    by: str,
    now: datetime,
) -> Record:
    """Makes the customer's record, ready to be matched or created before its orders.

    One that cannot be mapped, or needs approval (`refused`), waits for a person. Raises `LookupError` when it exists by
    now.
    """
    made = create(
        connection,
        now=now,
        by=by,
        why=f"order {order.order_number or order.source_id} names it",
        connection_name=order.connection,
        site=order.site,
        document=CUSTOMER,
        source_id=customer.source_id,
        lane=order.lane,
        version=1,
        priority=0,
        content=customer.model_dump_json(),
        mapped=mapped,
        mapping_version=mapping_version,
    )
    if made is None:
        raise LookupError(f"customer {customer.source_id} exists by now")
    if refused is None:
        return move(connection, made, Step(State.READY, "to be matched or created", by), now)
    if refused.code == APPROVAL:
        text = f"customer {customer.source_id}: {refused.text}"
        raise_alarm(connection, f"review:{refused.fingerprint}", Urgency.NORMAL, text, now)
    return move(connection, made, Step(State.REVIEW, refused.text, by, changes=refused.columns()), now)


def refresh_customer(
    connection: Connection,
    known: Record,
    customer: Customer,
    *,
    mapped: str | None,
    mapping_version: str | None,
    by: str,
    now: datetime,
) -> Record:
    """A customer that waits for a person is looked at again when an order brings other facts or another mapping.

    The same facts again change nothing, nor do facts that cannot be mapped (`mapped` is None); and no order stands for
    a person's approval. Raises `LostRace`.
    """
    if not needs_decision(known):
        return known
    content = customer.model_dump_json()
    if known.state not in NEEDS_PERSON or mapped is None or (known.content, known.mapped) == (content, mapped):
        return known
    why = "an order brought other facts of the customer"
    close(connection, known.id, by=by, why=why, now=now)
    changes = {**NO_REASON, "content": content, "mapped": mapped, "mapping_version": mapping_version, "due_at": now}
    return move(connection, known, Step(State.READY, why, by, changes=changes), now)


def heal_orders(database: Database, *, by: str, now: datetime) -> int:
    """Moves orders on that still wait for a customer whose record has been decided; how many.

    There are some when an order is settled in the same moment in which its customer's outcome is committed.
    """
    order, customer = schema.record, schema.record.alias("customer")
    waits = order.c.condition.like("customer:%") & (order.c.customer_record_id == customer.c.id)
    is_held = order.c.state == State.HELD.value
    is_held_or_shown = order.c.state.in_([State.HELD.value, State.REVIEW.value])
    is_decided = or_(
        is_held_or_shown & (customer.c.state == State.CONFIRMED.value),
        is_held & customer.c.state.in_([state.value for state in NEEDS_DECISION]) & ~_waits_for_word(customer),
    )
    with database.read() as connection:
        found = list(connection.execute(select(order.c.id).join(customer, waits).where(is_decided)).scalars())
    if not found:
        return 0
    with database.write() as connection:
        return sum(_heal(connection, record, by, now) for record in hold_all(connection, order.c.id.in_(found)))


def _waits_for_word(customer: FromClause) -> ColumnElement[bool]:
    columns = customer.c
    return (columns.state == State.REVIEW.value) & (func.coalesce(columns.reason_code, "") == APPROVAL)


def _heal(connection: Connection, order: Record, by: str, now: datetime) -> bool:
    customer = fetch(connection, order.customer_record_id or 0)
    if order.condition != customer_condition(customer.id) or order.state not in {State.HELD, State.REVIEW}:
        return False
    if customer.state is State.CONFIRMED:
        step = Step(State.READY, f"customer is {customer.number}", by, changes={**NO_REASON, "due_at": now})
    elif needs_decision(customer) and order.state is State.HELD:
        reason = customer_missing(customer)
        step = Step(State.REVIEW, reason.text, by, changes=reason.columns())
    else:
        return False
    move(connection, order, step, now)
    return True


def has_been_ready(connection: Connection, customer: Record) -> bool:
    """Whether the record was ever let through to be matched or created, by rule or by a person."""
    columns = schema.move.c
    let_through = (columns.record_id == customer.id) & (columns.target == State.READY.value)
    return connection.execute(select(columns.id).where(let_through).limit(1)).first() is not None


def note_read(connection: Connection, customer: Record, now: datetime) -> None:
    """Notes that the account was read and there was nothing new for its record; raises `LostRace`."""
    revise(connection, customer, {"version": customer.wanted_version, "needs_read": False}, now)
