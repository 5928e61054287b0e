"""Every event that the code can log, and every field of it, stands in docs/logs.md, and nothing else does."""

import ast
import re
from collections.abc import Iterator

from tests.guards.tree import ROOMS, ROOT, parsed, python_files

PAGE = (ROOT / "docs/logs.md").read_text(encoding="utf-8")
LEVELS = frozenset({"debug", "info", "warning", "error", "critical", "exception"})
SAYERS = frozenset({"note", "say"})
"""Functions that log for their caller; `say` is one of the levels, chosen beforehand."""

NAME = re.compile(r"[a-z]+(_[a-z]+)+|crashed")


def logged() -> Iterator[tuple[str, str | None]]:
    """The name of each event whose name is written out where it is logged, with each of its fields."""
    for path in python_files(*ROOMS):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and _says(node.func):
                name = next((arg.value for arg in node.args if isinstance(arg, ast.Constant)), None)
                if isinstance(name, str) and NAME.fullmatch(name):
                    yield name, None
                    yield from ((name, each.arg) for each in node.keywords if each.arg)


def _says(function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute):
        return function.attr in LEVELS and getattr(function.value, "id", "") == "_log"
    return getattr(function, "id", "") in SAYERS


def rows(heading: str) -> set[str]:
    """The names in the first column of the table under a heading of the page."""
    part = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `([a-z_]+)` \|", part, re.MULTILINE))


def test_every_event_stands_in_the_page_and_every_event_of_the_page_in_the_code() -> None:
    found = {name for name, _ in logged()}
    assert {"records_moved", "alarm_opened", "seat_taken", "crashed"} <= found, "the guard does not see what it guards"
    of_libraries = {"library_line", "task_failed", "task_received", "task_succeeded"}
    assert found | of_libraries == rows("Events")


def test_every_field_stands_in_the_page() -> None:
    found = {field for _, field in logged() if field and field not in {"is_loud", "exc_info"}}
    assert {"lane", "error", "ended_by"} <= found, "the guard does not see what it guards"
    assert found - rows("Fields") == set()
