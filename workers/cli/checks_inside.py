"""The doctor's checks that need nothing but the settings and what is installed."""

from collections import Counter
from collections.abc import Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bridge.errors import Misconfigured
from bridge.events.wire import stream_name
from bridge.ports.clock import SystemClock
from bridge.windows.due import next_window
from workers.cli.findings import FATAL, OK, WARNING, Finding
from workers.cli.show import moment
from workers.settings import Settings


def fit(settings: Settings) -> Iterator[Finding]:
    """What each part of the settings takes for granted of another."""
    yield Finding("settings", OK, "the file is read, and every field has its type")
    yield from _receiver(settings)
    for name, count in Counter(lane.partition(":")[2] for lane in settings.lanes).items():
        if count > 1:
            text = f"company {name} is in {count} systems, and both would be written from queue sage.{name}.write"
            yield Finding("lanes", FATAL, f"{text}; give one of them another company code")
    for name, system in settings.systems.items():
        if system.seats.total > system.agent.session_limit:
            text = f"seats.total = {system.seats.total} is more than the agent's session_limit"
            yield Finding(f"systems.{name}", WARNING, f"{text} = {system.agent.session_limit}; raise that, or lower it")


def _receiver(settings: Settings) -> Iterator[Finding]:
    receiver, written = settings.receiver, stream_name("clarity")
    if settings.broker.stream != written:
        text = f"broker.stream is {settings.broker.stream!r}, and the receiver writes {written!r}: nobody would read it"
        yield Finding("broker.stream", FATAL, f"{text}; remove broker.stream")
    if receiver is None:
        yield Finding("receiver", WARNING, "there is no [receiver], so orders come by poll and by `submit` only")
        return
    for name in receiver.connections:
        if name not in settings.connections:
            text = f"webhooks of {name!r} would become dead letters: there is no [connections.{name}]; add it"
            yield Finding(f"receiver.connections.{name}", FATAL, text)


def time_zones(settings: Settings) -> Iterator[Finding]:
    """Time zone data, and whether each lane's calendar ever opens."""
    try:
        ZoneInfo("America/Chicago")
    except ZoneInfoNotFoundError:
        yield Finding("time zones", FATAL, "the system has no time zone data; install the package tzdata")
        return
    for name, lane in settings.lanes.items():
        place = f"lanes.{name}.calendar"
        try:
            opens_at = next_window(lane.calendar, SystemClock().now()).opens_at
        except Misconfigured as error:
            yield Finding(place, FATAL, str(error))
        else:
            yield Finding(place, OK, f"the next window opens at {moment(opens_at)} ({lane.calendar.time_zone})")


def mappings(settings: Settings) -> Iterator[Finding]:
    """Each lane's mapping files, rows and codes, against its version of Sage."""
    from workers.wiring import settling_of

    for name, lane in settings.lanes.items():
        place = f"lanes.{name}.mapping"
        try:
            settling_of(settings, name, lane)
        except Misconfigured as error:
            yield from (Finding(place, FATAL, line) for line in str(error).splitlines())
        else:
            yield Finding(place, OK, f"the mappings fit Sage {settings.systems[name.partition(':')[0]].version}")


def queues(settings: Settings) -> Iterator[Finding]:
    """That every task has a queue, and every queue a role that consumes it."""
    from workers.app import make_app
    from workers.queues import queues_of
    from workers.roles import load_fleet

    declared, names = load_fleet(), queues_of(settings)
    ours = {task for task in make_app(settings, "doctor").tasks if not task.startswith("celery.")}
    for task in sorted(ours ^ set(declared.tasks)):
        known = "no queue in fleet.toml" if task in ours else "a queue and no code"
        yield Finding("queues", FATAL, f"task {task} has {known}; add or remove it under [tasks]")
    yield Finding("queues", OK, f"{len(ours)} tasks go to {', '.join(names)}")


def alerts(settings: Settings) -> Iterator[Finding]:
    """That somebody is told of alarms, by URLs that apprise knows. Tells nobody."""
    from workers.watch.telling import targets_of

    if settings.alerts is None:
        yield Finding("alerts", WARNING, "nobody is told of alarms; name targets in [alerts], and run `tidegate watch`")
        return
    count = len(list(targets_of(settings.alerts)))
    yield Finding("alerts", OK, f"{count} targets can be told by `tidegate watch`")


def desk(settings: Settings) -> Iterator[Finding]:
    """That each user of the desk has a password's hash, and that no password crosses a network in clear."""
    from desk.passwords import Door

    if settings.desk is None:
        return
    Door(settings.desk)
    is_inside = settings.desk.host in {"127.0.0.1", "::1", "localhost"}
    if not is_inside and not (settings.desk.public_url or "").startswith("https://"):
        text = f"desk.host = {settings.desk.host!r} is reached from outside, and desk.public_url names no https"
        yield Finding("desk", WARNING, f"{text}; put a proxy that speaks TLS in front, and name its address there")
    yield Finding("desk", OK, f"{len(settings.desk.users)} people may log in")
