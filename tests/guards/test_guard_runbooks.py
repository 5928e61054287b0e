"""Runbooks can be followed: every command line in them is one, to its last option, and every alarm stands in one."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from bridge.outcomes import TABLE, Urgency
from bridge.states import NEEDS_PERSON, State
from tests.guards.tree import ROOMS, definitions, files, name_of, python_files
from workers.cli.app import app

RUNBOOKS = [path for path in files() if path.parts[-2:-1] == ("runbooks",) and path.suffix == ".md"]
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def command_lines() -> Iterator[tuple[str, str]]:
    """Every line of a runbook's shell blocks that calls us, with its page; a backslash joins the next line."""
    for page in RUNBOOKS:
        for block in BLOCK.findall(page.read_text(encoding="utf-8")):
            for line in block.replace("\\\n", " ").splitlines():
                if line.strip().startswith("tidegate "):
                    yield name_of(page), line.strip()


@pytest.mark.parametrize(("page", "line"), list(command_lines()))
def test_a_command_line_is_taken_as_it_stands(page: str, line: str) -> None:
    command: Any = typer.main.get_command(app)
    words = shlex.split(line, comments=True)[1:]
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    command.make_context(line, words)


def test_every_runbook_shows_a_command_line_that_can_be_copied() -> None:
    shown = {page for page, _ in command_lines()}
    assert {name_of(page) for page in RUNBOOKS} == shown


def test_every_alarm_stands_in_a_runbook_with_its_key() -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in RUNBOOKS)
    raised = {prefix: place for path in python_files(*ROOMS) for prefix, place in alarms_of(path)}
    assert len(raised) > 10, "the guard finds the alarms"
    assert {prefix: place for prefix, place in raised.items() if f"`{prefix}:" not in text} == {}


def alarms_of(path: Path) -> Iterator[tuple[str, str]]:
    """What the keys begin with of all alarms that a file raises, with the function that does."""
    for function in definitions(path):
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "raise_alarm":
                for prefix in prefixes(call.args[1], function):
                    yield prefix, f"{name_of(path)}: {function.name}"


def prefixes(key: ast.expr, function: ast.AST) -> set[str]:
    """What a key begins with: its text up to the colon, or every state by which an outcome may alert."""
    if isinstance(key, ast.Subscript):
        return prefixes(key.value, function)
    if isinstance(key, ast.Name):
        return {found for value in assigned(key.id, function) for found in prefixes(value, function)}
    if isinstance(key, ast.Constant):
        return {str(key.value).partition(":")[0]}
    assert isinstance(key, ast.JoinedStr), f"no guard can read the key {ast.unparse(key)}: write it as an f-string"
    first = key.values[0]
    return {str(first.value).partition(":")[0]} if isinstance(first, ast.Constant) else STATES


def assigned(name: str, function: ast.AST) -> Iterator[ast.expr]:
    """The values that a function gives to a name, alone or among several."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            [target], value = node.targets, node.value
            pairs = [(target, value)]
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                pairs = list(zip(target.elts, value.elts, strict=True))
            yield from (each for to, each in pairs if isinstance(to, ast.Name) and to.id == name)


STATES = {state.lower() for state in NEEDS_PERSON} | {
    verdict.state.lower()
    for verdict in TABLE.values()
    if verdict.alert is not Urgency.NONE and verdict.state is not State.CONFIRMED
}
