"""A process that logs as the roles do: each line is JSON, whoever wrote it, and `--log-level` wins."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.cli_rig import SECTIONS

PROGRAM = """
import logging, warnings
from pathlib import Path
import structlog
from workers.logs import start_logs
from workers.settings import load_settings
start_logs(load_settings(Path({config!r})), "intake.1", level={level!r})
log = structlog.get_logger("bridge.anything")
log.debug("quiet")
log.info("spoken", secret_text="not-a-secret", ids=["10025"])
with structlog.contextvars.bound_contextvars(task="x.read"):
    logging.getLogger("bridge.other").warning("the key is %s", "not-a-secret")
logging.getLogger("library").info("hidden")
print("printed by somebody")
warnings.warn("mind the gap")
raise KeyError("Anna")
"""


def lines(folder: Path, *, level: str | None = None, shape: str = "auto") -> list[str]:
    config = folder / "tidegate.toml"
    away = "http://127.0.0.1:9"
    sections = SECTIONS.format(folder=folder, broker="redis://127.0.0.1:1/0", agent=away, key="key", site=away)
    config.write_text(f'{sections}\n[logs]\nshape = "{shape}"\n', encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(config=str(config), level=level)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 1
    return [*ran.stdout.splitlines(), *ran.stderr.splitlines()]


def parsed(folder: Path, **options: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines(folder, **options)]


def test_whatever_a_role_writes_is_a_json_line_without_its_secrets(tmp_path: Path) -> None:
    told = parsed(tmp_path)
    assert [line["event"] for line in told] == ["spoken", *["library_line"] * 3, "crashed"]
    assert {line["role"] for line in told} == {"intake.1"}
    assert told[0]["ids"] == ["10025"]
    assert (told[1]["text"], told[1]["task"]) == ("the key is ***", "x.read")
    assert told[2]["text"] == "printed by somebody"
    assert told[-1]["error"] == "KeyError"
    assert "not-a-secret" not in str(told)
    assert "'Anna'" not in str(told[:-1])


def test_the_level_of_the_command_line_wins(tmp_path: Path) -> None:
    assert parsed(tmp_path, level="warning")[0]["event"] == "library_line"
    assert [line["event"] for line in parsed(tmp_path, level="debug")][:2] == ["quiet", "spoken"]


def test_text_is_for_people_and_just_as_discreet(tmp_path: Path) -> None:
    text = "\n".join(lines(tmp_path, shape="text"))
    assert "spoken" in text
    assert "not-a-secret" not in text
