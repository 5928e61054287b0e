"""Where a freshly read order goes: its rules, its mapping and its customer, in the order in which people would ask."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bridge.documents import Customer, Order
from bridge.documents.customer import NO_ACCOUNT
from bridge.errors import LostRace, Refused
from bridge.ledger.amendments import overtake
from bridge.ledger.customer_waits import APPROVAL, customer_condition, customer_missing, needs_decision
from bridge.ledger.customers import add_customer, find_customer, refresh_customer
from bridge.ledger.rows import Reason, Record
from bridge.ledger.settle import Settlement
from bridge.outcomes import Urgency
from bridge.ports.storefront import ReadOrder
from bridge.rules import Condition, LaneRules, Objection, Release, check_currency, check_totals, release
from bridge.states import NEEDS_PERSON, State, is_legal
from bridge.writing.mapped import CUSTOMER_PLACEHOLDER, Mapped
from mappings.amending import Amended, corrections_of, laid_over
from mappings.depositing import deposit
from mappings.mapped import MapContext
from mappings.mapping_set import MappingSet
from mappings.withdrawing import withdrawal

RELEASE = "release"
"""The condition of an order that its storefront has not let go yet (status or payment)."""


@dataclass(frozen=True)
class Settling:
    """One lane's rules and mappings. Pure but for the customer's record, which it finds or makes, and for amendments of
    fields that the storefront has changed itself, which it marks as overtaken.

    `approving` are the sites, each with its connection, whose new accounts wait for a person's word.
    """

    mapping: MappingSet
    rules: LaneRules
    approving: frozenset[tuple[str, str]] = frozenset()

    def settlement(
        self, connection: Connection, record: Record, read: ReadOrder, *, by: str, now: datetime
    ) -> Settlement:
        """Where the record goes now. The same document again gives the same answer."""
        order = read.order
        if read.is_gone:
            version = max(read.version, record.wanted_version)
            gone = self._withdrawn(record)
            return Settlement(State.CANCELLED, "the storefront no longer has it", version, withdrawal=gone)
        if order is None:
            reason = Reason("unreadable", read.problem or "the document cannot be read", field=read.field)
            may_rest = record.state is State.DEAD or is_legal(record.state, State.DEAD)
            target, version = State.DEAD if may_rest else State.REVIEW, read.version or record.wanted_version
            return Settlement(target, reason.text, version, reason=reason, alert=Urgency.NORMAL)
        is_written = record.state is State.CONFIRMED
        kept = Order.model_validate_json(record.content) if is_written and record.content else order
        corrections = corrections_of(connection, record, order, kept)
        amended = laid_over(order, corrections)
        if order.version >= record.version:  # an older one is read again, and may say what was said before
            overtake(connection, amended.overtaken, now)
        if is_written:
            return self._compared(record, laid_over(kept, corrections), amended)
        return self._stopped(order) or self._mapped(connection, record, amended, by=by, now=now)

    def _compared(self, record: Record, kept: Amended, read: Amended) -> Settlement:
        """What the storefront says now of an order that is written: withdrawn, changed, or as good as it was.

        Both are mapped by today's files, so that a new mapping alone makes no change. A status that the order has
        reached since is none either, and its payments are left out of the comparison: what was captured or given back
        since changes its deposit, and not the order.
        """
        order, context, learned = read.order, read.context, _learned(read.told)
        if order.is_cancelled:
            why, gone = f"the storefront says {order.status}", self._withdrawn(record)
            return Settlement(State.CANCELLED, why, order.version, columns=learned, withdrawal=gone)
        content_hash = self._content_hash(order.model_copy(update={"status": kept.order.status}), context)
        if record.content and content_hash == self._content_hash(kept.order, context):
            content_hash = record.content_hash
        columns = {**learned, "content_hash": content_hash}
        taken = deposit(self.mapping, kept.order, order, context)
        return Settlement(State.READY, "compared with what was written", order.version, columns=columns, deposit=taken)

    def _withdrawn(self, record: Record) -> str | None:
        made = withdrawal(record, self.rules) if record.state is State.CONFIRMED else None
        return made.to_json() if made else None

    def _content_hash(self, order: Order, context: MapContext) -> str | None:
        """Of the order without its payments as it maps today; None when it does not."""
        unpaid = order.model_copy(update={"payments": ()})
        try:
            made = self.mapping.map_order(unpaid, context)
        except Refused:
            return None
        return Mapped(made.header, made.lines).content_hash()

    def _stopped(self, order: Order) -> Settlement | None:
        """What keeps an order from being mapped at all: withdrawn, not released, or wrong in itself."""
        learned, released = _learned(order), release(order, self.rules)
        if released is Release.CANCELLED:
            return Settlement(State.CANCELLED, f"the storefront says {order.status}", order.version, columns=learned)
        if released is Release.WAIT:
            why = f"status {order.status}, payment {order.payment_status or 'unknown'}: not released yet"
            return Settlement(State.HELD, why, order.version, condition=RELEASE, columns=learned)
        objection = check_currency(order, self.rules) or check_totals(order)
        return _objected(order, objection, learned) if objection else None

    def _mapped(self, connection: Connection, record: Record, read: Amended, *, by: str, now: datetime) -> Settlement:
        """What is kept of the order is what the storefront told; what is mapped is what people made of it."""
        order, learned = read.order, _learned(read.told)
        try:
            made = self.mapping.map_order(order, read.context)
        except Refused as error:
            return _for_a_person(order, reason_of(error), learned)
        customer = self._customer(connection, record, order, by, now)
        mapped = Mapped(made.header, made.lines)
        columns = {
            **learned,
            "mapped": mapped.to_json(),
            "mapping_version": made.version,
            "content_hash": mapped.content_hash(),
            "customer_record_id": customer.id,
        }
        return _by_customer(order, customer, columns, "; ".join((*read.remarks, *made.notes)))

    def _customer(self, connection: Connection, record: Record, order: Order, by: str, now: datetime) -> Record:
        customer = customer_of(order)
        known = find_customer(connection, record, customer.source_id)
        if known is not None and known.state not in NEEDS_PERSON:
            return known
        mapped, version, refused = self._map_customer(customer)
        if known is not None:
            return refresh_customer(connection, known, customer, mapped=mapped, mapping_version=version, by=by, now=now)
        if (record.connection, record.site) in self.approving:
            refused = refused or needs_approval(customer)
        try:
            return add_customer(
                connection, record, customer, mapped=mapped, refused=refused, mapping_version=version, by=by, now=now
            )
        except LookupError as error:
            raise LostRace(str(error)) from error

    def _map_customer(self, customer: Customer) -> tuple[str | None, str | None, Reason | None]:
        """The mapped columns with the version of the files that made them, or why there are none."""
        try:
            made = self.mapping.map_customer(customer, MapContext(customer_number=CUSTOMER_PLACEHOLDER))
        except Refused as error:
            return None, None, reason_of(error)
        return Mapped(made.header).to_json(), made.version, None


def customer_of(order: Order) -> Customer:
    """The buyer of an order as a document of its own; a guest without an account is known by e-mail."""
    buyer, address = order.customer, order.bill_to
    email = buyer.email or address.email
    guest, of_order = NO_ACCOUNT
    source_id = buyer.id or (f"{guest}{email.lower()}" if email else f"{of_order}{order.source_id}")
    return Customer(
        source_id=source_id[:128],
        site_id=order.site_id,
        account_number=buyer.account_number,
        name=buyer.name or address.company or address.name,
        contact=address.name,
        email=email,
        currency=order.currency,
        is_guest=buyer.is_guest,
        address=address,
    )


def needs_approval(customer: Customer) -> Reason | None:
    """Why an account waits for a person's word; None for one that is no account, or names its number in the ERP."""
    if customer.account_number or customer.is_guest or customer.source_id.startswith(NO_ACCOUNT):
        return None
    text = f"account {customer.source_id} ({customer.name or 'without a name'}) is new: replay its record to approve it"
    return Reason(APPROVAL, text, field="customer", value=customer.source_id)


