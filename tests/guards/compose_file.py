"""compose.yaml as the guards read it."""

import re
from typing import Any

import yaml

from tests.guards.tree import ROOT
from workers.roles import Role, load_fleet

FILE = ROOT / "compose.yaml"
WHOLE: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = WHOLE["services"]
FLEET = load_fleet()


def role_of(service: dict[str, Any]) -> Role | None:
    """The role that a service runs; None for one that is none (broker, database, sandbox, migration)."""
    if "entrypoint" in service or "build" not in service:
        return None
    first, *rest = service["command"]
    return FLEET.roles.get(rest[0] if first == "worker" else first)


def roles() -> dict[str, Role]:
    """The roles of the services that have one, by service."""
    return {name: role for name, service in SERVICES.items() if (role := role_of(service))}


def seconds(span: str) -> float:
    """`16m`, `960s`, `1m30s` in seconds."""
    units = {"h": 3600, "m": 60, "s": 1}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([\d.]+)([hms])", span))


def secrets_of(service: dict[str, Any]) -> dict[str, str]:
    """Which secret a service sees under which name."""
    given = service.get("secrets", [])
    return dict((one, one) if isinstance(one, str) else (one["target"], one["source"]) for one in given)
