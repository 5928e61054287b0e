"""Tests about tests: each can fail, and none puts a mock in the place of a port of ours."""

import ast
from pathlib import Path

import pytest

from tests.guards.tree import ROOT, name_of, parsed, python_files

TEST_FILES = [path for path in python_files("tests") if path.name.startswith("test_")]
CHECKS = frozenset({"raises", "warns", "fail", "fails", "rule", "until"})
"""Calls that fail a test without the word `assert`; a Hypothesis state machine checks by its rules."""


@pytest.mark.parametrize("path", TEST_FILES, ids=name_of)
def test_it_can_fail(path: Path) -> None:
    nodes = list(ast.walk(parsed(path)))
    asserts = any(isinstance(node, ast.Assert) for node in nodes)
    checks = any(isinstance(node, ast.Call) and _called(node.func) in CHECKS for node in nodes)
    inherits = any(isinstance(node, ast.ClassDef) and _has_contract(node) for node in nodes)
    assert asserts or checks or inherits, "it asserts nothing, so it could not fail"


def test_file_names_are_unique() -> None:
    names = [path.name for path in TEST_FILES]
    assert sorted(names) == sorted(set(names))


def test_no_test_replaces_a_port_by_a_mock() -> None:
    mocks = [
        f"{name_of(path)}:{node.lineno}"
        for path in TEST_FILES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("unittest.mock")
    ]
    assert mocks == [], "use the in-memory adapter that ships beside the port"


def test_test_folders_are_no_packages() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _has_contract(node: ast.ClassDef) -> bool:
    return any(_called(base).endswith("Contract") for base in node.bases)
