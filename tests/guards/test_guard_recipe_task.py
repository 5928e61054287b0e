"""The recipe for a task works: it is followed, step by step, on a copy of the tree, and the copy is tested."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.guards.tree import ROOT, files

RECIPE = (ROOT / "docs/recipes/add-a-task.md").read_text(encoding="utf-8")
BLOCK = re.compile(
    r"```(?:python|toml)\n# (?P<file>[\w./-]+)(?:, after: (?P<after>[^\n]+))?\n(?P<text>.*?)```", re.DOTALL
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recipe") / "tree"
    for path in files():
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    subprocess.run(["git", "init", "--quiet", "."], cwd=folder, check=True)
    for step in BLOCK.finditer(RECIPE):
        _follow(folder / step["file"], step["after"], step["text"])
    return folder


def _follow(path: Path, after: str | None, text: str) -> None:
    if after is None:
        assert not path.exists(), f"{path.name} is there already; the recipe needs another example"
        path.write_text(text, encoding="utf-8")
        return
    before = path.read_text(encoding="utf-8")
    assert before.count(f"{after}\n") == 1, f"the recipe says to add a line after {after!r}"
    path.write_text(before.replace(f"{after}\n", f"{after}\n{text}"), encoding="utf-8")


def test_it_has_the_steps_that_it_speaks_of() -> None:
    assert [step["file"] for step in BLOCK.finditer(RECIPE)] == [
        "tasks/letters_remind.py",
        "workers/fleet.toml",
        "workers/schedule.py",
        "tests/unit/test_tasks_letters_remind.py",
    ]


def test_the_new_task_passes_its_test_and_the_guards(copy: Path) -> None:
    wanted = ["tests/unit/test_tasks_letters_remind.py", "tests/guards/test_guard_fleet.py"]
    told = subprocess.run(
        [sys.executable, "-m", "pytest", *wanted, "-k", "letters or not twin"],
        cwd=copy, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout[-3000:] + told.stderr[-1000:]


def test_the_new_files_pass_the_checks_of_style(copy: Path) -> None:
    new = ["tasks/letters_remind.py", "tests/unit/test_tasks_letters_remind.py", "workers/schedule.py"]
    for check in (["check"], ["format", "--check"]):
        told = subprocess.run([_tool("ruff"), *check, *new], cwd=copy, capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stdout


def test_without_its_queue_or_its_tick_the_guards_say_so(copy: Path) -> None:
    for name, line in (("workers/fleet.toml", '"letters.remind" ='), ("workers/schedule.py", '"remind":')):
        whole = (copy / name).read_text(encoding="utf-8")
        kept = [each for each in whole.splitlines(keepends=True) if line not in each]
        (copy / name).write_text("".join(kept), encoding="utf-8")
        guard = [sys.executable, "-m", "pytest", "tests/guards/test_guard_fleet.py", "-k", "queue or wakes"]
        told = subprocess.run(guard, cwd=copy, capture_output=True, text=True, check=False)
        (copy / name).write_text(whole, encoding="utf-8")
        assert told.returncode == 1, told.stdout
        assert "letters.remind" in told.stdout


def _tool(name: str) -> str:
    return str(Path(sys.executable).with_name(name))
