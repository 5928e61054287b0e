"""Dead letters and review: what waits for a person, in groups and one by one, and how it is mended."""

from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from bridge.errors import Refused
from bridge.ledger.aliases import aliases
from bridge.ledger.amendments import amended
from bridge.ledger.intents import open_intents
from bridge.ledger.moves import fetch
from bridge.ledger.people import waiting_for_person
from bridge.ledger.resting import groups, message, open_messages
from bridge.ledger.rows import Record
from bridge.ledger.trace import trace
from bridge.ports.erp import ORDER
from bridge.states import NEEDS_PERSON
from desk.deeds import do, judge
from desk.masking import masked_body, sees_people
from desk.personal import is_of_buyer
from desk.rendering import Desk
from desk.settings import Role
from desk.visits import NotThere, Page, Visit
from mappings.amending import AMENDABLE, amendment_of, path_of
from mappings.mending import Remedy, suggest
from mappings.rehearsing import Rehearsal, Wish, order_in, rehearse

_PAGE = 50


def show(desk: Desk, visit: Visit) -> Response:
    """Every group, with its money and its age, and what waits for a second person."""
    return desk.page(visit, "letters.html", title="Dead letters and review", **_groups(desk, visit))


def part(desk: Desk, visit: Visit) -> Response:
    """The groups alone."""
    return desk.part(visit, "parts/groups.html", **_groups(desk, visit))


def _groups(desk: Desk, visit: Visit) -> dict[str, Any]:
    found = [(group, _group_url(group.entity, group.fingerprint or "")) for group in groups(desk.database)]
    return {"groups": found, "intents": open_intents(desk.database, visit.now)}


def show_group(desk: Desk, visit: Visit) -> Response:
    """The members of one group, the oldest first, a page at a time."""
    entity, fingerprint, after = visit.query("entity"), visit.query("fingerprint"), visit.query("after")
    from_id = int(after) if after.isascii() and after.isdigit() and len(after) < 18 else 0
    asked = {"document": entity or None, "fingerprint": fingerprint or None}
    records = waiting_for_person(desk.database, limit=_PAGE + 1, after=from_id, **asked)
    more = f"{_group_url(entity, fingerprint)}&after={records[_PAGE - 1].id}" if len(records) > _PAGE else None
    messages = open_messages(desk.database, fingerprint=fingerprint or None) if entity == "message" else ()
    facts: dict[str, Any] = {"records": records[:_PAGE], "messages": messages[:_PAGE], "more": more}
    facts |= {"entity": entity, "fingerprint": fingerprint, "is_hidden": _is_hidden(visit)}
    title = f"{entity or 'Everything'}: {fingerprint or 'without a reason'}"
    return desk.page(visit, "group.html", title=title, **facts)


def show_letter(desk: Desk, visit: Visit) -> Response:
    """One record: what is wrong, what may mend it, and what was done about it."""
    return _letter(desk, visit, _record(desk, visit))


def try_out(desk: Desk, visit: Visit) -> Response:
    """Shows what the ERP would get of it if it were mended so. Keeps nothing."""
    record = _record(desk, visit)
    settling = _settling(desk, record)
    if settling is None:
        raise Refused(f"the settings have no lane {record.lane}, so nothing can be tried", field="lane")
    wish, wanted = _wish(record, visit)
    with desk.database.read() as connection:
        found = rehearse(settling, connection, record, wish, by=visit.name, now=visit.now)
    return _letter(desk, visit, record, rehearsal=found, wanted=wanted)


def _wish(record: Record, visit: Visit) -> tuple[Wish, dict[str, str]]:
    """What the form would like to mend, with the fields that are sent again to keep it."""
    if visit.form.get("item"):
        sku, item = visit.field("sku"), visit.field("item")
        return Wish(sku=sku, item=item), {"sku": sku, "item": item}
    path, value = visit.field("field"), visit.form.get("value", "").strip()
    return Wish(amendment_of(order_in(record), record.id, path, value)), {"field": path, "value": value}


