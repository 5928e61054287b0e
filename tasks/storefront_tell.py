"""Tells the storefront what became of its orders."""

from collections.abc import Sequence
from traceback import format_exc

from celery import shared_task
from structlog.contextvars import bound_contextvars

from bridge.errors import Refused, Throttled, TryLater, Unauthorised, Uncertain
from bridge.fleet import Connection, Fleet
from bridge.flows.sending import TURN, WAIT_S, Sender, Sent
from bridge.ledger import flight
from bridge.ledger.claims import begin_writing
from bridge.ledger.outcomes import ACKNOWLEDGEMENT
from bridge.ledger.rows import Record
from bridge.outcomes import Outcome
from bridge.ports.erp import ResultLine
from bridge.ports.storefront import Acknowledgement
from tasks import fleet

BATCH = 20


@shared_task(name="storefront.tell")
def tell(connection_name: str) -> int:
    """Acknowledges confirmed orders for one `TURN`, each under its own idempotency key. How many the site took.

    A telling that may have arrived is repeated under the same key, which changes nothing there. The site's refusal
    rests with the telling's own record and never touches the order.
    """
    ports = fleet()
    connection = ports.connections[connection_name]
    lane = f"storefront:{connection_name}"
    sender = Sender(
        ports.database, ports.clock, ports.name, lane, site_lane=lane, size=BATCH,
        begin=lambda batch: begin_writing(ports.database, batch, {}, by=ports.name, now=ports.clock.now()),
        send=lambda records: _tell(ports, connection, records), observer=ports.observer,
    )  # fmt: skip
    return sender.run(ports.clock.now() + TURN)


def _tell(ports: Fleet, connection: Connection, records: Sequence[Record]) -> Sent:
    lines: list[ResultLine] = []
    after_s: float | None = None
    for record in records:
        if after_s is not None:
            lines.append(ResultLine(record.id, Outcome.THROTTLED, text="not sent, the site is given a rest"))
            continue
        with bound_contextvars(record=record.id, id=record.source_id):
            line, after_s = _tell_one(ports, connection, record)
        lines.append(line)
    return Sent(lines, after_s)


def _tell_one(ports: Fleet, connection: Connection, record: Record) -> tuple[ResultLine, float | None]:
    try:
        connection.storefront.acknowledge(_telling(ports, connection, record))
    except Refused as error:
        return ResultLine(record.id, Outcome.REJECTED, field=error.field, value=error.value, text=str(error)), None
    except Uncertain as error:
        return ResultLine(record.id, Outcome.UNCERTAIN, text=str(error)), WAIT_S
    except Unauthorised as error:
        return ResultLine(record.id, Outcome.UNAUTHORISED, text=str(error)), WAIT_S
    except TryLater as error:
        outcome = Outcome.THROTTLED if isinstance(error, Throttled) else Outcome.UNAVAILABLE
        return ResultLine(record.id, outcome, text=str(error)), error.after_s or WAIT_S
    except Exception:  # a fault of ours with one telling must not hold up the others; it may have been sent
        return ResultLine(record.id, Outcome.UNCERTAIN, text=format_exc()), None
    return ResultLine(record.id, Outcome.CONFIRMED, record.number, text="the storefront was told"), None


def _telling(ports: Fleet, connection: Connection, record: Record) -> Acknowledgement:
    with ports.database.read() as reading:
        order = flight.parent_of(reading, record)
    return Acknowledgement(
        order_id=record.source_id,
        lane=order.lane,
        state="accepted",
        document_number=record.number,
        idempotency_key=f"{connection.name}:{ACKNOWLEDGEMENT}:{record.source_id}:{order.lane}:{record.version}",
    )
