"""A fleet of one or two workers and beat under a real supervisor, in which only canaries move."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from bridge.ledger import heartbeats
from tests.cli_rig import Rig, a_rig
from workers.broker import EmbeddedBroker
from workers.settings import load_settings
from workers.supervisor import Supervisor
from workers.up import services

CANARIES = """
[rhythm]
canary_s = 1
intake_s = 3600
read_s = 3600
poll_s = 3600
windows_s = 3600
tell_s = 3600
sweep_s = 3600
seats_s = 3600
alarms_s = 3600

[silence]
stale_s = 8
note_s = 0
"""


def canary_rig(folder: Path, broker: EmbeddedBroker, more: str = "") -> Rig:
    """Settings in which a canary comes each second and eight seconds are silence; windows last two."""
    rig = a_rig(folder, broker=broker.url, more=CANARIES + more)
    rig.config.write_text(rig.config.read_text().replace("every_s = 900", "every_s = 2\nguard_s = 0.5"))
    return rig


def small_fleet(rig: Rig, *names: str, grace_s: float = 3) -> Supervisor:
    """These services of `tidegate up`, as it makes them; one that ignores its stop is killed after the grace."""
    made = services(load_settings(rig.config), rig.config)
    chosen = [replace(service, grace_s=grace_s) for service in made if service.name in names]
    assert {service.name for service in chosen} == set(names)
    return Supervisor(chosen, rig.config.parent / "-".join(names), watch_s=0.2)


def beats(rig: Rig, *names: str) -> Mapping[str, datetime]:
    """When these last beat."""
    with rig.database.read() as connection:
        return heartbeats.last_beats(connection, names)
