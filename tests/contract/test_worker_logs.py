"""A Celery worker's log from its start to its warm stop: our lines and Celery's in one shape, and nothing else."""

import json
from pathlib import Path
from typing import Any

from tests.small_fleets import canary_rig, small_fleet
from workers.app import make_app
from workers.broker import EmbeddedBroker
from workers.settings import load_settings
from workers.stage.waiting import until

NAME = "storefront.1"


def test_a_worker_tells_of_its_start_a_failed_task_and_its_stop(broker: EmbeddedBroker, tmp_path: Path) -> None:
    rig = canary_rig(tmp_path, broker)
    with small_fleet(rig, NAME, grace_s=20) as fleet:
        log = fleet.directory / "logs" / f"{NAME}.log"
        until(lambda: "worker_ready" in events(log), "the worker is up")
        with make_app(load_settings(rig.config)) as app:
            sent = app.send_task("documents.read", args=["nosuch"])
        until(lambda: "task_failed" in events(log), "the task has failed")
    lines = {line["event"]: line for line in parsed(log)}
    assert {line["role"] for line in lines.values()} == {NAME}
    failed = lines["task_failed"]
    assert (failed["task"], failed["task_id"], failed["subject"]) == ("documents.read", sent.id, "nosuch")
    assert failed["error"] == "KeyError", "its words may be a document's"
    assert "tasks/documents_read.py" in failed["stack"][-1]
    assert list(lines)[-1] == "worker_stopped"


def events(log: Path) -> list[str]:
    return [line["event"] for line in parsed(log)]


def parsed(log: Path) -> list[dict[str, Any]]:
    """Every line; one that is no JSON fails."""
    whole = log.read_text(encoding="utf-8") if log.exists() else ""
    return [json.loads(line) for line in whole[: whole.rfind("\n") + 1].splitlines()]
