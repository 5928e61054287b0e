"""The figures kept in `docs/measured`, and the page that is made of them."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from bench.measuring import Series, Table
from bench.showing import figure

DOCS = Path(__file__).parents[1] / "docs"
KEPT = DOCS / "measured"
PAGE = DOCS / "performance.md"

_HEAD = """\
# Performance

What `./run bench NAME` measured, each with its yardstick in the same run. Made from `docs/measured` by `--keep`; never
edited. Ratios carry over to other machines, absolute figures do not. A side's figures are median, lowest and highest.
"""


_COLUMNS = ("| side | median | lowest | highest | in yardsticks |", "|---|---|---|---|---|")


def keep(name: str, tables: Sequence[Table], *, repeats: int) -> None:
    """Writes a benchmark's figures down in place of its former ones, and the page anew."""
    KEPT.mkdir(exist_ok=True)
    about = {
        "command": f"./run bench {name} --repeats {repeats}",
        "date": datetime.now(UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }
    kept = {"about": about, "tables": [asdict(table) for table in tables]}
    (KEPT / f"{name}.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """The page as the kept figures make it."""
    return "\n".join([_HEAD, *(_section(path) for path in sorted(KEPT.glob("*.json")))])


def _section(path: Path) -> str:
    kept = json.loads(path.read_text(encoding="utf-8"))
    about = kept["about"]
    when = f"`{about['command']}`, {about['date']}, {about['cores']} cores, Python {about['python']}."
    head = f"## {path.stem}\n\n{when}\n"
    return "\n".join([head, *(_table(_read(table)) for table in kept["tables"])])


def _read(raw: dict[str, object]) -> Table:
    sides = {name: Series(tuple(each["values"])) for name, each in raw.pop("sides").items()}  # type: ignore[attr-defined]
    return Table(**{**raw, "sides": sides})  # type: ignore[arg-type]


def _table(table: Table) -> str:
    lines = [f"**{table.title}** ({table.unit})", "", *_COLUMNS]
    for name, series in table.sides.items():
        ratio = table.ratio(name)
        cells = [figure(value) for value in (series.median, series.low, series.high)]
        lines.append(f"| {name} | {' | '.join(cells)} | {'' if ratio is None else f'{ratio:.3f}'} |")
    return "\n".join([*lines, "", *(f"{note}\n" for note in table.notes)])
