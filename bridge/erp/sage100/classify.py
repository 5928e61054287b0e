"""What Sage's texts and numbers mean: the one classifier (reference sage100.md section 4).

Wordings that no source records are matched on their core words; a first real installation may add rows here and
nowhere else.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from bridge.errors import LaneLocked, Misconfigured, NoSeat, TidegateError, Unauthorised, Unreachable
from bridge.outcomes import Outcome


class Meaning(StrEnum):
    """What a failure says about the record, the company or the session."""

    REFUSED = "the record is refused"
    CUSTOMER_MISSING = "the customer is not on file"
    BUSY = "the record is open elsewhere"
    LOCKED = "the company is closed for exclusive work"
    NO_SEAT = "no licence is free"
    UNAUTHORISED = "log-on or permission refused"
    SET_UP = "something is missing in the installation"
    BROKEN = "the session is dead"
    UNKNOWN = "nobody has seen this before"


@dataclass(frozen=True)
class Row:
    """One line of a table: what to look for, what it means, and why we think so."""

    pattern: re.Pattern[str]
    meaning: Meaning
    why: str


def _row(pattern: str, meaning: Meaning, why: str) -> Row:
    return Row(re.compile(pattern, re.IGNORECASE | re.DOTALL), meaning, why)


M = Meaning
TEXTS: tuple[Row, ...] = (
    _row(r"customer\s+does\s+not\s+exist", M.CUSTOMER_MISSING, "4.2: CI_NoKey, create the customer first"),
    _row(r"not\s+on\s+file", M.REFUSED, "4.2: unknown item, zip, terms, ship-via (a customer is told by its column)"),
    _row(r"greater\s+than\s+\d+\s+character", M.REFUSED, "4.2: CI_CharLength"),
    _row(r"read[\s-]*only|failed\s+validation|cannot\s+be\s+set", M.REFUSED, "4.2: validation"),
    _row(
        r"\b(users?|licen[cs]e\w*|seats?|log-?ons?)\b.*\b(exceed\w*|maximum|limit|no more|too many|none)\b"
        r"|\b(exceed\w*|maximum|too many|no more|no)\b.*\b(users|licen[cs]es?|seats?)\b"
        r"|\b(users|licen[cs]es?|seats)\b.*\bin\s+use\b",
        M.NO_SEAT,
        "3.1: users, licences or log-ons named together with a limit",
    ),
    _row(
        r"\b(maintenance|back-?up|period[\s-]end|posting|update|conversion|rebuild)\b.{0,40}\b(progress|running|active)\b"
        r"|\bexclusive(ly)?\b|\bbeing\s+(posted|backed\s+up|rebuilt|converted|closed)\b",
        M.LOCKED,
        "3.3: exclusive work; narrow, as texts name screens (Item Maintenance) and one item would close a lane",
    ),
    _row(
        r"password|\blog-?on\b|access\s+denied|no\s+(access|permission)|external\s+access"
        r"|\b(user|role)\b.*\bnot\s+authori[sz]ed",
        M.UNAUTHORISED,
        "3.1, 3.2: log-on or rights; never retried, as that may lock the account",
    ),
    _row(r"\block(ed)?\b|\bin\s+use\b|\bbusy\b", M.BUSY, "4.2: record locked or in use by; wording unknown"),
)
"""What Sage's own texts say, beside a return code of 0 as in a raised error."""

COM_TEXTS: tuple[Row, ...] = (
    _row(r"class\s+not\s+registered|not\s+registered|REGDB_E", M.SET_UP, "4.5: workstation set-up missing"),
    _row(r"\brpc\b|disconnected|server.*(unavailable|gone)|call\s+failed", M.BROKEN, "4.5: COM server gone"),
)
"""What only a raised error says."""

NUMBERS: dict[int, tuple[Meaning, str]] = {
    0: (M.BUSY, "record or file busy"),
    11: (M.REFUSED, "record not found, or duplicate key"),
    12: (M.SET_UP, "file missing: company or module not set up"),
    13: (M.LOCKED, "file access mode: exclusive work, or permission"),
    16: (M.LOCKED, "disk or file full"),
    26: (M.REFUSED, "type mismatch"),
    31: (M.BROKEN, "memory"),
    33: (M.BROKEN, "memory"),
    35: (M.REFUSED, "bad date"),
    40: (M.REFUSED, "numeric overflow"),
    41: (M.REFUSED, "bad integer"),
    42: (M.REFUSED, "subscript range"),
    43: (M.REFUSED, "value does not fit the mask"),
    46: (M.REFUSED, "string length"),
    47: (M.REFUSED, "substring reference"),
    48: (M.REFUSED, "invalid input"),
    61: (M.UNAUTHORISED, "activation failure"),
    86: (M.BROKEN, "transmission failure"),
    89: (M.BROKEN, "neighbour of 95: object fault"),
    90: (M.UNAUTHORISED, "class not found: rights, company, module or program missing"),
    91: (M.BUSY, "class in use"),
    95: (M.BROKEN, "stale object"),
    97: (M.BROKEN, "neighbour of 95: object fault"),
    200: (M.UNAUTHORISED, "seen at NewObject without rights or context"),
    **dict.fromkeys(range(105, 119), (M.LOCKED, "keyed-file damage: needs a rebuild")),
}
"""ProvideX numbers (reference 4.1). 88 is told by where it happened, see `meaning_of_fault`."""