def _letter(
    desk: Desk, visit: Visit, record: Record, rehearsal: Rehearsal | None = None, wanted: dict[str, str] | None = None
) -> Response:
    facts = {**_facts(desk, visit, record), "rehearsal": rehearsal, "wanted": wanted or {}}
    return desk.page(
        visit, "letter.html", title=f"{record.document} {record.order_number or record.source_id}", **facts
    )


def _facts(desk: Desk, visit: Visit, record: Record) -> dict[str, Any]:
    way, order = trace(desk.database, record.id), order_in(record) if _is_order(record) else None
    made = amended(desk.database, record.id)
    return {
        "record": record,
        "waits": record.state in NEEDS_PERSON,
        "group": _group_url(record.document, record.fingerprint or ""),
        "lines": order.lines if order else (),
        "amendable": _amendable(len(order.lines)) if order else (),
        "remedy": _remedy(desk, record),
        "amendments": [(each, path_of(order, each)) for each in made] if order else (),
        "intents": open_intents(desk.database, visit.now, subject=_subject(record)),
        "letters": way.dead_letters,
        "moves": way.moves,
        "is_hidden": _is_hidden(visit),
    }


def _is_order(record: Record) -> bool:
    return record.document == ORDER and record.content is not None


def _amendable(lines: int) -> list[str]:
    """The paths that a person may amend in an order of so many lines."""
    of_lines = [
        field.replace("[]", f"[{place}]") for place in range(lines) for field in sorted(AMENDABLE) if "[]" in field
    ]
    return [*of_lines, *sorted(field for field in AMENDABLE if "[]" not in field)]


def _remedy(desk: Desk, record: Record) -> Remedy | None:
    settling = _settling(desk, record)
    if settling is None or record.state not in NEEDS_PERSON or not _is_order(record):
        return None
    with desk.database.read() as connection:
        found: Remedy = suggest(settling, connection, record)
        return found


def _settling(desk: Desk, record: Record) -> Any:
    lane = desk.ports.fleet.lanes.get(record.lane)
    return lane.settling if lane else None


def _record(desk: Desk, visit: Visit) -> Record:
    number = visit.number("id")
    with desk.database.read() as connection:
        try:
            return fetch(connection, number)
        except KeyError:
            raise NotThere(f"no record {number} in the ledger") from None


def _is_hidden(visit: Visit) -> Any:
    """Whether a field's value is kept from this person."""
    return lambda field: is_of_buyer(field) and not sees_people(visit.role)


def _subject(record: Record) -> str:
    return f"record {record.id}"


def _place(record: Record) -> str:
    return f"/letters/{record.id}"


def _group_url(entity: str, fingerprint: str) -> str:
    return f"/letters/group?{urlencode({'entity': entity, 'fingerprint': fingerprint})}"


def amend(desk: Desk, visit: Visit) -> Response:
    """Keeps a person's value for a field, and sends the order again if he says so."""
    record = _record(desk, visit)
    content = {
        "id": record.id, "path": visit.field("field"), "value": visit.form.get("value", "").strip(),
        "then": visit.form.get("then", ""),
    }  # fmt: skip
    return desk.done(_place(record), do(desk, visit, "amend", _subject(record), content))


def name(desk: Desk, visit: Visit) -> Response:
    """Names an item for the lane, and sends this order, or all of its group, again if the person says so."""
    record = _record(desk, visit)
    content = {
        "id": record.id, "lane": record.lane, "sku": visit.field("sku"), "item": visit.field("item"),
        "then": visit.form.get("then", ""), "entity": record.document, "fingerprint": record.fingerprint,
    }  # fmt: skip
    return desk.done(_place(record), do(desk, visit, "name item", _subject(record), content))


