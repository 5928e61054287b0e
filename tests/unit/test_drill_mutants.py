"""The hunt for planted mistakes, on a tiny tree of its own: it tells what is caught from what is not."""

import json
import subprocess
from pathlib import Path

import pytest

from bridge.errors import Misconfigured
from workers.drills import mutants
from workers.drills.mutants import Fate, Hunt, Mutant, Trial, read_mutants, source_tree
from workers.drills.mutants_report import as_json, as_page

SUM = "def add(a, b):\n    return a + b\n"
TEST = "from sums import add\n\n\ndef test_sum():\n    assert add(1, 2) == 3\n"
PATCH = (
    "# {plants}\n--- a/sums.py\n+++ b/sums.py\n@@ -1,2 +1,2 @@\n def add(a, b):\n-    return {old}\n+    return {new}\n"
)


def a_patch(folder: Path, name: str, new: str, old: str = "a + b") -> None:
    (folder / f"{name}.patch").write_text(PATCH.format(plants=f"returns {new}", old=old, new=new))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A committed module with its test."""
    root = tmp_path / "tree"
    (root / "tests").mkdir(parents=True)
    (root / "sums.py").write_text(SUM)
    (root / "tests/test_sums.py").write_text(TEST)
    (root / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\naddopts = "-p no:cacheprovider"\npythonpath = ["."]\n'
    )
    for command in (["init", "--quiet"], ["add", "."]):
        subprocess.run(["git", *command], cwd=root, check=True)
    return root


@pytest.fixture
def patches(tmp_path: Path) -> Path:
    folder = tmp_path / "patches"
    folder.mkdir()
    a_patch(folder, "01-difference", "a - b")
    a_patch(folder, "02-other-order", "b + a")
    a_patch(folder, "03-old", "a", old="a * b")
    return folder


def hunt(tree: Path, found: list[Mutant], limit_s: float = 60) -> list[Trial]:
    heard: list[Trial] = []
    trials = Hunt(tree, ["tests/test_sums.py"], limit_s).run(found, heard.append)
    assert sorted(heard, key=lambda trial: trial.mutant) == trials
    return trials


def test_it_tells_what_is_caught_from_what_is_not(tree: Path, patches: Path) -> None:
    trials = hunt(tree, read_mutants(patches))
    assert [(trial.mutant, trial.plants, trial.fate) for trial in trials] == [
        ("01-difference", "returns a - b", Fate.CAUGHT),
        ("02-other-order", "returns b + a", Fate.SURVIVED),
        ("03-old", "returns a", Fate.NOT_PLANTED),
    ]
    assert trials[0].by == "tests/test_sums.py::test_sum"
    assert "patch failed" in trials[2].why
    assert (tree / "sums.py").read_text() == SUM, "the tree itself is never touched"


def test_a_mutant_on_which_the_suites_do_not_end_is_not_caught(tree: Path, patches: Path) -> None:
    (tree / "tests/test_sums.py").write_text(
        TEST.replace("    assert", "    while add(1, 2) != 3:\n        pass\n    assert")
    )
    [trial] = hunt(tree, read_mutants(patches, "difference"), limit_s=12)
    assert (trial.fate, trial.by) == (Fate.NO_END, "")


def test_suites_that_fail_without_a_mutant_show_nothing(tree: Path, patches: Path) -> None:
    (tree / "sums.py").write_text(SUM.replace("+", "*"))
    with pytest.raises(Misconfigured, match="fail on the tree as it is"):
        hunt(tree, read_mutants(patches))


def test_a_name_that_no_mutant_has_is_told_with_those_there_are(patches: Path) -> None:
    assert [mutant.name for mutant in read_mutants(patches, "order")] == ["02-other-order"]
    with pytest.raises(Misconfigured, match="called 'fence'; there are 01-difference, 02-other-order, 03-old"):
        read_mutants(patches, "fence")


def test_a_patch_must_say_what_it_plants(patches: Path) -> None:
    (patches / "04-silent.patch").write_text("--- a/sums.py\n")
    with pytest.raises(Misconfigured, match=r"04-silent\.patch: its first line is '--- a/sums\.py'"):
        read_mutants(patches)


def test_without_a_checkout_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutants, "__file__", str(tmp_path / "workers/drills/mutants.py"))
    with pytest.raises(Misconfigured, match="no source checkout"):
        source_tree()


def test_the_page_and_the_json_name_every_trial() -> None:
    trials = [
        Trial("01-a", "plants a", Fate.CAUGHT, "tests/test_x.py::test_y", "assert 1 == 2", 12.3),
        Trial("02-b", "plants b", Fate.SURVIVED, "", "every suite passed", 40.0, effort=5),
    ]
    page = as_page(trials)
    assert "**1 of 2 planted mistakes were caught**" in page
    assert "| 01-a | plants a | caught | `test_y` | x1 | 12 |\n" in page
    assert "| 02-b | plants b | survived | every suite passed | x5 | 40 |\n" in page
    found = json.loads(as_json(trials))
    assert [(trial["mutant"], trial["fate"]) for trial in found["trials"]] == [("01-a", "caught"), ("02-b", "survived")]