OUTCOMES: dict[Meaning, Outcome] = {
    M.REFUSED: Outcome.REJECTED,
    M.CUSTOMER_MISSING: Outcome.CUSTOMER_MISSING,
    M.BUSY: Outcome.RECORD_BUSY,
    M.LOCKED: Outcome.LOCKED,
    M.NO_SEAT: Outcome.NO_SEAT,
    M.UNAUTHORISED: Outcome.UNAUTHORISED,
    M.SET_UP: Outcome.UNAUTHORISED,
    M.BROKEN: Outcome.BROKE_OFF,
    M.UNKNOWN: Outcome.UNKNOWN,
}
"""For a record whose header has not been written. A broken set-up halts the lane as a refused log-on does."""

ERRORS: dict[Meaning, type[TidegateError]] = {
    M.REFUSED: Misconfigured,
    M.CUSTOMER_MISSING: Misconfigured,
    M.BUSY: LaneLocked,
    M.LOCKED: LaneLocked,
    M.NO_SEAT: NoSeat,
    M.UNAUTHORISED: Unauthorised,
    M.SET_UP: Misconfigured,
    M.BROKEN: Unreachable,
    M.UNKNOWN: Unreachable,
}
"""For log-ons and reads, where nothing can have been written: a refused look-up is a matter of set-up, and a file that
stays busy through Sage's own retries is one for the next window."""

_NUMBER = re.compile(r"Error\s+#?(\d+)", re.IGNORECASE)
_FIELD = re.compile(
    r"column\s+(?P<column>\w+)\$?"
    r"|^\W*(?:the\s+)?(?P<named>[A-Z]\w+)\$?\W+(?:\S+\s+)?(?:is|failed|cannot|does|must)\b",
    re.IGNORECASE,
)
_CUSTOMER_COLUMNS = {"CustomerNo", "BillToCustomerNo"}


def meaning_of_refusal(text: str, *, column: str | None = None, value: str | None = None) -> Meaning:
    """What the text beside a return code of 0 means, `column` being set where one was refused.

    The column and its value are taken out first, as they may hold any words; and no single column can be refused
    for want of a seat or of a log-on.
    """
    number = fault_number(text)
    if number in NUMBERS:
        return NUMBERS[number][0]
    words = _without(text, column, value)
    if column in _CUSTOMER_COLUMNS and re.search(r"not\s+on\s+file", words, re.IGNORECASE):
        return M.CUSTOMER_MISSING
    found = _first(TEXTS, words) or M.REFUSED
    return M.REFUSED if column and found in {M.NO_SEAT, M.UNAUTHORISED} else found


def meaning_of_fault(text: str, *, member: str, value: str | None = None) -> Meaning:
    """What a raised COM error means; 88 is the record's fault where a column was being set (reference 4.1)."""
    number = fault_number(text)
    if number == 88:
        return M.REFUSED if member == "nSetValue" else M.BROKEN
    if number is not None and number in NUMBERS:
        return NUMBERS[number][0]
    return _first(COM_TEXTS + TEXTS, _without(text, value)) or M.UNKNOWN


def _without(text: str, *parts: str | None) -> str:
    for part in filter(None, parts):
        text = text.replace(part, " ")
    return text


def _first(rows: tuple[Row, ...], words: str) -> Meaning | None:
    return next((row.meaning for row in rows if row.pattern.search(words)), None)


def fault_number(text: str) -> int | None:
    """The ProvideX number in a text such as `Error #95: ...` (reference 4.1), or None."""
    found = _NUMBER.search(text)
    return int(found[1]) if found else None


def field_in(text: str) -> str | None:
    """The column that a text names, such as `Could not set object column ZipCode: ...`, or None."""
    found = _FIELD.search(text)
    return (found["column"] or found["named"]) if found else None


def error_for(meaning: Meaning, text: str) -> TidegateError:
    """The error to raise where nothing can have been written."""
    return ERRORS[meaning](text)


if set(OUTCOMES) != set(Meaning) or set(ERRORS) != set(Meaning):
    raise RuntimeError("a meaning has no outcome or no error")
