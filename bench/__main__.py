"""`./run bench NAME`: measures, shows, and with `--keep` writes the figures down for `docs/performance.md`."""

import argparse
import sys
from importlib import import_module
from pathlib import Path

from rich.console import Console

from bench.page import keep
from bench.showing import show
from workers.logs import quiet_logs

NAMES = ("door", "drain", "growth", "idle", "intake")
"""Each is a module of this package with `measure(repeats, say)`, which gives its tables."""

_LEAST = 5


def main() -> int:
    """Runs one benchmark, or all."""
    asked = _arguments().parse_args()
    quiet_logs()
    for name in NAMES if asked.name == "all" else [asked.name]:
        tables = import_module(f"bench.{name}").measure(asked.repeats, _say)
        show(tables)
        if asked.keep:
            keep(name, tables, repeats=asked.repeats)
    return 0


def _say(text: str) -> None:
    Console(stderr=True).print(text, style="dim", highlight=False)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("name", choices=[*NAMES, "all"], help="what is measured")
    parser.add_argument("--repeats", type=int, default=_LEAST, help="rounds, of which each has every side once")
    parser.add_argument(
        "--keep", action="store_true", help=f"write the figures to {Path('docs/measured')} and the page"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
