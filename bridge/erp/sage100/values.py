"""Values at the COM boundary: the `$` mark, exact numbers, and text that Sage's records can hold (reference 1.1.3)."""

from decimal import Decimal, InvalidOperation
from typing import Any

from bridge.errors import Refused
from bridge.ports.erp import FieldValue

SEPARATORS = "\x8aŠ"
"""chr(138), and what code page 1252 shows it as: the byte that parts the columns of a record (reference 1.1.3)."""

CODE_PAGE = "cp1252"
_LINE_BREAKS = "\r\n\t"
_PADDING = "\x00\xa0 "


def com_name(column: str, value: FieldValue) -> str:
    """The column's name as BOI wants it: text columns end in `$`, numbers do not."""
    return f"{column}$" if isinstance(value, str) else column


def com_value(column: str, value: FieldValue) -> str | float:
    """The value as COM can carry it; raises `Refused` naming the column for what Sage would lose or garble."""
    return _text(column, value) if isinstance(value, str) else _number(column, value)


def _text(column: str, value: str) -> str:
    for character in value:
        if character in SEPARATORS:
            raise _refused(column, value, "holds chr(138), which parts the columns of Sage's records; replace it")
        if ord(character) < 32 and character not in _LINE_BREAKS:
            raise _refused(column, value, f"holds the control character {ord(character)}; remove it")
    try:
        value.encode(CODE_PAGE)
    except UnicodeEncodeError as lost:
        wrong = value[lost.start : lost.end]
        raise _refused(column, value, f"holds {wrong!r}, which code page {CODE_PAGE} lacks; replace it") from lost
    return value


def _number(column: str, value: Decimal) -> float:
    if not value.is_finite():
        raise _refused(column, str(value), "is not a finite number")
    number = float(value)
    if Decimal(repr(number)) != value:
        raise _refused(column, str(value), "has more digits than COM can carry exactly; round it by a rule")
    return number


def _refused(column: str, value: str, what: str) -> Refused:
    return Refused(f"{column} {what}", field=column, value=value, code="data_format")


def text_of(raw: Any) -> str:
    """Text as Sage returned it, without the padding of old fixed-width fields (reference 1.1.3)."""
    return str(raw if raw is not None else "").strip(_PADDING)


def number_of(raw: Any) -> Decimal:
    """A number as Sage returned it, exactly as it prints; empty is 0. Raises `Refused` for what is no number."""
    try:
        return Decimal(str(raw if raw not in (None, "") else 0))
    except InvalidOperation as wrong:
        raise Refused(f"Sage returned {raw!r} where a number was due", value=str(raw)) from wrong


def split_rows(joined: Any) -> list[str]:
    """The values of a SEP-joined result; a trailing separator adds none."""
    text = str(joined or "")
    for separator in SEPARATORS[1:]:
        text = text.replace(separator, SEPARATORS[0])
    parts = text.split(SEPARATORS[0])
    if parts and parts[-1] == "":
        parts.pop()
    return [text_of(part) for part in parts]
