"""What a storefront changed of what the ERP owns: told, answered by showing the ERP's values again, never copied."""

from datetime import timedelta

from sqlalchemy import Connection as Transaction

from bridge.documents import ItemFacts
from bridge.documents.base import Document
from bridge.fleet import Fleet
from bridge.flows.showing import SHOWABLES
from bridge.ledger.alarms import close_alarm, raise_alarm
from bridge.ledger.rows import Reason, Record
from bridge.ledger.shown import find_shown, give_to_person, show_again, was_told
from bridge.outcomes import Urgency
from bridge.shown import Shown, showing_lane
from bridge.states import State

REST = timedelta(hours=1)
"""Whoever changes the same thing to the same value twice within this time is not overruled again: a person looks."""


def differences(wanted: Document, present: Document) -> dict[str, str]:
    """By field, what the site shows and the ERP has, where they are not the same. Pure."""
    return {
        name: f"the site had {name} {_said(there)}, the ERP has {_said(here)}"
        for name in type(wanted).model_fields
        if (here := getattr(wanted, name)) != (there := getattr(present, name))
    }


def is_shown(transaction: Transaction, of: Record, shown: Shown) -> bool:
    """Whether there is anything to compare, so that the site need not be asked for nothing."""
    return find_shown(transaction, of, shown.value, showing_lane(of.connection, shown.value)) is not None


def answer(transaction: Transaction, ports: Fleet, of: Record, shown: Shown, present: Document | None) -> bool:
    """Compares what a site shows of a thing, of which `of` is the record, with what it was shown; whether it drifted.

    What was never shown, or is on its way, is not compared. A drift that comes back at once goes to a person, for then
    the site does not keep what it is shown. Raises `LostRace`.
    """
    record = find_shown(transaction, of, shown.value, showing_lane(of.connection, shown.value))
    if record is None or present is None or record.state is not State.CONFIRMED:
        return False
    found = differences(SHOWABLES[shown].document.model_validate_json(record.content or "{}"), present)
    if not found:
        return False
    text, now = "drift: " + "; ".join(found.values()), ports.clock.now()
    if was_told(transaction, record, text, since=now - REST):
        reason = Reason("drift", f"{text}; it was shown an hour ago at most", field=min(found), value=record.source_id)
        give_to_person(transaction, record, reason, by=ports.name, now=now)
    else:
        show_again(transaction, record, text, by=ports.name, now=now)
    return True


def note_absence(transaction: Transaction, ports: Fleet, product: Record, present: Document | None) -> None:
    """An alarm for a product that a site no longer has and the ERP sells; it is over once the site has it again.

    `product` is the record of what is shown of it. Nothing is put back: a shop need not sell what the ERP does.
    """
    key, now = f"deleted:{product.connection}:{product.source_id}"[:128], ports.clock.now()
    if present is not None or not ItemFacts.model_validate_json(product.content or "").is_active:
        close_alarm(transaction, key, now)
        return
    text = f"site {product.site} of {product.connection} has product {product.source_id} no more, the ERP sells it"
    raise_alarm(transaction, key, Urgency.NORMAL, f"{text}: put it back there, or make the item inactive", now)


def _said(value: object) -> str:
    return "none" if value is None or value == () else str(value)[:80]
