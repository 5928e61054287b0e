"""The command line's door: its help, and what it says to wrong settings and wrong names."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.cli_rig import Rig, a_rig
from workers.cli.app import app

COMMANDS = [
    ["worker"], ["beat"], ["receiver"], ["agent"], ["flower"], ["desk"], ["desk-password"], ["migrate"],
    ["doctor"], ["status"], ["trace"],
    ["receipt"], ["submit"], ["dead", "list"], ["dead", "show"], ["dead", "replay"], ["dead", "discard"],
    ["dead", "rebuild"], ["window", "list"], ["window", "open"], ["window", "close"], ["lane", "list"],
    ["lane", "halt"], ["lane", "resume"], ["lane", "check"],
    ["poll"], ["backup"], ["restore"], ["recover"], ["seats", "list"], ["seats", "release"],
]  # fmt: skip


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = a_rig(tmp_path)
    yield made
    made.database.close()


def test_the_help_teaches_the_walk_and_groups_the_commands() -> None:
    said = CliRunner().invoke(app, ["--help"]).output
    for word in ("tidegate doctor", "tidegate migrate", "tidegate trace", "dead replay", "tidegate submit"):
        assert word in said
    for panel in ("Run the fleet", "Look", "Mend", "Feed"):
        assert panel in said


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_teaches_with_an_example(command: list[str]) -> None:
    result = CliRunner().invoke(app, [*command, "--help"])
    assert result.exit_code == 0
    assert f"Example: tidegate {' '.join(command)}" in " ".join(result.output.split())


def test_the_help_imports_nothing_that_only_commands_need() -> None:
    heavy = ("celery", "sqlalchemy", "pydantic_settings", "redis", "httpx", "starlette")
    code = f"import sys, workers.cli.app; print([name for name in {heavy} if name in sys.modules])"
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, check=True).stdout == b"[]\n"


def test_a_missing_settings_file_is_told_in_a_line_with_status_2(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["status", "--config", str(tmp_path / "none.toml")])
    assert result.exit_code == 2
    assert "none.toml: no such file; write one" in result.stderr
    assert "Traceback" not in result.output


def test_a_wrong_setting_is_named_and_no_secret_is_shown(rig: Rig) -> None:
    rig.config.write_text(rig.config.read_text().replace("every_s = 900", "every_s = 700"))
    said = rig.said("status", status=2)
    assert "lanes.sage100:ABC.calendar" in said
    assert "every_s = 700 does not divide 3600" in said
    assert "not-a-secret" not in said


def test_a_ledger_that_was_never_migrated_names_the_way_out(rig: Rig, tmp_path: Path) -> None:
    rig.config.write_text(rig.config.read_text().replace("ledger.db", "another.db"))
    assert "run `tidegate migrate`" in rig.said("status", status=2)
    assert "from nothing" in rig.said("migrate")
    assert "as before" in rig.said("migrate")
    rig.said("status")


def test_a_ledger_that_is_away_is_trouble_and_its_password_stays_secret(rig: Rig) -> None:
    away = "postgresql+psycopg://tidegate:hush@127.0.0.1:1/ledger"
    rig.config.write_text(rig.config.read_text().replace(f"sqlite:///{rig.config.parent}/ledger.db", away))
    said = rig.said("trace", "10025", status=1)
    assert "does not answer" in said
    assert "hush" not in said


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["worker", "cook"], "no role 'cook' in fleet.toml; use one of"),
        (["worker", "beat"], "start it as `tidegate beat`"),
        (["worker", "sage-writer"], "needs a company"),
        (["worker", "sage-writer", "--company", "XYZ"], "no lane of [lanes] has it; use one of ABC"),
        (["worker", "intake", "--company", "ABC"], "serves every company"),
        (["worker", "intake", "--log-level", "loud"], "'loud' is not one of"),
        (["receiver"], "the settings have no [receiver]"),
        (["agent"], "the settings have no [agent]"),
        (["flower"], "the settings have no [flower]"),
        (["window", "open", "sage100:XYZ"], "no lane 'sage100:XYZ'; [lanes] has sage100:ABC"),
        (["window", "open", "sage100:ABC", "--minutes", "0"], "Invalid value for '--minutes'"),
        (["lane", "halt", "storefront:none", "--why", "x"], "no lane 'storefront:none'; there are"),
        (["lane", "halt", "sage100:ABC"], "Missing option '--why'"),
        (["dead", "replay", "--why", "mended"], "name ids, or a group"),
        (["dead", "replay", "1", "--entity", "order", "--why", "mended"], "and not both"),
        (["submit", "x.json", "--connection", "shop"], "[connections] has clarity, desk"),
        (["submit", "x.json", "--connection", "clarity"], "with trusts_body = true"),
        (["submit", "x.json", "--sandbox", "--wait"], "only without --sandbox"),
        (["submit", "x.json", "--items", "items.csv"], "--items: only with --sandbox"),
        (["statsu"], "Did you mean 'status'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_name_is_told_with_the_right_ones_and_status_2(rig: Rig, arguments: list[str], told: str) -> None:
    result = rig.run(*arguments, env={"COLUMNS": "300"})
    assert result.exit_code == 2, result.output
    assert told in " ".join(result.output.replace("│", " ").split())


def test_a_worker_whose_mapping_is_wrong_does_not_start(rig: Rig) -> None:
    rig.config.write_text(rig.config.read_text() + '[lanes."sage100:ABC"]\noverlays = ["missing.yaml"]\n')
    result = rig.run("worker", "intake", env={"COLUMNS": "300"})
    assert (result.exit_code, "missing.yaml" in result.output) == (2, True), result.output
