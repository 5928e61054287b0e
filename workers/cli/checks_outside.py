"""The doctor's checks of what the settings name: disks, ledger, broker, Sage agents and storefronts."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.errors import TidegateError
from workers.cli.findings import FATAL, OK, WARNING, Finding
from workers.cli.opening import open_broker, open_ledger
from workers.settings import Settings

if TYPE_CHECKING:
    import redis

_GIB = 1024**3
_SCARCE, _SPENT = 2 * _GIB, _GIB // 4
_SKEW_NOTED_S, _SKEW_FATAL_S = 2.0, 60.0
_LISTS = ("none", "list")


def disks(settings: Settings) -> Iterator[Finding]:
    """Room for logs and state, and for an embedded ledger and broker."""
    from sqlalchemy.engine import make_url

    folders = {"run_folder": settings.run_folder}
    url = make_url(settings.ledger.url.get_secret_value())
    if url.get_backend_name() == "sqlite" and url.database:
        folders["ledger.url"] = Path(url.database).parent
    if settings.broker.embedded_data:
        folders["broker.embedded_data"] = settings.broker.embedded_data
    for place, folder in folders.items():
        yield _room(place, folder)


def _room(place: str, folder: Path) -> Finding:
    standing = next(each for each in (folder.resolve(), *folder.resolve().parents) if each.exists())
    free = shutil.disk_usage(standing).free
    level = FATAL if free < _SPENT else WARNING if free < _SCARCE else OK
    remedy = "" if level == OK else "; free some, or move the folder"
    return Finding(place, level, f"{free / _GIB:.1f} GiB are free under {standing}{remedy}")


def ledger(settings: Settings) -> Iterator[Finding]:
    """That it answers at this release's revision, and forgets nothing that it has committed."""
    with open_ledger(settings) as database:
        yield Finding("ledger", OK, "it answers, at this release's revision")
        if not database.is_sqlite:
            return
        with database.read() as connection:
            journal = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
            synchronous = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
    if (journal, synchronous) != ("wal", 2):
        text = f"SQLite runs with journal_mode {journal} and synchronous {synchronous}, not WAL and FULL"
        yield Finding("ledger", FATAL, f"{text}; put the file on a local disk, not on a network share")


def broker(settings: Settings) -> Iterator[Finding]:
    """That it cannot forget, that its clock and ours agree, and that our keys are what they should be."""
    from workers.broker_check import check_broker

    with open_broker(settings) as client:
        faults = check_broker(client)
        yield from (Finding("broker", FATAL, fault) for fault in faults)
        if not faults:
            yield Finding("broker", OK, "it keeps what it has acknowledged")
        yield _clock(client)
        yield from _keys(settings, client)


def _clock(client: "redis.Redis") -> Finding:
    before = time.time()
    seconds, microseconds = client.time()
    skew_s = seconds + microseconds / 1_000_000 - (before + time.time()) / 2
    level = FATAL if abs(skew_s) > _SKEW_FATAL_S else WARNING if abs(skew_s) > _SKEW_NOTED_S else OK
    remedy = "" if level == OK else ": windows and signatures go by the clock; run NTP on both machines"
    return Finding("clock", level, f"this machine and the broker differ by {abs(skew_s):.1f} s{remedy}")


def _keys(settings: Settings, client: "redis.Redis") -> Iterator[Finding]:
    from workers.dead_queues import ENTITIES, queue_name
    from workers.queues import queues_of

    allowed = dict.fromkeys((*queues_of(settings), *map(queue_name, ENTITIES)), _LISTS)
    for key, kinds in {**allowed, settings.broker.stream: ("none", "stream")}.items():
        found: Any = client.type(key)
        if found.decode() not in kinds:
            text = f"key {key!r} is a {found.decode()}, not a {kinds[1]}: somebody else uses this Redis"
            yield Finding("broker", FATAL, f"{text}; give Tidegate an instance of its own")


def agents(settings: Settings) -> Iterator[Finding]:
    """That each Sage agent answers and knows our key. Takes no seat."""
    from bridge.erp.sage100.agent_sessions import SageAgentSessions

    for name, system in settings.systems.items():
        place = f"systems.{name}.agent"
        try:
            with SageAgentSessions(system.agent, name) as agent:
                health = agent.health()
                doubtful = [session for session in agent.running() if session.is_doubtful]
        except TidegateError as error:
            remedy = "start `tidegate agent` there, or correct url and api_key"
            yield Finding(place, FATAL, f"{system.agent.url} does not serve us ({error}); {remedy}")
            continue
        yield Finding(place, OK, f"{system.agent.url} is {health}; the stamp's column is looked for at each log-on")
        if doubtful:
            text = f"{len(doubtful)} sessions had to be killed, and Sage may count their seats"
            yield Finding(place, WARNING, f"{text}; see `tidegate seats list`")


def storefronts(settings: Settings) -> Iterator[Finding]:
    """That each site takes our credentials and answers a list call."""
    from bridge.ports.clock import SystemClock
    from bridge.storefront.clarity.site import ClaritySite

    for name, connection in settings.connections.items():
        place = f"connections.{name}"
        quick = connection.site.model_copy(update={"tries": 1, "timeout_s": min(10.0, connection.site.timeout_s)})
        try:
            with ClaritySite(quick) as site:
                next(site.changed_since(SystemClock().now()))
        except TidegateError as error:
            remedy = "correct base_url and credentials, or wait for the site"
            yield Finding(place, FATAL, f"{connection.site.base_url} does not serve us ({error}); {remedy}")
        else:
            yield Finding(place, OK, f"{connection.site.base_url} answers a list call")
