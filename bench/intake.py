"""From the door's stream to orders that are mapped in the ledger, in one process; and the mapping alone."""

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path

from celery import Celery
from pydantic import SecretStr
from sqlalchemy import func, select

from bench.by_hand import map_order
from bench.measuring import Say, Table, in_turn
from bridge.erp.sage100.dictionary import SageDictionary
from bridge.events.order_event import OrderHead, order_event
from bridge.events.redis_client import open_client
from bridge.events.redis_stream import RedisEventWriter
from bridge.fleet import Fleet
from bridge.ledger import schema
from bridge.ledger.migrate import migrate
from bridge.ports.erp import ORDER
from bridge.ports.events import Event
from bridge.states import State
from mappings.mapping_set import MappingSet
from sandbox.orders import make_orders
from tasks import documents_read, events_intake
from tests.unit import mapping_samples
from workers.broker import EmbeddedBroker
from workers.settings import load_settings
from workers.stage.plan import Shop, StagePlan
from workers.stage.postgres import postgres_server
from workers.wiring import build_fleet

ORDERS = 2_000
TIMES = 2_000
"""How often the one order is mapped in a run."""

_CONNECTION = "desk"
_TRUSTED = f"""
[connections.{_CONNECTION}]
trusts_body = true
lanes = {{ main = "sage100:ABC" }}
site = {{ base_url = "http://127.0.0.1:1", client_id = "bench", client_secret = "bench", allow_plain_http = true }}
"""
_FIRST_NUMBERS = count(1_000_000, ORDERS)


def measure(repeats: int, say: Say) -> list[Table]:
    """The mapping beside one by hand; then the two legs of the way into either ledger."""
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres_server() as server,
        _intake(Path(folder) / "embedded", None) as embedded,
        _intake(Path(folder) / "served", server.url) as served,
    ):
        sides = {"SQLite": embedded, "PostgreSQL": served}
        return [
            _mapping(repeats, say),
            _table("from the stream into the ledger", {name: each.hear for name, each in sides.items()}, repeats, say),
            _table("from there to mapped", {name: each.read for name, each in sides.items()}, repeats, say),
        ]


def _table(leg: str, sides: dict[str, Callable[[], float]], repeats: int, say: Say) -> Table:
    return Table(f"{ORDERS:,} orders with trusted bodies, {leg}", "orders/s", in_turn(sides, repeats, say))


def _mapping(repeats: int, say: Say) -> Table:
    order = mapping_samples.order(*(mapping_samples.line(id=str(n), line_number=n, sku=f"A-{n}") for n in range(1, 6)))
    mappings = MappingSet.load(mapping_samples.LANE, SageDictionary.load("2018"))
    made = mappings.map_order(order, mapping_samples.CONTEXT)
    if (made.header, list(made.lines)) != map_order(order, "ACME"):
        raise RuntimeError("the function by hand does not give the columns that the mapping gives")
    sides = {
        "by hand": partial(_timed, lambda: map_order(order, "ACME")),
        "mapping rows": partial(_timed, lambda: mappings.map_order(order, mapping_samples.CONTEXT)),
    }
    return Table("an order of five lines mapped", "us", in_turn(sides, repeats, say), "by hand")


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    for _ in range(TIMES):
        call()
    return (time.perf_counter() - began) / TIMES * 1e6


class Intake:
    """One process's way in: `hear` brings as many orders into the ledger, `read` maps all that it has heard of."""

    def __init__(self, ports: Fleet, app: Celery, door: RedisEventWriter) -> None:
        self._ports, self._app, self._door = ports, app, door

    def hear(self) -> float:
        """Orders a second, from the stream into the ledger."""
        self._app.set_current()
        events = [_event(order) for order in make_orders(1, ORDERS, first_number=next(_FIRST_NUMBERS))]
        for at in range(0, ORDERS, 100):
            self._door.append(events[at : at + 100])
        began = time.perf_counter()
        if events_intake.intake() != ORDERS:
            raise RuntimeError("the stream had not as many new events as were put there")
        return ORDERS / (time.perf_counter() - began)

    def read(self) -> float:
        """Orders a second, from heard of to mapped."""
        if not self._unread():
            self.hear()
        self._app.set_current()
        waiting, began = self._unread(), time.perf_counter()
        while self._unread():
            documents_read.read(_CONNECTION)
        return waiting / (time.perf_counter() - began)

    def _unread(self) -> int:
        columns = schema.record.c
        heard = (columns.document == ORDER) & (columns.state == State.RECEIVED.value)
        with self._ports.database.read() as connection:
            return connection.execute(select(func.count()).where(heard)).scalar_one()


def _event(order: dict[str, object]) -> Event:
    now, source_id = datetime.now(UTC), str(order["id"])
    head = OrderHead(source_id, 1, "main", now)
    return order_event(
        _CONNECTION, f"evt-{source_id}", head, json.dumps({**order, "version": 1, "updatedAt": now.isoformat()}), now
    )


@contextmanager
def _intake(folder: Path, ledger_url: str | None) -> Iterator[Intake]:
    shop = Shop("clarity", "main", "ABC")
    plan = StagePlan(folder, (shop,), with_flower=False, ledger_url=ledger_url, extra=_TRUSTED)
    plan.write()
    settings = load_settings(plan.config)
    with EmbeddedBroker(folder / "broker", password=SecretStr(plan.secret), port=plan.broker_port) as broker:
        ports = build_fleet(settings, "bench")
        migrate(ports.database)
        app = Celery("bench", broker=broker.url)
        app.fleet = ports
        yield Intake(ports, app, RedisEventWriter(open_client(broker.url), settings.broker.stream))
        ports.database.close()
