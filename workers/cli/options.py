"""Options that several commands share."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="PATH", help="The settings; else the file in $TIDEGATE_CONFIG, else ./tidegate.toml."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason; it is kept in the ledger.")]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who decides; else the operating system's user.")]
_MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"]
Since = Annotated[datetime | None, typer.Option("--since", formats=_MOMENTS, help="From this day or moment (UTC) on.")]
LaneName = Annotated[str, typer.Argument(metavar="LANE", help="The lane, such as sage100:ABC.")]


def in_utc(moment: datetime) -> datetime:
    """A moment as it was typed, which means UTC."""
    return moment.replace(tzinfo=UTC)


def person(by: str | None) -> str:
    """The name that goes into the journal."""
    import getpass

    return (by or getpass.getuser())[:64]
