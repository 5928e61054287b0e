"""Names that say nothing are not used: each of these words stands where a better one was not looked for."""

import re

from tests.guards.tree import ROOMS, definitions, name_of, python_files

EMPTY_WORDS = frozenset({"sync", "handle", "handler", "manager", "util", "utils", "helper", "helpers"})
EMPTY_VERB = "process"
"""As a verb it says nothing; as a noun it is the operating system's."""

NAMED_BY_A_LIBRARY = frozenset({"process_bind_param", "process_result_value"})
"""Methods of SQLAlchemy's that a column type overrides."""


def words(name: str) -> list[str]:
    """`read_bodyOf` as read, body, of."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]


def is_empty(name: str) -> bool:
    """Whether the name has one of the words."""
    parts = words(name)
    return name not in NAMED_BY_A_LIBRARY and (bool(EMPTY_WORDS & set(parts)) or parts[:1] == [EMPTY_VERB])


def test_the_rule_finds_what_it_is_there_for() -> None:
    assert [name for name in ("OrderManager", "process_order", "_handle", "sync", "utils") if not is_empty(name)] == []
    assert [name for name in ("ServerProcess", "open_async_client", "a_killed_process") if is_empty(name)] == []


def test_no_module_class_or_function_has_an_empty_name() -> None:
    modules = {path.stem: name_of(path) for path in python_files(*ROOMS)}
    found = [place for name, place in modules.items() if is_empty(name)]
    for path in python_files():
        found += [f"{name_of(path)}:{node.lineno} {node.name}" for node in definitions(path) if is_empty(node.name)]
    assert found == []
