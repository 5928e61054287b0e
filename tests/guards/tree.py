"""The tree as it would be committed: what every guard looks at."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("workers", "desk", "tasks", "mappings", "bridge", "sandbox")
"""The top-level packages that are shipped."""

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@cache
def files() -> tuple[Path, ...]:
    """Every file that git tracks or would track."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    paths = {ROOT / name for name in listed.split("\0") if name}
    return tuple(sorted(path for path in paths if path.is_file()))


def python_files(*tops: str) -> list[Path]:
    """The Python files under these top-level folders, or all of them."""
    return [path for path in files() if path.suffix == ".py" and (not tops or path.relative_to(ROOT).parts[0] in tops)]


def name_of(path: Path) -> str:
    """The file as people call it."""
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    """The file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def definitions(path: Path) -> Iterator[Definition]:
    """Every function and class of a file, nested ones too."""
    return (node for node in ast.walk(parsed(path)) if isinstance(node, Definition))
