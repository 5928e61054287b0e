"""Documents say what is: links lead somewhere, paths exist, commands are commands, decisions name their checks."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from tests.guards.tree import ROOT, files, name_of
from workers.cli.app import app

PAGES = [path for path in files() if path.suffix == ".md"]
DECISIONS = [path for path in PAGES if path.parent.name == "decisions"]

LINK = re.compile(r"\[[^]]+]\((?P<page>[^)#\s]*)(?:#(?P<anchor>[^)\s]+))?\)")
CODE = re.compile(r"`([^`\n]+)`")
TREE_PATH = re.compile(r"(?:[\w.-]+/)+[\w.-]*|[A-Z]+\.md|compose\.yaml|pyproject\.toml|requirements\.lock")
COMMITTED = {
    above.relative_to(ROOT).as_posix()
    for path in files()
    for above in (path, *path.parents)
    if above.is_relative_to(ROOT)
}
"""Every file and folder that a fresh clone has."""

MADE_BY_A_RUN = ("var/", ".venv", "deploy/secrets/")
"""Paths that are not in the tree because something makes them."""


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The headings as links name them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.finditer(prose(page)):
        if "://" in link["page"]:
            continue
        target = (page.parent / link["page"]).resolve() if link["page"] else page
        assert target.is_file(), link[0]
        assert not link["anchor"] or link["anchor"] in anchors(target), link[0]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_path_that_is_named_exists(page: Path) -> None:
    named = [code.removeprefix("./") for code in CODE.findall(prose(page)) if TREE_PATH.fullmatch(code)]
    ours = [code for code in named if code.split("/")[0] in COMMITTED and not code.startswith(MADE_BY_A_RUN)]
    assert [code for code in ours if code.rstrip("/") not in COMMITTED] == [], "not in the tree, or ignored by git"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_is_one(page: Path) -> None:
    for words in commands(page.read_text(encoding="utf-8")):
        command = resolved(words)
        known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)} | {"--help"}
        used = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert used <= known, f"tidegate {' '.join(words)}: it has {sorted(known)}"


@pytest.mark.parametrize("decision", DECISIONS, ids=name_of)
def test_a_decision_says_why_what_else_and_what_checks_it(decision: Path) -> None:
    text = prose(decision)
    for part in ("**Decided.**", "**Why.**", "**Weighed and left.**", "**Checks.**"):
        assert text.count(part) == 1, part
    checks = CODE.findall(text.partition("**Checks.**")[2])
    assert any(check.rstrip("/") in COMMITTED for check in checks), "a check is a file of the tree"


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    for path in DECISIONS:
        assert path.read_text(encoding="utf-8").startswith(f"# {path.name[:4]}: ")


def test_every_page_can_be_found_from_the_index() -> None:
    index = ROOT / "docs/index.md"
    linked = {(index.parent / link["page"]).resolve() for link in LINK.finditer(index.read_text(encoding="utf-8"))}
    pages = {page for page in PAGES if page.is_relative_to(ROOT / "docs")} - {index}
    assert sorted(name_of(page) for page in pages - linked) == []


def test_no_page_speaks_of_a_file_that_only_one_machine_has() -> None:
    foreign = [
        f"{name_of(page)}: {link['page']}"
        for page in PAGES
        for link in LINK.finditer(prose(page))
        if link["page"].startswith(("/", "file:"))
    ]
    assert foreign == []


def commands(text: str) -> Iterator[list[str]]:
    """What follows `tidegate` or `./run` wherever a page shows a command, quoted or in a block."""
    shown = [code for code in CODE.findall(text) if code.startswith(("tidegate ", "./run "))]
    for block in re.findall(r"```(?:sh|text)\n(.*?)```", text, re.DOTALL):
        shown += [line for line in block.splitlines() if line.startswith(("tidegate ", "./run "))]
    for line in shown:
        words = shlex.split(line.partition("#")[0])[1:]
        if words and words[0] not in {"test", "bench"}:
            yield words


def resolved(words: list[str]) -> Any:
    """The command that the words name; what follows a command without commands of its own are its arguments."""
    command: Any = typer.main.get_command(app)
    for word in words:
        if not hasattr(command, "commands"):
            break
        assert word in command.commands, f"tidegate {' '.join(words)}: no command {word!r}"
        command = command.commands[word]
    return command
