"""Every drill has its row in the page of drills, with the page to open when it happens for real."""

import re

import typer

from tests.guards.tree import ROOT
from workers.cli.drill import app

ROW = re.compile(r"^\| `\./run drill (?P<name>[a-z-]+).*?\|(?P<cells>.*)\|$", re.MULTILINE)
NOT_A_STORY = {"faults", "fault", "mutants"}
"""These break nothing of their own, so nobody need know what to do when they happen."""


def test_every_drill_has_a_row_and_every_story_a_runbook() -> None:
    rows = {row["name"]: row["cells"] for row in ROW.finditer((ROOT / "docs/drills.md").read_text(encoding="utf-8"))}
    drills = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    assert drills - {"faults"} == set(rows)
    assert {name for name in drills - NOT_A_STORY if "](runbooks/" not in rows[name]} == set()
