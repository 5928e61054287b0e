"""What must not be in the tree, and what a person or CI runs."""

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest

from tests.guards.tree import ROOT, files, name_of

TEXT_SUFFIXES = frozenset({".py", ".md", ".toml", ".yaml", ".yml", ".json", ".lock", ".conf", ".cfg", ".sh", ""})

MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:work|root|home/\w+|Users/\w+)/\w")
SECRETS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\bAKIA[0-9A-Z]{16}\b"  # a cloud's access key
    r"|\bgh[pousr]_[A-Za-z0-9]{36}\b"  # a code host's token
    r"|\bsk_live_[A-Za-z0-9]{16,}\b"  # a payment provider's key
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}"  # a chat's token
    r"|\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\."  # a signed web token
)


def lines() -> Iterator[tuple[str, str]]:
    """Every line of text in the tree, with its place."""
    for path in files():
        if path.suffix in TEXT_SUFFIXES:
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                yield f"{name_of(path)}:{number}", line


@pytest.mark.parametrize(
    ("pattern", "bait"),
    [(MACHINE_PATHS, "run in /home/" + "anna/tidegate"), (SECRETS, "-----BEGIN RSA " + "PRIVATE KEY-----")],
    ids=["paths of one machine", "secrets"],
)
def test_the_tree_is_free_of(pattern: re.Pattern[str], bait: str) -> None:
    assert pattern.search(bait), "the pattern does not find what it is there for"
    assert [place for place, line in lines() if pattern.search(line)] == []


def test_every_text_file_ends_with_a_newline_and_has_no_tabs_or_carriage_returns() -> None:
    odd = []
    for path in files():
        if path.suffix in TEXT_SUFFIXES and path.stat().st_size:
            data = path.read_bytes()
            if b"\r" in data or b"\t" in data or not data.endswith(b"\n"):
                odd.append(name_of(path))
    assert odd == []


def test_ci_runs_what_a_person_runs_and_nothing_else() -> None:
    script = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    commands = [line for line in script if line and not line.startswith("#")]
    assert commands == ['cd "$(dirname "$0")/.." && exec ./run test']


def test_the_test_command_runs_every_check_and_then_the_tests() -> None:
    script = (ROOT / "tests/run-all").read_text(encoding="utf-8")
    checks = ["ruff check .", "ruff format --check .", "mypy\n", "lint-imports", "pytest tests"]
    places = [script.find(check) for check in checks]
    assert -1 not in places, dict(zip(checks, places, strict=True))
    assert all(first < second for first, second in pairwise(places)), "cheapest first, the tests last"
