"""How commands show things: tables for people, JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import typer

from bridge.words import age, moment, money, span

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "age", "cell", "console", "heading", "moment", "money", "print_json", "print_table", "printable", "row_dict", "say",
    "span",
]  # fmt: skip

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