def _learned(order: Order) -> dict[str, Any]:
    return {
        "order_number": order.order_number,
        "placed_at": order.placed_at,
        "amount": order.totals.total,
        "currency": order.currency[:3],
        "content": order.model_dump_json(),
    }


def reason_of(error: Refused) -> Reason:
    """A refusal as the reason that stands with the record."""
    return Reason(error.code, str(error), field=error.field, value=error.value)


def _for_a_person(order: Order, reason: Reason, learned: dict[str, Any]) -> Settlement:
    return Settlement(State.REVIEW, reason.text, order.version, reason=reason, alert=Urgency.NORMAL, columns=learned)


def _objected(order: Order, objection: Objection, learned: dict[str, Any]) -> Settlement:
    """Totals that the storefront must mend wait for it; a currency that the company does not keep is for a person."""
    reason = Reason(objection.condition.value, objection.text, field=objection.field, value=objection.value)
    if objection.condition is Condition.CURRENCY:
        return _for_a_person(order, reason, learned)
    return Settlement(
        State.HELD,
        objection.text,
        order.version,
        condition=objection.condition.value,
        reason=reason,
        alert=Urgency.NORMAL,
        columns=learned,
    )


def _by_customer(order: Order, customer: Record, columns: dict[str, Any], notes: str) -> Settlement:
    why = f"mapped; {notes}" if notes else "mapped"
    told = (order.customer.account_number or "").upper()
    if customer.state is State.CONFIRMED and told and told != customer.number:
        text = f"the order names account {told}, and its buyer {customer.source_id} is {customer.number} in the ERP"
        reason = Reason("account changed", text, field="customer.accountNumber", value=told)
        return Settlement(State.REVIEW, text, order.version, reason=reason, alert=Urgency.HIGH, columns=columns)
    if customer.state is State.CONFIRMED:
        return Settlement(State.READY, why, order.version, columns=columns)
    condition = customer_condition(customer.id)
    if needs_decision(customer):
        reason = customer_missing(customer)
        return Settlement(
            State.REVIEW,
            reason.text,
            order.version,
            condition=condition,
            reason=reason,
            alert=Urgency.NORMAL,
            columns=columns,
        )
    return Settlement(State.HELD, f"{why}; waits for its customer", order.version, condition=condition, columns=columns)
