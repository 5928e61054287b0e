"""Tasks, queues, beat and messages fit together: nothing is sent where nobody listens, nothing sleeps for ever."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery
from kombu.utils.json import dumps, loads

from tests.guards.tree import ROOT, definitions, name_of, parsed, python_files
from workers.app import make_app
from workers.dead_queues import ENTITIES, queue_name
from workers.roles import load_fleet
from workers.schedule import beat_schedule
from workers.settings import Settings

FLEET = load_fleet()
TASK_FILES = [path for path in python_files("tasks") if path.stem != "__init__"]
CONNECTION = "clarity"


@pytest.fixture(scope="module")
def settings() -> Settings:
    """The smallest settings that there are: one of everything."""
    return Settings(
        broker={"url": "redis://127.0.0.1:1/0"},
        ledger={"url": "sqlite://"},
        connections={CONNECTION: {"site": {"base_url": "http://127.0.0.1:1"}, "lanes": {"main": "sage100:ABC"}}},
        systems={"sage100": {"agent": {"url": "http://127.0.0.1:1", "api_key": "none"}}},
        lanes={"sage100:ABC": {}},
    )


@pytest.fixture(scope="module")
def app(settings: Settings) -> Iterator[Celery]:
    made = make_app(settings)
    yield made
    made.close()


def shared_tasks(path: Path) -> dict[str, ast.FunctionDef]:
    """A file's tasks by their names on the wire."""
    found = {}
    for node in definitions(path):
        for mark in node.decorator_list if isinstance(node, ast.FunctionDef) else ():
            if isinstance(mark, ast.Call) and getattr(mark.func, "id", "") == "shared_task":
                [name] = [word.value for word in mark.keywords if word.arg == "name"]
                found[ast.literal_eval(name)] = node
    return found


ALL_TASKS = {name: (path, task) for path in TASK_FILES for name, task in shared_tasks(path).items()}


@pytest.mark.parametrize("path", TASK_FILES, ids=name_of)
def test_a_task_file_has_one_task_named_after_it_with_a_docstring(path: Path) -> None:
    [(name, task)] = shared_tasks(path).items()
    assert name == path.stem.replace("_", ".", 1), "the name on the wire is the file's name"
    assert ast.get_docstring(task)


@pytest.mark.parametrize("path", TASK_FILES, ids=name_of)
def test_a_task_file_has_a_twin_test(path: Path) -> None:
    twin = ROOT / "tests/unit" / f"test_tasks_{path.stem}.py"
    assert twin.is_file(), f"write {name_of(twin)}; docs/recipes/add-a-task.md says how"


@pytest.mark.parametrize("name", ALL_TASKS)
def test_a_message_carries_ids_only(name: str) -> None:
    arguments = ALL_TASKS[name][1].args
    kinds = {one.arg: getattr(one.annotation, "id", None) for one in (*arguments.args, *arguments.kwonlyargs)}
    assert set(kinds.values()) <= {"str"}, f"{kinds}: ids are text; what they stand for is in the ledger"
    assert not arguments.defaults
    assert not arguments.vararg
    assert not arguments.kwarg


def test_every_task_has_a_queue_and_every_queue_a_task(app: Celery) -> None:
    # Other tests of this process may have tasks of their own, which Celery hands to every app.
    registered = {name for name, task in app.tasks.items() if task.__module__.startswith("tasks.")}
    assert registered == set(ALL_TASKS) == set(FLEET.tasks)


def test_every_task_wakes_by_itself_or_is_nudged(settings: Settings) -> None:
    woken = {row["task"] for row in beat_schedule(settings).values()} | set(nudges())
    assert woken == set(ALL_TASKS)


def test_what_is_nudged_is_found_by_a_tick_when_the_nudge_is_lost(settings: Settings) -> None:
    ticks = {row["task"] for row in beat_schedule(settings).values()}
    [(nudged_only, nudger)] = [(name, places) for name, places in nudges().items() if name not in ticks]
    assert (nudged_only, nudger) == ("batch.write", {"windows.tick"}), "a tick must repeat every other nudge"
    assert "windows.tick" in ticks


def test_beat_sends_what_its_tasks_take_and_lets_late_ticks_expire(settings: Settings) -> None:
    for row in beat_schedule(settings).values():
        assert len(row["args"]) == len(ALL_TASKS[row["task"]][1].args.args)
        assert loads(dumps(row["args"])) == list(row["args"])
        assert row["options"]["expires"] >= 1


def test_the_app_sends_each_task_to_the_queue_of_the_fleets_file(app: Celery) -> None:
    for name in ALL_TASKS:
        args = ("sage100:ABC",) if "{company}" in FLEET.tasks[name] else ()
        sent_to = app.amqp.router.route({}, name, args=args)["queue"].name
        assert sent_to == FLEET.queue_of(name, "ABC"), f"{name} goes to {sent_to}"


def test_dead_letter_queues_are_no_queues_that_a_worker_consumes() -> None:
    assert not {queue_name(entity) for entity in ENTITIES} & set(FLEET.queues("ABC"))


def test_no_task_waits_inside_celery() -> None:
    """Due times and attempts live in the ledger (design, section 4.4)."""
    forbidden = {"eta", "countdown", "max_retries", "autoretry_for", "apply_async"}
    found = {
        f"{name_of(path)}:{word}"
        for path in python_files("tasks", "workers")
        for node in ast.walk(parsed(path))
        for word in ([node.arg] if isinstance(node, ast.keyword) else [getattr(node, "attr", None)])
        if word in forbidden
    }
    assert found == {"workers/pulse.py:apply_async"}, "beat's own sending is no task that waits"


def test_messages_of_the_last_release_have_a_task_to_go_to() -> None:
    """An unknown name is logged and dropped by Celery, so a renamed task would lose its last nudges in silence."""
    assert set(ALL_TASKS) >= {
        "events.intake", "documents.read", "storefront.poll", "storefront.tell", "batch.write", "windows.tick",
        "ledger.sweep",
    }  # fmt: skip


def nudges() -> dict[str, set[str]]:
    """Which tasks (or files) nudge which task."""
    found: dict[str, set[str]] = {}
    for path in python_files("tasks", "workers"):
        told_by = next(iter(shared_tasks(path)), name_of(path))
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "nudge":
                found.setdefault(ast.literal_eval(node.args[0]), set()).add(told_by)
    return found
