"""Accounts that register at a storefront: what number they have, how they are mapped, what a person must say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from bridge.documents import Customer
from bridge.errors import Refused
from bridge.flows.registrations import Registration
from bridge.ledger.customers import has_been_ready
from bridge.ledger.rows import Reason, Record
from bridge.ledger.settle import Settlement
from bridge.outcomes import Urgency
from bridge.states import NEEDS_PERSON, State
from bridge.writing.mapped import CUSTOMER_PLACEHOLDER, Mapped
from mappings.mapped import MapContext
from mappings.mapping_set import MappingSet
from mappings.settling import needs_approval, reason_of


@dataclass(frozen=True)
class Registering:
    """One lane's way of taking accounts. `rules` are by connection and site, `provisional` maps for sites with one."""

    mapping: MappingSet
    provisional: MappingSet
    rules: Mapping[tuple[str, str], Registration] = field(default_factory=dict)

    def settlement(self, connection: Connection, record: Record, account: Customer) -> Settlement | None:
        """Where the account's record goes, for what its site says now; None when that is nothing new for it.

        What has been let through once is not asked about again. The account is matched by whoever writes it: by the
        number that it names, or a reference of its, then by e-mail, then by name with postal code.
        """
        if record.state is State.CONFIRMED:
            return None
        account = known_by_reference(account, record.lane)
        rule = self.rules.get((record.connection, record.site), Registration.IGNORE)
        mapping = self.mapping if rule is Registration.IGNORE else self.provisional
        learned: dict[str, Any] = {"content": account.model_dump_json(), "priority": 0}
        try:
            made = mapping.map_customer(account, MapContext(customer_number=CUSTOMER_PLACEHOLDER))
        except Refused as refusal:
            return _for_a_person(record, reason_of(refusal), {**learned, "mapped": None})
        learned |= {"mapped": Mapped(made.header).to_json(), "mapping_version": made.version}
        is_known = (record.content, record.mapped) == (learned["content"], learned["mapped"])
        if record.state in NEEDS_PERSON and is_known:
            return None
        reason = None if has_been_ready(connection, record) else _objection(account, rule)
        if reason is not None:
            return _for_a_person(record, reason, learned)
        return Settlement(State.READY, "to be matched or created", record.wanted_version, columns=learned)


def unreadable(record: Record, refusal: Refused) -> Settlement:
    """Where the record of an account goes that cannot be understood. Pure."""
    return _for_a_person(record, reason_of(refusal), {})


def known_by_reference(account: Customer, lane: str) -> Customer:
    """The account with the customer number that its reference to this lane names, unless it names one itself. Pure."""
    numbers = [
        number for system, _, number in (each.rpartition("/") for each in account.external_refs) if system == lane
    ]
    if account.account_number or not numbers:
        return account
    return account.model_copy(update={"account_number": numbers[0]})


def _objection(account: Customer, rule: Registration) -> Reason | None:
    """What a person must say of a new account. Nobody can tell namesakes apart without a postal code."""
    if rule is Registration.IGNORE:
        return None
    if rule is Registration.APPROVE and (reason := needs_approval(account)):
        return reason
    if account.account_number or account.address.postal_code:
        return None
    text = f"account {account.source_id} has no postal code: add it at the site, or replay to have it matched by e-mail"
    return Reason("name without postal code", text, field="address.postal_code", value=account.name)


def _for_a_person(record: Record, reason: Reason, learned: Mapping[str, Any]) -> Settlement:
    version = record.wanted_version
    return Settlement(State.REVIEW, reason.text, version, reason=reason, alert=Urgency.NORMAL, columns=learned)
