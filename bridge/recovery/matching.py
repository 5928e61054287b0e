"""Whose document is it? What the ERP says of one, against what the ledger has. All of it pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from bridge.ledger.rows import Record
from bridge.ports.erp import ORDER, Stamped
from bridge.states import State

_STAMP = re.compile(r"(?P<site>.*):(?P<id>\d{1,18})", re.DOTALL)


class Action(StrEnum):
    """What is to be done about one document of the ERP's."""

    NONE = "the ledger has it"
    ADOPT = "the ledger learns of it"
    SHOW = "a person must compare it"
    TELL = "withdrawn at the storefront, and in the ERP"
    UNSETTLED = "unsettled"


@dataclass(frozen=True)
class Match:
    """A document of the ERP's, the record that it is, and what follows; `why` says what is wrong with it."""

    row: Stamped
    action: Action
    record: Record | None = None
    why: str = ""


def record_id_in(stamp: str) -> int | None:
    """The record id that a stamp of ours ends with; None for any other text."""
    told = _STAMP.fullmatch(stamp)
    return int(told["id"]) if told else None


def names_in(text: str) -> tuple[str, ...]:
    """What a text such as `Web order 100234` may name: the whole of it, and each of its ends, the longest first."""
    words = text.split()
    return tuple(" ".join(words[at:]) for at in range(len(words)))


def match(row: Stamped, by_id: Record | None, by_name: Sequence[Record]) -> Match:
    """Finds the record of one document, and what follows.

    The very id in the stamp is believed when number or name agree; ids given after a backup mean other records once
    it is restored. Then the name decides, with the stamp's site. `by_name` are records of that lane and kind.
    """
    if by_id and (by_id.number == row.number or name_of(by_id) in names_in(row.text)):
        return _follow(row, by_id)
    fitting = [record for record in by_name if not row.stamp or _is_of_site(record, row.stamp)]
    longest = max((len(name_of(record)) for record in fitting), default=0)
    named = [record for record in fitting if len(name_of(record)) == longest]
    if len(named) == 1:
        return _follow(row, named[0])
    if named:
        ids = ", ".join(str(record.id) for record in named)
        return Match(row, Action.UNSETTLED, why=f"records {ids} all bear this name")
    if not row.stamp:
        return Match(row, Action.NONE)  # where no stamps are kept, people's own documents stand too
    return Match(row, Action.UNSETTLED, why=f"no storefront shows {row.text or 'what it is'!r}")


def without_doubles(matches: Sequence[Match]) -> list[Match]:
    """The same matches, but of two documents that would become one record only the first is believed."""
    numbers: dict[int, str] = {}
    kept = []
    for each in matches:
        number = numbers.setdefault(each.record.id, each.row.number) if each.record else each.row.number
        if each.action is Action.ADOPT and number != each.row.number:
            kept.append(replace(each, action=Action.UNSETTLED, why=f"it is in the ERP as {number} too"))
        else:
            kept.append(each)
    return kept


def name_of(record: Record) -> str:
    """What a document is called at its storefront: an order's number, a customer's account."""
    return (record.order_number or "") if record.document == ORDER else record.source_id


def _is_of_site(record: Record, stamp: str) -> bool:
    return stamp.rpartition(":")[0] == record.stamp.rpartition(":")[0]


def _follow(row: Stamped, record: Record) -> Match:
    if record.number is not None and record.number != row.number:
        return Match(row, Action.UNSETTLED, record, f"record {record.id} has the number {record.number}")
    if record.state is State.CONFIRMED:
        return Match(row, Action.NONE, record)
    if record.state in {State.CANCELLED, State.DISCARDED}:
        return Match(row, Action.TELL, record, f"record {record.id} is {record.state}")
    if not row.stamp:
        return Match(row, Action.SHOW, record, f"found in {row.place}, where the ERP keeps no stamp")
    return Match(row, Action.ADOPT, record)
