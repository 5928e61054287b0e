"""Benchmarks and what is kept of them."""

from importlib import import_module
from inspect import signature

from bench.__main__ import NAMES
from bench.page import KEPT, PAGE, page
from tests.guards.tree import ROOT, name_of, python_files


def test_the_page_says_what_the_kept_figures_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "./run bench NAME --keep writes it anew"


def test_every_benchmark_can_be_called_by_its_name() -> None:
    for name in NAMES:
        assert [*signature(import_module(f"bench.{name}").measure).parameters] == ["repeats", "say"], name


def test_figures_are_kept_of_benchmarks_only() -> None:
    assert {path.stem for path in KEPT.glob("*")} <= set(NAMES)


def test_nothing_that_is_shipped_needs_a_benchmark() -> None:
    rooms = python_files("bridge", "desk", "mappings", "sandbox", "tasks", "workers")
    assert [
        name_of(path) for path in rooms if "import bench" in path.read_text() or "from bench" in path.read_text()
    ] == []
    assert (ROOT / "bench").is_dir()
