"""Small files, small functions: where one grows past its bound it has more than one reason to change."""

import ast

from tests.guards.tree import definitions, name_of, parsed, python_files

FILE_LINES = 300
TEST_FILE_LINES = 400
"""A file of tests is a list of sentences about one subject; it may be longer."""

FUNCTION_LINES = 40

MIGRATIONS = "bridge/ledger/migrations/versions/"
"""A migration's `upgrade` is a list of tables: long, flat, and never changed once it has been released."""


def test_no_file_is_longer_than_its_bound() -> None:
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in python_files()}
    bounds = {name: TEST_FILE_LINES if name.startswith("tests/") else FILE_LINES for name in lengths}
    assert {name: lines for name, lines in lengths.items() if lines > bounds[name]} == {}


def test_no_function_is_longer_than_40_lines() -> None:
    found = {
        f"{name_of(path)}:{node.name}": _lines(node)
        for path in python_files()
        if not name_of(path).startswith(MIGRATIONS)
        for node in definitions(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: lines for name, lines in found.items() if lines > FUNCTION_LINES} == {}


def test_every_file_says_in_a_docstring_what_it_is_for() -> None:
    silent = [name_of(path) for path in python_files() if not ast.get_docstring(parsed(path))]
    assert silent == []


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """From `def` to the end, without the docstring."""
    whole = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    return whole - ((first.end_lineno or 0) - first.lineno + 1 if ast.get_docstring(node) else 0)
