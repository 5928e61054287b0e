"""compose.yaml is valid, is in step with workers/fleet.toml, and gives nobody more than he needs."""

import re
import subprocess
import sys
import tomllib

import pytest
import typer

from tests.guards.compose_file import FILE, FLEET, SERVICES, WHOLE, roles, seconds, secrets_of
from tests.guards.tree import ROOT
from workers.cli.app import app

OURS = {name: service for name, service in SERVICES.items() if "build" in service}
SETTINGS = ROOT / "deploy/compose/settings.toml"

NEEDED = {
    "receiver": {"broker_url", "clarity_webhook"},
    "beat": {"broker_url"},
    "flower": {"broker_url", "flower_password", "flower_cookie"},
    "intake": {"broker_url", "ledger_url"},
    "steward": {"broker_url", "ledger_url"},
    "storefront": {"broker_url", "ledger_url", "clarity_client"},
    "showcase": {"broker_url", "ledger_url", "clarity_client"},
    "sage-writer": {"broker_url", "ledger_url", "agent_key"},
    "sage-reader": {"broker_url", "ledger_url", "agent_key"},
    "desk": {"broker_url", "ledger_url", "agent_key", "desk_password", "flower_password"},
    "agent": set(),
    "watch": {"broker_url", "ledger_url", "alert_target"},
    "migrate": {"ledger_url"},
}
"""The secrets of each role; of all others it gets a stand-in, for the settings name them."""

REACHED = {
    "receiver": {"broker", "door"},
    "beat": {"broker"},
    "flower": {"broker"},
    "intake": {"broker", "ledger"},
    "steward": {"broker", "ledger"},
    "storefront": {"broker", "ledger", "outside"},
    "showcase": {"broker", "ledger", "outside"},
    "sage-writer": {"broker", "ledger", "outside"},
    "sage-reader": {"broker", "ledger", "outside"},
    "desk": {"broker", "ledger", "outside", "door"},
    "agent": {"outside"},
    "watch": {"broker", "ledger", "outside"},
    "migrate": {"ledger"},
}
"""The networks of each role."""


def test_it_is_a_compose_file_by_the_specifications_own_schema() -> None:
    checker = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(FILE)]
    checked = subprocess.run(checker, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_fleet_runs_every_role_and_each_company_one_writer() -> None:
    lanes = tomllib.loads(SETTINGS.read_text(encoding="utf-8"))["lanes"]
    companies = [lane.partition(":")[2] for lane in lanes]
    wanted = {role: companies if FLEET.roles[role].is_per_company else [None] for role in FLEET.roles}
    found: dict[str, list[str | None]] = {}
    for name, role in roles().items():
        command = SERVICES[name]["command"]
        company = command[command.index("--company") + 1] if "--company" in command else None
        found.setdefault(role.name, []).append(company)
    assert found == wanted
    assert all(service.get("deploy", {}).get("replicas", 1) == 1 for service in OURS.values())


@pytest.mark.parametrize("name", list(roles()))
def test_a_service_is_run_as_the_fleets_file_says(name: str) -> None:
    service, role = SERVICES[name], roles()[name]
    assert seconds(service["stop_grace_period"]) == role.grace_s
    assert service["stop_signal"] == "SIGTERM"
    assert service.get("environment", {}) == role.environment
    words = [str(word) for word in service["command"]]
    assert not any(option in words for option in ("--pool", "--concurrency", "--queues")), "fleet.toml says these"


@pytest.mark.parametrize("name", [*roles(), "migrate", "watch"])
def test_the_command_is_one_of_the_command_lines(name: str) -> None:
    group = typer.main.get_command(app)
    first, *rest = [str(word) for word in SERVICES[name]["command"]]
    command = group.commands[first]  # type: ignore[attr-defined]
    with command.make_context(first, rest) as context:
        assert context.command is command


@pytest.mark.parametrize("name", OURS)
def test_a_service_of_ours_runs_with_as_little_as_it_can(name: str) -> None:
    service = OURS[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "user", "pid", "ipc", "devices"} & set(service)


@pytest.mark.parametrize("name", [name for name in SERVICES if name not in OURS])
def test_a_server_of_others_runs_without_root_too(name: str) -> None:
    service = SERVICES[name]
    assert service["user"] in {"valkey", "postgres"}
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert "ports" not in service


def test_only_the_receiver_is_published_and_what_people_look_at_on_loopback() -> None:
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert ports == {"receiver": ["8080:8080"], "desk": ["127.0.0.1:8095:8095"]}


@pytest.mark.parametrize(
    ("name", "role"),
    [*((name, role.name) for name, role in roles().items()), ("watch", "watch"), ("migrate", "migrate")],
)
def test_a_role_gets_its_own_secrets_and_networks_and_no_others(name: str, role: str) -> None:
    seen = secrets_of(SERVICES[name])
    assert {target for target, source in seen.items() if source != "withheld"} == NEEDED[role]
    assert set(SERVICES[name]["networks"]) == REACHED[role]


def test_no_secret_stands_in_the_file() -> None:
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            assert not re.search("PASSWORD|SECRET|KEY|TOKEN|URL", name) or str(value).startswith("/run/secrets/"), name
    assert all(source["file"].startswith("./deploy/secrets/") for source in WHOLE["secrets"].values())


def test_what_can_say_that_it_is_well_is_asked_and_waited_for() -> None:
    asked = {name for name, service in SERVICES.items() if "healthcheck" in service}
    assert asked == {"receiver", "flower", "desk", "broker", "database", "agent", "sandbox-site"}
    for name, service in SERVICES.items():
        for other, how in service["depends_on"].items() if "depends_on" in service else ():
            ends = SERVICES[other].get("restart") == "no"
            wanted = "service_completed_successfully" if ends else "service_healthy"
            assert how["condition"] == wanted, f"{name} waits for {other}"


def test_the_sandbox_is_started_only_when_asked_for() -> None:
    sandbox = {name for name, service in SERVICES.items() if "sandbox" in str(service.get("command", "")) + name}
    assert {name for name, service in SERVICES.items() if service.get("profiles") == ["sandbox"]} == sandbox | {"agent"}


@pytest.mark.parametrize("kind", ["networks", "volumes", "secrets", "configs"])
def test_everything_that_is_declared_is_used_and_the_other_way_round(kind: str) -> None:
    used = set()
    for service in SERVICES.values():
        for one in service.get(kind, []):
            used.add(one["source"] if isinstance(one, dict) else one.partition(":")[0])
    assert used == set(WHOLE[kind])
