"""What a storefront changed of what the ERP owns: told, answered by showing the ERP's values again, never copied."""

from datetime import timedelta

from sqlalchemy import Connection as Transaction

from bridge.documents import ItemFacts
from bridge.documents.base import Document
from bridge.fleet import Fleet
from bridge.flows.showing import SHOWABLES
from bridge.ledger.alarms import close_alarm, raise_alarm
from bridge.ledger.on_show import of_product
from bridge.ledger.rows import Reason, Record
from bridge.ledger.shown import find_shown, give_to_person, show_again, was_told
from bridge.outcomes import Urgency
from bridge.shown import Shown, showing_lane
from bridge.states import State

REST = timedelta(hours=1)
"""Whoever changes the same thing to the same value twice within this time is not overruled again: a person looks."""

_OF_PRODUCT = [shown.value for shown, each in SHOWABLES.items() if each.is_of_product]


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


def note_presence(transaction: Transaction, ports: Fleet, product: Record, present: Document | None) -> None:
    """An alarm for a product that a site no longer has and the ERP sells; all of one that it has by now is shown.

    `product` is the record of its facts. What a site has deleted is not put back: it need not sell what the ERP does.
    Raises `LostRace`.
    """
    key, now = f"deleted:{product.connection}:{product.source_id}"[:128], ports.clock.now()
    if present is None and ItemFacts.model_validate_json(product.content or "").is_active:
        text = f"site {product.site} of {product.connection} has product {product.source_id} no more, the ERP sells it"
        raise_alarm(transaction, key, Urgency.NORMAL, f"{text}: put it back there, or make the item inactive", now)
        return
    was_missed = close_alarm(transaction, key, now)
    was_refused = product.number is None  # nothing was ever taken of a product that the site did not sell
    if present is not None and (was_missed or was_refused):
        for each in of_product(transaction, product, _OF_PRODUCT):
            if each.state is State.CONFIRMED:
                show_again(transaction, each, "the site has the product by now", by=ports.name, now=now)


def _said(value: object) -> str:
    return "none" if value is None or value == () else str(value)[:80]
