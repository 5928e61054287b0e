"""The planted mistakes can still be planted: one that applies no more shows nothing, and nobody would notice."""

import subprocess
from pathlib import Path

import pytest

from tests.effort import HUNT
from tests.guards.tree import ROOT
from workers.drills import mutants
from workers.drills.mutants import PATCHES, SUITE, read_mutants

AT_LEAST = 16
FOUND = read_mutants(ROOT / PATCHES)


def applies(patch: Path) -> str:
    """What git says against the patch; nothing when it applies."""
    checked = subprocess.run(
        ["git", "apply", "--check", str(patch)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return checked.stderr if checked.returncode else ""


@pytest.mark.parametrize("mutant", FOUND, ids=lambda mutant: mutant.name)
def test_it_applies_to_the_tree_as_it_is(mutant: mutants.Mutant) -> None:
    assert applies(mutant.patch) == "", "make the patch anew: its place in the code has changed"


def test_a_patch_whose_place_is_gone_would_be_found(tmp_path: Path) -> None:
    stale = tmp_path / "stale.patch"
    stale.write_text(FOUND[0].patch.read_text().replace("\n-  ", "\n-no such line  "))
    assert "does not apply" in applies(stale)


def test_there_are_enough_and_each_plants_something_else() -> None:
    assert len(FOUND) >= AT_LEAST
    assert len({mutant.plants for mutant in FOUND}) == len(FOUND)
    assert [mutant.name[:2] for mutant in FOUND] == [f"{number:02}" for number in range(1, len(FOUND) + 1)]


def test_the_hunt_and_the_suites_speak_of_the_same_things() -> None:
    assert mutants.HUNT == HUNT
    assert [name for name in SUITE if not (ROOT / name.partition("::")[0]).is_file()] == []
