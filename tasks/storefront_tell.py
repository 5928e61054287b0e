"""Tells the storefront what became of its orders."""

from traceback import format_exc

from celery import shared_task

from bridge.errors import LostRace, Refused, Throttled, TryLater, Unauthorised, Uncertain
from bridge.fleet import Connection, Fleet
from bridge.ledger import flight, windows
from bridge.ledger.claims import Batch, begin_writing, claim
from bridge.ledger.outcomes import ACKNOWLEDGEMENT, Rules, Writer, commit_findings, commit_results
from bridge.ledger.reading import put_off
from bridge.ledger.rows import Record
from bridge.outcomes import Outcome
from bridge.ports.erp import Finding, ResultLine, Verdict
from bridge.ports.storefront import Acknowledgement
from tasks import fleet

BATCH = 20
ROUNDS = 25
WAIT_S = 5.0
"""How long telling rests after the site could not be reached and named no time itself."""
DOUBT_S = 300.0
"""How long a telling in doubt rests before it is repeated, so that a short outage does not use up its attempts."""


@shared_task(name="storefront.tell")
def tell(connection_name: str) -> int:
    """Acknowledges confirmed orders, each under its own idempotency key. How many the site took.

    A telling that may have arrived is repeated under the same key, which changes nothing there. The site's refusal
    rests with the telling's own record and never touches the order.
    """
    ports = fleet()
    lane = f"storefront:{connection_name}"
    writer = Writer(ports.name, lane, None)
    with ports.database.read() as connection:
        standing = windows.lane_row(connection, lane)
    if standing and standing.halted:
        return 0
    _repeat_doubtful(ports, writer)
    told = 0
    for _ in range(ROUNDS):
        batch = claim(
            ports.database, lane, fence=None, window_id=None, owner=ports.name, limit=BATCH, now=ports.clock.now(),
            lease_s=300,
        )  # fmt: skip
        if batch is None:
            return told
        lines, after_s = _tell_batch(ports, ports.connections[connection_name], batch, writer)
        told += sum(line.outcome is Outcome.CONFIRMED for line in lines)
        if after_s is not None:
            return told
    return told


def _tell_batch(
    ports: Fleet, connection: Connection, batch: Batch, writer: Writer
) -> tuple[list[ResultLine], float | None]:
    """One line per record, and the seconds to rest when the site asked for it, cannot be reached or did not answer."""
    going = begin_writing(ports.database, batch, {}, by=writer.name, now=ports.clock.now())
    lines: list[ResultLine] = []
    after_s: float | None = None
    for record in going:
        if after_s is not None:
            lines.append(ResultLine(record.id, Outcome.THROTTLED, text="not sent, the site is given a rest"))
            continue
        line, after_s = _tell_one(ports, connection, record)
        lines.append(line)
    now = ports.clock.now()
    commit_results(ports.database, writer, lines, Rules(), now=now)
    with ports.database.write() as transaction:
        flight.end_batch(transaction, batch.id, "told" if after_s is None else "throttled", now)
        if after_s is not None:
            put_off(transaction, [line.record_id for line in lines if _waits(line)], now=now, after_s=after_s)
        doubtful = [line.record_id for line in lines if line.outcome is Outcome.UNCERTAIN]
        put_off(transaction, doubtful, now=now, after_s=DOUBT_S)
        if any(line.outcome is Outcome.UNAUTHORISED for line in lines):
            reason = next(line.text for line in lines if line.outcome is Outcome.UNAUTHORISED)
            windows.halt(transaction, batch.lane, reason=reason or "log-on refused", now=now)
    return lines, after_s


def _waits(line: ResultLine) -> bool:
    return line.outcome in {Outcome.THROTTLED, Outcome.UNAVAILABLE}


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


def _repeat_doubtful(ports: Fleet, writer: Writer) -> None:
    """A telling in doubt is decided by telling again under the same key, so its probe is the promise of that key.

    One that has just failed rests first, see `DOUBT_S`.
    """
    now = ports.clock.now()
    doubtful = [each for each in flight.in_doubt(ports.database, writer.lane, BATCH * ROUNDS) if each.due_at <= now]
    if not doubtful:
        return
    text = "safe to repeat under the same idempotency key"
    findings = [Finding(record.id, Verdict.ABSENT, record.number or "", text=text) for record in doubtful]
    try:
        commit_findings(ports.database, writer, findings, Rules(), now=now)
    except LostRace:
        return  # another worker has just decided them
