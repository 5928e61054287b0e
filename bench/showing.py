"""A benchmark's tables for a person at a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table as Rows

from bench.measuring import Table


def show(tables: Sequence[Table]) -> None:
    """Prints each table, with its notes."""
    console = Console()
    for table in tables:
        rows = Rows("side", f"median, {table.unit}", "lowest", "highest", "in yardsticks", title=table.title)
        for name, series in table.sides.items():
            ratio = table.ratio(name)
            figures = [figure(value) for value in (series.median, series.low, series.high)]
            rows.add_row(name, *figures, "" if ratio is None else f"{ratio:.3f}")
        console.print(rows)
        for note in table.notes:
            console.print(f"  {note}", highlight=False)


def figure(value: float) -> str:
    """A figure with four digits that count."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
