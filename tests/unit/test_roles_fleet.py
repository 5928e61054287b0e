"""The one file of roles and queues: what it says of the shipped fleet, and what it refuses."""

from pathlib import Path

import pytest
from celery import Celery

from bridge.errors import Misconfigured
from workers.roles import FLEET_FILE, Fleet, load_fleet


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return load_fleet()


def _with(tmp_path: Path, old: str, new: str) -> Path:
    text = FLEET_FILE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "fleet.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_the_roles_of_the_fleet(fleet: Fleet) -> None:
    assert set(fleet.roles) == {
        "receiver", "intake", "sage-writer", "sage-reader", "storefront", "showcase", "steward", "beat", "flower",
        "desk", "agent",
    }  # fmt: skip
    assert all(role.name == name and role.concurrency == 1 for name, role in fleet.roles.items())


def test_every_company_has_queues_of_its_own(fleet: Fleet) -> None:
    assert fleet.queues("ABC", "XYZ") == (
        "intake", "storefront", "showcase", "steward", "sage.ABC.write", "sage.XYZ.write",
        "sage.ABC.read", "sage.XYZ.read",
    )  # fmt: skip
    assert fleet.queues() == ("intake", "storefront", "showcase", "steward")


def test_every_task_has_a_queue(fleet: Fleet) -> None:
    assert fleet.queue_of("batch.write", "ABC") == "sage.ABC.write"
    assert fleet.queue_of("storefront.tell") == "storefront"


def test_who_talks_to_sage_or_shows_is_solo_and_stops_warm_with_time_for_its_longest_call(fleet: Fleet) -> None:
    solo = [role for role in fleet.roles.values() if role.pool == "solo"]
    assert [role.name for role in solo] == ["showcase", "sage-writer", "sage-reader"]
    for role in solo:
        assert role.environment == {}
        assert role.longest_call_s is not None
        assert role.grace_s > role.longest_call_s


@pytest.mark.parametrize("name", ["intake", "storefront", "steward"])
def test_prefork_roles_stop_softly(fleet: Fleet, name: str) -> None:
    role = fleet.role(name)
    assert (role.pool, role.environment) == ("prefork", {"REMAP_SIGTERM": "SIGQUIT"})


@pytest.mark.filterwarnings("ignore::celery.exceptions.SecurityWarning")  # the tests may well run as root
@pytest.mark.parametrize(
    ("name", "company"), [("intake", None), ("storefront", None), ("sage-writer", "ABC"), ("sage-reader", "ABC")]
)
def test_celery_understands_the_options(fleet: Fleet, name: str, company: str | None) -> None:
    app = Celery(broker="memory://")
    worker = app.Worker(**fleet.worker_options(name, company, number=2))
    assert worker.concurrency == 1
    assert worker.pool_cls.__module__ == f"celery.concurrency.{fleet.role(name).pool}"
    queue = {"sage-writer": "sage.ABC.write", "sage-reader": "sage.ABC.read"}.get(name, name)
    assert list(app.amqp.queues.consume_from) == [queue]
    assert (worker.options["without_gossip"], worker.options["without_mingle"]) == (True, True)


def test_processes_of_a_role_have_names_of_their_own(fleet: Fleet) -> None:
    assert fleet.worker_options("intake", number=2)["hostname"] == "intake.2@%h"
    assert fleet.worker_options("sage-writer", "ABC")["hostname"] == "sage-writer.ABC@%h"


@pytest.mark.parametrize(
    ("name", "company", "remedy"),
    [
        ("writer", None, "use one of: receiver, intake"),
        ("receiver", None, "tidegate receiver"),
        ("intake", "ABC", "leave out company 'ABC'"),
        ("sage-writer", None, "such as ABC"),
        ("sage-writer", "A,intake", "such as ABC"),
    ],
)
def test_a_wrong_call_is_refused_with_the_way_out(fleet: Fleet, name: str, company: str | None, remedy: str) -> None:
    with pytest.raises(Misconfigured, match=remedy):
        fleet.worker_options(name, company)


@pytest.mark.parametrize(
    ("old", "new", "remedy"),
    [
        ('pool = "prefork"', 'pool = "threads"', r"roles.intake.pool = 'threads': Input should be 'prefork' or 'solo'"),
        ('pool = "prefork"', 'pool = "prefork"\nslots = 4', "roles.intake.slots: unknown; remove it"),
        ("concurrency = 1", "concurrency = 2", r"roles.intake.concurrency = 2"),
        ('stop = "soft"', 'stop = "warm"', "use prefork with soft"),
        ("soft_shutdown_s = 5", "soft_shutdown_s = 15", "less than grace_s"),
        ("longest_call_s = 300", "longest_call_s = 960", "less than grace_s"),
        ("longest_call_s = 300", "", "must be set"),
        (
            'processes = 1\nstop = "warm"\nlongest_call_s = 300',
            'processes = 2\nstop = "warm"\nlongest_call_s = 300',
            "one writer at a time",
        ),
        ('queues = ["intake"]', "", "needs queues and a pool"),
        ('runs = "beat"', 'runs = "beat"\nqueues = ["intake"]', "takes no queues"),
        ('"events.intake" = "intake"', '"events.intake" = "intak"', r"no role consumes \['intak'\]"),
        ('queues = ["intake"]', 'queues = ["intake", "typo"]', r"no task is sent to \['typo'\]"),
        ("[tasks]", "[tasks", "cannot be read as TOML"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place_and_the_way_out(
    tmp_path: Path, old: str, new: str, remedy: str
) -> None:
    with pytest.raises(Misconfigured, match=remedy):
        load_fleet(_with(tmp_path, old, new))


def test_a_task_without_a_queue_is_refused(fleet: Fleet) -> None:
    with pytest.raises(Misconfigured, match=r"add it under \[tasks\]"):
        fleet.queue_of("orders.print")
