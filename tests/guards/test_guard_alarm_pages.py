"""Every alarm that the code can raise has a page that says what to do."""

import ast
from collections.abc import Iterator

from tests.guards.tree import ROOMS, ROOT, name_of, parsed, python_files
from workers.watch.words import RUNBOOKS, runbook

RAISERS = {"raise_alarm": 1, "OpenAlarm": 0}
"""What raises an alarm, and which of its arguments is the key."""


def raised() -> Iterator[tuple[str, str]]:
    """The kind of each alarm whose key is written out where it is raised, and its place."""
    for path in python_files(*ROOMS):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in RAISERS and len(node.args) > 1:
                key = node.args[RAISERS[getattr(node.func, "id", "")]]
                text = ast.unparse(key).lstrip("f").strip("'\"")
                if ":" in text and not text.startswith("{"):
                    yield text.partition(":")[0], f"{name_of(path)}:{node.lineno}"


def test_every_alarm_has_a_page() -> None:
    found = dict(raised())
    assert {"silence", "traffic", "halted", "outage", "flagged"} <= set(found), "the guard does not see what it guards"
    assert {kind: place for kind, place in found.items() if kind not in RUNBOOKS} == {}


def test_every_page_is_there_and_names_its_alarm() -> None:
    for kind in RUNBOOKS:
        assert (ROOT / runbook(f"{kind}:x")).is_file(), kind
    for kind in ("silence", "traffic", "halted", "queue", "beat", "seats"):
        assert f"`{kind}:" in (ROOT / runbook(f"{kind}:x")).read_text(encoding="utf-8")
