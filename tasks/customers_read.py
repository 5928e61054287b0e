"""Reads the accounts of which a storefront told something, settles those that are new, and mends what is the ERP's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from traceback import format_exc

from celery import shared_task
from sqlalchemy import Connection as Transaction
from sqlalchemy.exc import OperationalError

from bridge.documents import Customer, CustomerTerms
from bridge.documents.base import Document
from bridge.errors import LostRace, Refused, TryLater, Unauthorised
from bridge.fleet import Connection, Fleet
from bridge.flows.drift import answer, is_shown
from bridge.ledger import windows
from bridge.ledger.alarms import raise_alarm
from bridge.ledger.customers import note_read
from bridge.ledger.reading import put_off, to_read
from bridge.ledger.rows import Record
from bridge.ledger.settle import Settlement, broken, not_shown, settle
from bridge.outcomes import Urgency
from bridge.ports.erp import CUSTOMER
from bridge.ports.storefront import ReadOrder
from bridge.shown import Shown
from bridge.states import State
from mappings.registering import unreadable
from tasks import fleet, nudge

PAGE = 50
"""Accounts that are settled in one commit; each costs a call of its own."""
ROUNDS = 4
WAIT_S = 5.0
"""How long reading rests after the site could not be reached and named no time itself."""
LONGEST_WAIT_S = 300.0
PATIENCE = timedelta(hours=1)
"""How long a site may take to show what it announced, before a person is told."""


@shared_task(name="customers.read")
def read(connection_name: str) -> int:
    """Reads pending accounts one by one, a page of them in one commit; how many were settled.

    An account that is a customer by now is only compared: what the storefront changed of the ERP's is shown to it
    again. A connection whose log-on was refused is left alone until a person resumes it.
    """
    ports = fleet()
    connection = ports.connections[connection_name]
    settled = 0
    for _ in range(ROUNDS):
        with ports.database.read() as reading:
            standing = windows.lane_row(reading, f"storefront:{connection_name}")
            records = to_read(reading, connection_name, PAGE, ports.clock.now(), document=CUSTOMER)
        if not records or (standing and standing.halted):
            break
        answers, after_s = _ask(ports, connection, records)
        settled += _settle_page(ports, answers)
        if after_s is not None:
            with ports.database.write() as writing:
                rest = [record.id for record in records[len(answers) :]]
                put_off(writing, rest, now=ports.clock.now(), after_s=after_s)
            break
    if settled:
        nudge("storefront.show", connection_name)
    return settled


@dataclass(frozen=True)
class _Answer:
    """What the site said of an account: the account, or what it shows of its terms where it is a customer already."""

    record: Record
    account: Customer | None = None
    terms: Document | None = None
    refusal: Refused | None = None


def _ask(ports: Fleet, connection: Connection, records: Sequence[Record]) -> tuple[list[_Answer], float | None]:
    """One answer per record, as far as the site gave any, and the seconds to rest when it gave no more."""
    answers: list[_Answer] = []
    for record in records:
        try:
            answers.append(_ask_one(ports, connection, record))
        except TryLater as error:
            return answers, error.after_s or WAIT_S
        except Unauthorised as error:
            with ports.database.write() as writing:
                windows.halt(writing, f"storefront:{connection.name}", reason=str(error), now=ports.clock.now())
            return answers, WAIT_S
    return answers, None


def _ask_one(ports: Fleet, connection: Connection, record: Record) -> _Answer:
    """One account at a time: a list may show for a while what was there before our own last change."""
    account_id = record.source_id
    try:
        if record.state is not State.CONFIRMED:
            return _Answer(record, connection.storefront.read_customer(account_id))
        with ports.database.read() as reading:
            has_terms = is_shown(reading, record, Shown.TERMS)
        found = connection.storefront.shown(CustomerTerms, [account_id]) if has_terms else {}
        return _Answer(record, terms=found.get(account_id))
    except Refused as refusal:
        return _Answer(record, refusal=refusal)


def _settle_page(ports: Fleet, answers: Sequence[_Answer]) -> int:
    settled = 0
    with ports.database.write() as writing:
        for said in answers:
            try:
                settled += _settle_one(ports, writing, said)
            except LostRace:
                continue  # it is looked at again later
    return settled


def _settle_one(ports: Fleet, writing: Transaction, said: _Answer) -> bool:
    record, now = said.record, ports.clock.now()
    if record.state is State.CONFIRMED:
        return _compare(ports, writing, said)
    late = _late(said)
    if late:
        waited = now - record.updated_at
        put_off(writing, [record.id], now=now, after_s=min(max(waited.total_seconds(), WAIT_S), LONGEST_WAIT_S))
        if waited < PATIENCE:
            return False
    try:
        with writing.begin_nested():
            outcome = late or _settlement(ports, writing, said)
            if outcome is None:
                note_read(writing, record, now)
            else:
                settle(writing, record, outcome, by=ports.name, now=now)
    except (LostRace, OperationalError):  # the record's next reader, or the page's next turn, finds it as it was
        raise
    except Exception:  # a fault of ours with one account must not hold up the page
        with writing.begin_nested():
            settle(writing, record, broken(record, record.wanted_version, format_exc()), by=ports.name, now=now)
    return True


def _compare(ports: Fleet, writing: Transaction, said: _Answer) -> bool:
    """The terms that the site shows against those that it was shown; a fault of ours with one holds up no other."""
    record, now = said.record, ports.clock.now()
    note_read(writing, record, now)
    try:
        with writing.begin_nested():
            answer(writing, ports, record, Shown.TERMS, said.terms)
    except LostRace:  # what is shown changes at this moment, so it goes out anyway
        return True
    except OperationalError:
        raise
    except Exception:
        raise_alarm(writing, f"fault:storefront:{record.connection}", Urgency.NORMAL, format_exc(), now)
    return True


def _late(said: _Answer) -> Settlement | None:
    if said.account is not None or said.refusal is not None:
        return None
    record = said.record
    return not_shown(record, ReadOrder(record.source_id, 0, None, None, problem="the site does not know it (yet)"))


def _settlement(ports: Fleet, writing: Transaction, said: _Answer) -> Settlement | None:
    if said.account is None:
        return unreadable(said.record, said.refusal or Refused("the account cannot be read"))
    settled: Settlement | None = ports.lanes[said.record.lane].registering.settlement(
        writing, said.record, said.account
    )
    return settled
