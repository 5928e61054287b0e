"""The wheel holds the five rooms with their data files and nothing else, and runs where our tree is not."""

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.guards.tree import ROOMS, ROOT, files


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The console script, in an environment that has the wheel and what it needs, and no more."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    uv = str(Path(sys.executable).with_name("uv"))
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
    install = [uv, "pip", "install", "--quiet", "--system-certs", "--python", str(folder / "bin/python")]
    subprocess.run([*install, "--constraint", str(ROOT / "requirements.lock"), str(wheel)], check=True)
    return folder / "bin/tidegate"


def contents(wheel: Path) -> set[str]:
    with ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def test_its_top_level_is_the_five_rooms(wheel: Path) -> None:
    assert {name.partition("/")[0] for name in contents(wheel)} == set(ROOMS)


def test_it_holds_every_file_of_the_rooms_data_files_included(wheel: Path) -> None:
    wanted = {path.relative_to(ROOT).as_posix() for path in files() if path.relative_to(ROOT).parts[0] in ROOMS}
    assert contents(wheel) == wanted
    kinds = {Path(name).suffix for name in wanted}
    assert kinds >= {".py", ".yaml", ".toml", ".typed"}
    assert any("/profiles/" in name for name in wanted)
    assert any("/migrations/versions/" in name for name in wanted)


def test_every_room_tells_that_it_is_typed(wheel: Path) -> None:
    assert {f"{room}/py.typed" for room in ROOMS} <= contents(wheel)


def test_the_command_works_beside_a_decoy_of_the_same_name(program: Path, tmp_path: Path) -> None:
    for room in ROOMS:
        (tmp_path / f"{room}.py").write_text('raise SystemExit("the decoy was imported")\n')
    told = subprocess.run([program, "--help"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "tidegate" in told.stdout


def test_a_worker_finds_its_tasks_beside_a_decoy(program: Path, tmp_path: Path) -> None:
    """Celery puts the working folder first on Python's path; by then ours are imported."""
    (tmp_path / "tasks.py").write_text('raise SystemExit("the decoy was imported")\n')
    config = tmp_path / "tidegate.toml"
    config.write_text(
        '[broker]\nurl = "redis://127.0.0.1:1/0"\n[ledger]\nurl = "sqlite://"\n'
        '[connections.clarity]\nlanes = { main = "sage100:ABC" }\nsite = { base_url = "http://127.0.0.1:1" }\n'
        '[systems.sage100]\nagent = { url = "http://127.0.0.1:1", api_key = "none" }\n[lanes."sage100:ABC"]\n'
    )
    ask = "import sys, workers.app as made; print(sorted(made.app.tasks)); print(sys.modules['tasks'].__file__)"
    python = program.with_name("python")
    told = subprocess.run(
        [python, "-P", "-c", ask], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={"TIDEGATE_CONFIG": str(config), "PATH": ""},
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert "'batch.write'" in told.stdout
    assert "site-packages" in told.stdout


def test_the_installed_command_has_no_tests_and_no_tools(program: Path) -> None:
    names = ("tests", "deploy", "docs", "pytest", "mypy")
    ask = f"import importlib.util as u; print([name for name in {names} if u.find_spec(name)])"
    told = subprocess.run([program.with_name("python"), "-P", "-c", ask], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
