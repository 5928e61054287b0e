"""Checks the orders of files against the Clarity contract and makes the fleet's events of the good ones."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.errors import Misconfigured, Refused
from bridge.events.order_event import OrderHead, order_event
from bridge.events.wire import to_fields
from bridge.ports.events import Event
from bridge.storefront.clarity.envelope import read_envelope
from bridge.storefront.clarity.profile_file import load_profile
from bridge.storefront.clarity.reader import DEFAULT_SITE, read_order
from workers.json_files import Found, Problem, objects_in

if TYPE_CHECKING:
    from workers.settings import ConnectionSettings, Settings

STDIN = "-"


@dataclass
class FileAccount:
    """What became of one file."""

    file: str
    orders: int = 0
    events: list[Event] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class Submission:
    """The good orders as events, with each one's version by its id, and an account of every file."""

    accounts: tuple[FileAccount, ...]
    versions: dict[str, int]

    @property
    def events(self) -> list[Event]:
        """The events of all files."""
        return [event for account in self.accounts for event in account.events]

    @property
    def problems(self) -> list[Problem]:
        """What was wrong, file by file."""
        return [problem for account in self.accounts for problem in account.problems]


def connection_for(settings: "Settings", wanted: str | None) -> "tuple[str, ConnectionSettings]":
    """The connection that orders are submitted on. Raises `Misconfigured` with the lines to write."""
    trusting = [name for name, each in settings.connections.items() if each.trusts_body]
    if wanted is None and len(trusting) == 1:
        return trusting[0], settings.connections[trusting[0]]
    if wanted is None and trusting:
        raise Misconfigured(f"several connections trust their bodies; name one: --connection {' | '.join(trusting)}")
    if wanted is not None and wanted not in settings.connections:
        raise Misconfigured(f"--connection {wanted!r}: [connections] has {', '.join(settings.connections)}")
    if wanted in trusting:
        return wanted, settings.connections[wanted]
    raise Misconfigured(
        f"connection {wanted or '(none named)'} reads every order back from its site, where a submitted one is not; "
        "add a connection of its own, such as [connections.desk] with trusts_body = true, and its site and lanes"
    )


def check_files(files: Sequence[str], name: str, connection: "ConnectionSettings", now: datetime) -> Submission:
    """Reads and checks every order. The same order twice is one event."""
    checking = _Checking(name, connection, now)
    return Submission(tuple(checking.file(file) for file in files), checking.versions)


def orders_of(file: str) -> Iterator[Found | Problem]:
    """The orders in a file, or on stdin for `-`; a problem for a file or a part of it that cannot be read."""
    try:
        raw = sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
        text = raw.decode()
    except OSError as fault:
        yield Problem(file, 0, None, None, f"the file cannot be read ({fault.strerror}); correct its name")
    except UnicodeDecodeError as fault:
        line = fault.object.count(b"\n", 0, fault.start) + 1
        yield Problem(file, line, None, None, "not UTF-8 from here on; save the file as UTF-8")
    else:
        yield from objects_in(file, text)


class _Checking:
    def __init__(self, name: str, connection: "ConnectionSettings", now: datetime) -> None:
        self._name = name
        self._connection = connection
        self._now = now
        self._profile = load_profile(connection.site.profile)
        self.versions: dict[str, int] = {}

    def file(self, file: str) -> FileAccount:
        account = FileAccount(file)
        for found in orders_of(file):
            account.orders += 1
            made = self._event(file, found) if isinstance(found, Found) else found
            if isinstance(made, Problem):
                account.problems.append(made)
            else:
                account.events.append(made)
        return account

    def _event(self, file: str, found: Found) -> Event | Problem:
        site_id = self._connection.site.site_id or DEFAULT_SITE
        read = read_order(found.value, self._profile, site_id=site_id)
        if read.order is None:
            return Problem(file, found.line, read.source_id or None, read.field, str(read.problem))
        order = read.order
        if order.site_id not in self._connection.lanes:
            text = f"siteId {order.site_id!r} has no lane; add it under [connections.{self._name}.lanes]"
            return Problem(file, found.line, order.source_id, "siteId", text)
        head = OrderHead(order.source_id, order.version, order.site_id, order.updated_at)
        event_id = f"submit:{order.source_id}:{order.version}"
        event = order_event(self._name, event_id, head, found.text, self._now)
        try:  # as intake will
            to_fields(event)
            read_envelope(event)
        except Refused as fault:
            return Problem(file, found.line, order.source_id, fault.field, f"{fault}; shorten it")
        except ValueError as fault:
            return Problem(file, found.line, order.source_id, None, f"{fault}; correct the order's id or version")
        self.versions[order.source_id] = max(order.version, self.versions.get(order.source_id, 0))
        return event
