"""A fleet of one on an embedded ledger, every port in memory, for tests that call tasks as their worker would."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

import pytest
from celery import Celery
from sqlalchemy import select

from bridge.documents import Order
from bridge.erp.memory import MemoryErp
from bridge.erp.sage100.dictionary import SageDictionary
from bridge.events.memory import MemoryEvents
from bridge.fleet import Connection, Fleet, Lane
from bridge.ledger import schema, windows
from bridge.ledger.rows import Record
from bridge.ledger.store import Database
from bridge.ledger.trace import open_alarms
from bridge.ports.clock import FixedClock
from bridge.ports.storefront import Acknowledgement, Page, ReadOrder, Wanted
from bridge.rules import LaneRules
from bridge.seats.memory import MemorySeats
from bridge.storefront.clarity.envelope import read_envelope
from bridge.storefront.clarity.profile_file import load_profile
from bridge.storefront.clarity.reader import read_order
from bridge.storefront.memory import MemoryStorefront
from bridge.windows.calendar import LaneCalendar
from bridge.windows.due import Window
from bridge.writing.settings import WriterSettings
from mappings.mapping_set import MappingSet
from mappings.preflight import SagePreflight
from mappings.settling import Settling
from tests.builders import LANE, NOW, SITE, the
from tests.seats import open_seats
from tests.unit import mapping_samples
from workers.dead_queues import KombuDeadLetters

NOBODY = "redis://127.0.0.1:1/0"
"""A broker that is away: nothing listens on port 1."""

SITE_LANE = "storefront:clarity"
"""Where tellings stand, and what a refused log-on at the site halts."""


class Shop(MemoryStorefront):
    """The storefront in memory, which also remembers how it was asked, repeats and refused calls included."""

    def __init__(self, clock: FixedClock, **more: Any) -> None:
        super().__init__(clock=clock, **more)
        self.asked: list[str] = []
        self.told: list[Acknowledgement] = []

    def read_orders(self, wanted: Sequence[Wanted]) -> list[ReadOrder]:
        """As the port says."""
        self.asked.append("read_orders")
        return super().read_orders(wanted)

    def changed_since(self, watermark: datetime | None) -> Iterator[Page]:
        """As the port says."""
        self.asked.append("changed_since")
        yield from super().changed_since(watermark)

    def acknowledge(self, told: Acknowledgement) -> None:
        """As the port says."""
        self.told.append(told)
        super().acknowledge(told)


@dataclass
class TaskRig:
    """The fleet, what stands around it, and the broker on which its nudges wait."""

    ports: Fleet
    clock: FixedClock
    shop: Shop
    erp: MemoryErp
    seats: MemorySeats
    door: MemoryEvents
    letters: KombuDeadLetters
    app: Celery

    @property
    def database(self) -> Database:
        return self.ports.database

    def change(self, **parts: Any) -> None:
        """Gives the tasks a fleet in which these parts are others."""
        self.ports = self.app.fleet = replace(self.ports, **parts)

    def change_connection(self, **parts: Any) -> None:
        """Configures the storefront connection otherwise."""
        self.change(connections={"clarity": replace(self.ports.connections["clarity"], **parts)})

    def pass_time(self, **span: float) -> datetime:
        """Lets so much time go by; the moment that it is then."""
        self.clock.set(self.clock.now() + timedelta(**span))
        return self.clock.now()

    def lose_broker(self) -> None:
        """Nothing can be sent from now on, neither a nudge nor a dead letter."""
        self._use_broker(NOBODY, KombuDeadLetters(NOBODY))

    def find_broker(self) -> None:
        """The broker is back, with what it held."""
        self._use_broker("memory://", self.letters)

    def _use_broker(self, url: str, letters: KombuDeadLetters) -> None:
        self.app.close()
        self.app = _app(url, self.app.conf.task_default_queue)
        self.change(dead_letters=letters)

    def nudges(self) -> list[tuple[str, list[str]]]:
        """Takes every nudge off the broker: task and arguments, in the order in which they were sent."""
        found = []
        with self.app.connection_for_read() as connection:
            channel = connection.default_channel
            while message := channel.basic_get(self.app.conf.task_default_queue, no_ack=True):
                found.append((message.headers["task"], list(message.decode()[0])))
        return found

    def order(self, source_id: str = "10025", **changes: Any) -> Order:
        """An order as the site has it, placed just now by a buyer of its own, unless told otherwise."""
        facts = {"order_number": source_id, "placed_at": NOW, "updated_at": self.clock.now(), **changes}
        return mapping_samples.order(source_id=source_id, **facts)

    def records(self, document: str = "order") -> list[Record]:
        """Every record of the kind, the oldest first."""
        columns = schema.record.c
        with self.database.read() as connection:
            wanted = select(columns.id).where(columns.document == document).order_by(columns.id)
            ids = list(connection.execute(wanted).scalars())
        return [the(self.database, record_id) for record_id in ids]

    def states(self, document: str = "order") -> dict[str, str]:
        """The state of every record of the kind by its source id."""
        return {record.source_id: record.state.value for record in self.records(document)}

    def rows(self, table: str) -> list[Any]:
        """Every row of a table of the ledger, the oldest first."""
        wanted = schema.metadata.tables[table]
        with self.database.read() as connection:
            return list(connection.execute(select(wanted).order_by(*wanted.primary_key.columns)))

    def alarms(self) -> dict[str, str]:
        """The open alarms: how urgent each is, by its key."""
        return {alarm.key: alarm.urgency for alarm in open_alarms(self.database)}

    def open_window(self) -> None:
        """A window of the lane that is open now, for a quarter of an hour."""
        now = self.clock.now()
        windows.schedule(self.database, LANE, [Window(now, now, now + timedelta(minutes=15), 0)], now=now)

    def resume(self, lane: str) -> None:
        """A person lets a halted lane go on."""
        with self.database.write() as connection:
            assert windows.resume(connection, lane, now=self.clock.now()), f"{lane} was not halted"


@contextmanager
def a_task_rig(database: Database) -> Iterator[TaskRig]:
    """A fleet whose tasks find it through the current Celery app, as in a worker."""
    clock = FixedClock(NOW)
    shop, erp, seats, door = Shop(clock), MemoryErp(seats=1, clock=clock), open_seats(clock), MemoryEvents(clock)
    erp.company(LANE).add_item("A-1")
    letters = KombuDeadLetters("memory://")
    letters.rebuild({})
    fleet = Fleet(
        name="worker@test",
        database=database,
        clock=clock,
        events=door.reader("worker@test"),
        dead_letters=letters,
        connections={"clarity": _connection(shop)},
        lanes={LANE: Lane(LANE, erp, seats, LaneCalendar(), _WRITER, SagePreflight(_RULES), _settling())},
    )
    app = _app("memory://", f"nudges-{uuid4().hex}")
    app.fleet = fleet
    rig = TaskRig(fleet, clock, shop, erp, seats, door, letters, app)
    try:
        yield rig
    finally:
        rig.app.close()


def _app(broker_url: str, queue: str) -> Celery:
    """An app as a worker has it, current for this thread; it gives a broker that is away up at once."""
    app = Celery("tests", broker=broker_url)
    app.conf.task_default_queue = queue
    app.conf.broker_transport_options = {"max_retries": 1, "interval_start": 0, "interval_step": 0}
    app.set_current()
    return app


_WRITER = WriterSettings(in_flight=10, seconds_per_record=0.01)
_RULES = LaneRules(credit="ignore")  # so that orders of `tests.builders`, which have no content, can be written too


def _connection(shop: Shop) -> Connection:
    profile = load_profile("clarity-v1")
    return Connection("clarity", shop, {SITE: LANE}, read_envelope, lambda body: read_order(body, profile))


@cache
def _settling() -> Settling:
    return Settling(MappingSet.load(mapping_samples.LANE, SageDictionary.load("2018")), _RULES)


@pytest.fixture
def rig(sqlite_database: Database) -> Iterator[TaskRig]:
    """A fleet of one."""
    with a_task_rig(sqlite_database) as made:
        yield made


__all__ = ["LANE", "NOBODY", "NOW", "SITE_LANE", "TaskRig", "a_task_rig", "rig"]
