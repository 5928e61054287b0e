"""How commands show things: tables for people, JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

_PIPE_WIDTH = 200


def print_json(value: object) -> None:
    """Prints JSON: money as text, times in ISO 8601, dataclasses and rows as objects."""
    typer.echo(json.dumps(value, default=_plain, indent=2))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, title: str | None = None) -> None:
    """Prints a table; nothing but a dash when it has no rows."""
    from rich.table import Table

    if not rows:
        say(f"{title}: none" if title else "none")
        return
    table = Table(*columns, title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(cell(value) for value in row))
    console().print(table)


def say(text: str = "") -> None:
    """Prints a line."""
    console().print(printable(text), soft_wrap=True)


def heading(text: str) -> None:
    """Prints the beginning of a section."""
    console().print()
    console().print(printable(text), style="bold", soft_wrap=True)


def console() -> "Console":
    """Where people read. What is shown comes from outside, so no markup is read out of it."""
    from rich.console import Console

    plain = Console(markup=False, highlight=False, emoji=False)
    return plain if plain.is_terminal else Console(markup=False, highlight=False, emoji=False, width=_PIPE_WIDTH)


def cell(value: object) -> str:
    """A value as people read it; a dash for none."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return moment(value)
    return printable(str(value))


def printable(text: str) -> str:
    """`text` without what could steer a terminal: it may come from a stranger."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}" for letter in text)


def moment(at: datetime) -> str:
    """A time in UTC, to the second."""
    return f"{at:%Y-%m-%d %H:%M:%S}Z"


def money(amount: Decimal | None, currency: str | None) -> str:
    """An amount with at least its cents, and its currency."""
    if amount is None:
        return "-"
    cents = amount.quantize(Decimal("0.01"))
    exact = cents if cents == amount else amount.normalize()
    return f"{exact:,f} {currency or ''}".rstrip()


def span(seconds: float) -> str:
    """A length of time in its largest fitting unit, such as `3 min`."""
    for unit, size_s in (("d", 86400), ("h", 3600), ("min", 60)):
        if abs(seconds) >= size_s:
            return f"{seconds / size_s:.0f} {unit}"
    return f"{seconds:.0f} s"


def age(since: datetime, now: datetime) -> str:
    """How long ago that was."""
    return span((now - since).total_seconds())


def row_dict(row: Any, *without: str) -> dict[str, Any]:
    """A row of the ledger as a dictionary, without some of its columns."""
    return {name: value for name, value in row._mapping.items() if name not in without}


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    raise TypeError(f"no JSON for {type(value).__name__}")
