"""The locks: exact versions, no download addresses, and enough for everything that pyproject.toml asks for."""

import json
import re
import tomllib

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.guards.tree import ROOT

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def locked() -> dict[str, Requirement]:
    """The lock's lines by package name."""
    return {canonicalize_name(line.name): line for line in map(Requirement, LOCK)}


def wanted() -> list[Requirement]:
    """What pyproject.toml asks for, extras included."""
    extras = PROJECT["optional-dependencies"].values()
    return [Requirement(line) for group in (PROJECT["dependencies"], *extras) for line in group]


def test_every_line_is_one_exact_version_and_nothing_else() -> None:
    odd = [line for line in LOCK if not re.fullmatch(r"[a-z0-9._-]+==[\w.!+]+( ; .+)?", line)]
    assert odd == [], "a lock line is name==version, with a marker if need be; no addresses, hashes or options"


def test_the_browsers_lock_pins_contents_and_names_no_address() -> None:
    locked_files = json.loads((ROOT / "tests/browser/package-lock.json").read_text(encoding="utf-8"))["packages"]
    fetched = {name: file for name, file in locked_files.items() if name}
    assert fetched
    assert [name for name, file in fetched.items() if not file.get("integrity") or "resolved" in file] == []


def test_the_lock_satisfies_the_project() -> None:
    lock = locked()
    unmet = [str(each) for each in wanted() if not _is_met(each, lock.get(canonicalize_name(each.name)))]
    assert unmet == [], "make requirements.lock anew"


def test_the_environment_is_the_locked_one() -> None:
    from importlib.metadata import version

    expected = {name: line.specifier for name, line in locked().items() if _applies(line.marker)}
    drifted = {name: version(name) for name, exact in expected.items() if version(name) not in exact}
    assert drifted == {}, "run ./run --help, which brings the environment up to date"


def _is_met(asked: Requirement, line: Requirement | None) -> bool:
    if line is None:
        return False
    [exact] = [one.version for one in line.specifier]
    return asked.specifier.contains(exact, prereleases=True)


def _applies(marker: Marker | None) -> bool:
    return marker is None or marker.evaluate()
