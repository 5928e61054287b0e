"""What every window begins with: doubts are probed, and orders held for stock or credit are looked at again."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from bridge.ledger import flight
from bridge.ledger.alarms import raise_alarm
from bridge.ledger.outcomes import Writer, commit_findings
from bridge.ledger.rows import Record
from bridge.outcomes import Urgency
from bridge.ports.erp import ErpSession, Facts, Finding, Verdict
from bridge.rules import LIFTED_BY_ERP
from bridge.writing.preparing import ask_facts, filled
from bridge.writing.stamps import key_of
from bridge.writing.tools import Tools


def probe_doubts(tools: Tools, writer: Writer, session: ErpSession, *, has_time: Callable[[], bool]) -> None:
    """What the last writer left in doubt, a few at a time while there is time. The old session is proven ended."""
    doubtful = flight.in_doubt(tools.database, writer.lane, tools.settings.probe_limit)
    unreadable: list[Finding] = []
    for records in _of_one_kind(doubtful, tools.settings.in_flight):
        if not has_time():
            break
        tools.alive()
        findings = _probe(tools, session, records)
        commit_findings(tools.database, writer, findings, tools.rules, now=tools.clock.now())
        unreadable += [finding for finding in findings if finding.verdict is Verdict.UNREADABLE]
    if unreadable:
        text = f"{len(unreadable)} doubtful records of {writer.lane} could not be probed: {unreadable[0].text}"
        with tools.database.write() as connection:
            raise_alarm(connection, f"probe:{writer.lane}", Urgency.HIGH, text, tools.clock.now())


def _of_one_kind(records: Sequence[Record], size: int) -> Iterator[list[Record]]:
    """The records in groups of one document kind and at most this size."""
    for document in sorted({record.document for record in records}):
        rest = iter([record for record in records if record.document == document])
        while group := list(islice(rest, size)):
            yield group


def _probe(tools: Tools, session: ErpSession, records: Sequence[Record]) -> list[Finding]:
    """A record without a number was never sent, so it needs no look into the ERP."""
    keys = [key_of(tools.database, record) for record in records if record.number]
    unsent = [Finding(record.id, Verdict.ABSENT, "") for record in records if not record.number]
    return [*(session.probe(records[0].document, keys) if keys else []), *unsent]


def look_again(tools: Tools, writer: Writer, session: ErpSession) -> None:
    """Orders held for stock or credit are released when the ERP's figures allow it by now.

    One that cannot be judged is released too: the batch that takes it lets it rest with its traceback.
    """
    held = flight.held_for(tools.database, writer.lane, LIFTED_BY_ERP, tools.settings.probe_limit)
    if not held:
        return
    numbers = flight.customer_numbers(tools.database, held)
    wants = [_wants(tools, record, numbers) for record in held]
    facts = ask_facts(session, wants)
    free = [record.id for record in held if _is_free(tools, record, numbers, facts)]
    flight.release(tools.database, writer, free, why="the condition is met", now=tools.clock.now())


def _wants(tools: Tools, record: Record, numbers: dict[int, str]) -> tuple[list[str], list[str]]:
    try:
        return tools.preflight.wants(filled(record, numbers))
    except Exception:  # told by `_is_free`, and then by the batch
        return [], []


def _is_free(tools: Tools, record: Record, numbers: dict[int, str], facts: Facts) -> bool:
    try:
        return tools.preflight.judge(record, filled(record, numbers), facts) is None
    except Exception:  # the batch says what is wrong with it
        return True
