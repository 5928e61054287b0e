"""Names what waits for a person: records by their number, messages that nobody could read as m1, m2, ..."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bridge.errors import Refused
from workers.cli.show import money, row_dict

if TYPE_CHECKING:
    from bridge.ledger.store import Database

_NAME = re.compile(r"(m?)([0-9]{1,18})")
_ALL = 1_000_000
_SHOWN = 160


def parse(name: str) -> tuple[int, bool]:
    """The number, and whether it is a message's. Raises `Refused`."""
    found = _NAME.fullmatch(name)
    if found is None:
        text = f"{name!r} is no id; give a record's number such as 4711, or a message's such as m3"
        raise Refused(text, field="ID", value=name)
    return int(found[2]), bool(found[1])


@contextmanager
def known() -> Iterator[None]:
    """Tells an id that the ledger does not have in a sentence."""
    try:
        yield
    except KeyError as missing:
        raise Refused(f"{missing.args[0]}; `tidegate dead list` shows what waits for a person", field="ID") from None


def open_message(database: "Database", number: int) -> Any:
    """The message's row; raises `Refused` for one that is unknown, or no longer waits."""
    from bridge.ledger.resting import message

    with known():
        row = message(database, number)
    if row.closed_at is not None:
        raise Refused(f"m{number} was closed by {row.closed_by} ({row.closed_why}); it waits no more", field="ID")
    return row


def chosen(
    database: "Database", names: Sequence[str], entity: str | None, fingerprint: str | None
) -> tuple[list[int], list[Any]]:
    """Record ids and messages' rows: the named ones, or without names all of a group."""
    if not names:
        return [record.id for record in _records(database, entity, fingerprint)], _messages(
            database, entity, fingerprint
        )
    parsed = dict.fromkeys(parse(name) for name in names)
    ids = [number for number, is_message in parsed if not is_message]
    return ids, [open_message(database, number) for number, is_message in parsed if is_message]


def members(database: "Database", entity: str | None, fingerprint: str | None) -> list[dict[str, str]]:
    """Every one of a group, by its id."""
    records = [
        {
            "id": str(record.id),
            "name": record.order_number or record.source_id,
            "state": record.state.value,
            "reason": first_line(record.reason_text or ""),
        }
        for record in _records(database, entity, fingerprint)
    ]
    messages = [
        {"id": f"m{row.id}", "name": row.origin, "state": "DEAD", "reason": first_line(row.reason)}
        for row in _messages(database, entity, fingerprint)
    ]
    return records + messages


def whole(database: "Database", name: str) -> dict[str, Any]:
    """One of them with its reason and its way, as plain values. Raises `Refused` for an unknown id."""
    from bridge.ledger.amendments import amended
    from bridge.ledger.resting import message
    from bridge.ledger.trace import trace

    number, is_message = parse(name)
    with known():
        if is_message:
            return row_dict(message(database, number), "record_id", "queued_at")
        found = trace(database, number)
    record = found.record
    return {
        "record": record.id,
        "name": f"{record.document} {record.order_number or record.source_id}",
        "state": record.state.value,
        "money": money(record.amount, record.currency),
        "reason": record.reason_text,
        "field": record.reason_field,
        "value": record.reason_value,
        "fingerprint": record.fingerprint,
        "failures": record.failures,
        "amendments": [
            {"field": each.field, "was": each.was, "value": each.value, "by": each.by, "why": each.why, "at": each.at}
            for each in amended(database, record.id)
            if each.overtaken_at is None
        ],
        "letters": [row_dict(row, "body", "record_id", "entity") for row in found.dead_letters],
        "moves": [
            {column: row._mapping[column] for column in ("at", "origin", "target", "why", "by")} for row in found.moves
        ],
    }


def first_line(text: str) -> str:
    """The first line, shortened; tracebacks are reasons too."""
    return text.strip().partition("\n")[0][:_SHOWN]


def _records(database: "Database", entity: str | None, fingerprint: str | None) -> Any:
    from bridge.ledger.people import waiting_for_person

    return waiting_for_person(database, document=entity, fingerprint=fingerprint, limit=_ALL)


def _messages(database: "Database", entity: str | None, fingerprint: str | None) -> list[Any]:
    from bridge.ledger.dead import MESSAGE
    from bridge.ledger.resting import open_messages

    return list(open_messages(database, fingerprint=fingerprint)) if entity in (None, MESSAGE) else []
