"""What people do at the desk to what rests, each deed in one transaction with its line in the audit trail.

Where the settings ask for two persons, the first one's deed is kept as an intent, and done when the second approves.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bridge.errors import Refused
from bridge.events.again import event_of, replay_messages
from bridge.ledger.aliases import add_alias, remove_alias
from bridge.ledger.audit import note
from bridge.ledger.intents import decide, propose
from bridge.ledger.people import give_up, resting, send_again
from bridge.ledger.resting import message_in, put_away
from desk.ports import Ports
from desk.rendering import Desk
from desk.visits import NotThere, Visit
from mappings.mending import amend

MOST = 1000
"""So many records are sent again at a time: one transaction, which nobody should wait for."""

Content = Mapping[str, Any]


@dataclass(frozen=True)
class Doer:
    """Who does it, two persons where two are needed, and why; and through what."""

    ports: Ports
    by: str
    why: str
    now: datetime

    @property
    def words(self) -> dict[str, Any]:
        """As the ledger's functions take it."""
        return {"by": self.by, "why": self.why, "now": self.now}


def do(desk: Desk, visit: Visit, action: str, subject: str, content: Content) -> str:
    """Does what a form asks for, or keeps it for a second person; says which in a sentence.

    Raises `Refused` without a reason or for what cannot be done, `NotThere` for what is not there, `LostRace`.
    """
    deed = visit.deed(action, subject, **content)
    with desk.database.write() as connection:
        if desk.settings.two_persons:
            kept = propose(connection, (action, subject), content, by=visit.name, why=deed.why, now=visit.now)
            note(connection, replace(deed, action=f"propose to {action}"), visit.now)
            return f"Kept as proposal {kept.id}; another person has to approve it within a day."
        said = _run(connection, action, content, Doer(desk.ports, visit.name, deed.why, visit.now))
        note(connection, deed, visit.now)
    return said


def judge(desk: Desk, visit: Visit, intent_id: int, *, approves: bool) -> str:
    """Does what another person proposed, or drops it. Raises as `do`, and `Refused` for one's own proposal."""
    with desk.database.write() as connection:
        try:
            intent = decide(connection, intent_id, by=visit.name, approves=approves, now=visit.now)
        except KeyError as missing:
            raise NotThere(str(missing.args[0])) from None
        verb = "approve to" if approves else "refuse to"
        deed = visit.deed(f"{verb} {intent.action}", intent.subject, proposal=intent.id, by=intent.by)
        note(connection, deed, visit.now)
        if not approves:
            return f"Proposal {intent.id} is dropped; nothing was done."
        doer = Doer(desk.ports, f"{intent.by} and {visit.name}"[:64], f"{intent.why}; {deed.why}", visit.now)
        return _run(connection, intent.action, intent.content, doer)


def _run(connection: Connection, action: str, content: Content, doer: Doer) -> str:
    try:
        return _DEEDS[action](connection, content, doer)
    except KeyError as missing:
        raise NotThere(str(missing.args[0])) from None


def _replay(connection: Connection, content: Content, doer: Doer) -> str:
    send_again(connection, [content["id"]], **doer.words)
    return f"Record {content['id']} is on its way again, and is written in the lane's next window."


def _replay_group(connection: Connection, content: Content, doer: Doer) -> str:
    return _sent(connection, content["entity"], content["fingerprint"], doer)


def _discard(connection: Connection, content: Content, doer: Doer) -> str:
    give_up(connection, content["id"], **doer.words)
    return f"Record {content['id']} is discarded."


def _amend(connection: Connection, content: Content, doer: Doer) -> str:
    amend(connection, content["id"], (content["path"], content["value"]), **doer.words)
    said = f"{content['path']} is amended."
    return f"{said} {_replay(connection, content, doer)}" if content["then"] == "replay" else said


def _name(connection: Connection, content: Content, doer: Doer) -> str:
    alias = add_alias(connection, content["lane"], (content["sku"], content["item"]), **doer.words)
    said = f"{alias.sku!r} is {alias.item} in {alias.lane} from now on."
    if content["then"] == "group":
        return f"{said} {_sent(connection, content['entity'], content['fingerprint'], doer)}"
    return f"{said} {_replay(connection, content, doer)}" if content["then"] == "replay" else said


def _remove_name(connection: Connection, content: Content, doer: Doer) -> str:
    gone = remove_alias(connection, content["lane"], content["sku"], **doer.words)
    return f"{gone.sku!r} no longer means {gone.item} in {gone.lane}."


def _discard_message(connection: Connection, content: Content, doer: Doer) -> str:
    row = _open_message(connection, content["id"])
    put_away(connection, row.id, **doer.words)
    return f"Message m{row.id} is discarded."


def _replay_message(connection: Connection, content: Content, doer: Doer) -> str:
    row = _open_message(connection, content["id"])
    event = event_of(row, doer.ports.fleet.connections)
    replay_messages(connection, doer.ports.door, [(row.id, event)], **doer.words)
    return f"Message m{row.id} is in the stream again."


def _open_message(connection: Connection, number: int) -> Any:
    row = message_in(connection, number)
    if row.closed_at is not None:
        raise Refused(f"m{row.id} was closed by {row.closed_by} ({row.closed_why})", field="message")
    return row


def _sent(connection: Connection, entity: str, fingerprint: str, doer: Doer) -> str:
    """Sends a group again, the oldest of it first."""
    records = resting(connection, document=entity, fingerprint=fingerprint, limit=MOST + 1)
    if not records:
        raise Refused(f"nothing waits with the fingerprint {fingerprint} any more", field="fingerprint")
    send_again(connection, [record.id for record in records[:MOST]], **doer.words)
    rest = f"; there are more than {MOST}, send the rest after them" if len(records) > MOST else ""
    return f"{len(records[:MOST])} records are on their way again{rest}."


_DEEDS: dict[str, Callable[[Connection, Content, Doer], str]] = {
    "replay": _replay,
    "replay group": _replay_group,
    "discard": _discard,
    "amend": _amend,
    "name item": _name,
    "remove name": _remove_name,
    "discard message": _discard_message,
    "replay message": _replay_message,
}