def replay(desk: Desk, visit: Visit) -> Response:
    """Sends one record the ordinary way again."""
    record = _record(desk, visit)
    return desk.done(_place(record), do(desk, visit, "replay", _subject(record), {"id": record.id}))


def discard(desk: Desk, visit: Visit) -> Response:
    """Gives one record up for good."""
    record = _record(desk, visit)
    return desk.done(_place(record), do(desk, visit, "discard", _subject(record), {"id": record.id}))


def replay_group(desk: Desk, visit: Visit) -> Response:
    """Sends a whole group the ordinary way again."""
    content = {"entity": visit.field("entity"), "fingerprint": visit.field("fingerprint")}
    subject = f"{content['entity']} {content['fingerprint']}"
    return desk.done("/letters", do(desk, visit, "replay group", subject, content))


def show_message(desk: Desk, visit: Visit) -> Response:
    """A message that nobody could read, with its body for who may mend it."""
    number = visit.number("id")
    try:
        row = message(desk.database, number)
    except KeyError:
        raise NotThere(f"no message m{number} among the dead letters") from None
    body = masked_body(row.body, visit.role) if row.body else None
    return desk.page(visit, "message.html", title=f"Message m{number}", row=row, body=body)


def discard_message(desk: Desk, visit: Visit) -> Response:
    """Gives a message up for good."""
    number = visit.number("id")
    return desk.done("/letters", do(desk, visit, "discard message", f"message {number}", {"id": number}))


def replay_message(desk: Desk, visit: Visit) -> Response:
    """Sends a message back into the event stream."""
    number = visit.number("id")
    return desk.done("/letters", do(desk, visit, "replay message", f"message {number}", {"id": number}))


def show_aliases(desk: Desk, visit: Visit) -> Response:
    """The names that people gave to items."""
    return desk.page(visit, "aliases.html", title="Names of items", aliases=aliases(desk.database))


def remove_name(desk: Desk, visit: Visit) -> Response:
    """Takes a name away, for orders that are mapped from now on."""
    content = {"lane": visit.field("lane"), "sku": visit.field("sku")}
    said = do(desk, visit, "remove name", f"{content['lane']} {content['sku']}", content)
    return desk.done("/letters/names", said)


def approve(desk: Desk, visit: Visit) -> Response:
    """The second person says yes."""
    return desk.done("/letters", judge(desk, visit, visit.number("id"), approves=True))


def refuse(desk: Desk, visit: Visit) -> Response:
    """The second person says no, or the first one takes it back."""
    return desk.done("/letters", judge(desk, visit, visit.number("id"), approves=False))


routes = (
    Page("GET", "/letters", Role.VIEW, show),
    Page("GET", "/parts/letters", Role.VIEW, part, is_part=True),
    Page("GET", "/letters/group", Role.VIEW, show_group),
    Page("GET", "/letters/names", Role.VIEW, show_aliases),
    Page("POST", "/letters/names/remove", Role.OPERATE, remove_name),
    Page("POST", "/letters/group/replay", Role.OPERATE, replay_group),
    Page("GET", "/letters/messages/{id}", Role.VIEW, show_message),
    Page("POST", "/letters/messages/{id}/discard", Role.OPERATE, discard_message),
    Page("POST", "/letters/messages/{id}/replay", Role.OPERATE, replay_message),
    Page("POST", "/letters/proposals/{id}/approve", Role.OPERATE, approve),
    Page("POST", "/letters/proposals/{id}/refuse", Role.OPERATE, refuse),
    Page("GET", "/letters/{id}", Role.VIEW, show_letter),
    Page("POST", "/letters/{id}/try", Role.OPERATE, try_out),
    Page("POST", "/letters/{id}/amend", Role.OPERATE, amend),
    Page("POST", "/letters/{id}/name", Role.OPERATE, name),
    Page("POST", "/letters/{id}/replay", Role.OPERATE, replay),
    Page("POST", "/letters/{id}/discard", Role.OPERATE, discard),
)
