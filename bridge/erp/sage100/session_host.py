"""One Sage session in a process of its own: JSON lines in on stdin, one answer line out on stdout.

Run as `python -m bridge.erp.sage100.session_host`. The first line logs on; every further line asks for one thing, and
nothing is begun that was not asked for. When stdin closes, because the agent closed it or died, the seat is given
back and the process ends.
"""

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import IO, Any

from pydantic import BaseModel, ConfigDict

from bridge.erp.sage100.boi import BoiSession
from bridge.erp.sage100.com import load_factory
from bridge.erp.sage100.company import SageCompany
from bridge.erp.sage100.session import SageSession
from bridge.erp.sage100.wire import WireWrite, dump, error_to_wire, load, page_to_wire, write_from_wire
from bridge.errors import Refused, TidegateError
from bridge.outcomes import TABLE, BatchNext, Outcome
from bridge.ports.erp import CustomerQuery, ProbeKey, ResultLine
from bridge.ports.reading import ReadAsk


class LogOn(BaseModel):
    """The first line. The password comes this way, as arguments and environments can be read by others."""

    model_config = ConfigDict(extra="forbid")

    script_factory: str
    home: str
    code: str
    company: SageCompany


def log_on(raw: str) -> BoiSession:
    """Logs on as the first line says; raises the errors of `SageSession`."""
    wanted = LogOn.model_validate_json(raw)
    return BoiSession(SageSession(load_factory(wanted.script_factory), wanted.home, wanted.code, wanted.company))


def _write(boi: BoiSession, ask: dict[str, Any]) -> ResultLine:
    raw = load(WireWrite, ask["write"])
    try:
        return boi.write(write_from_wire(ask["document"], raw))
    except Refused as wrong:
        return ResultLine(raw.record_id, Outcome.REJECTED, field=wrong.field, value=wrong.value, text=str(wrong))


CALLS: dict[str, Callable[[BoiSession, dict[str, Any]], object]] = {
    "reserve": lambda boi, ask: boi.reserve(ask["document"]),
    "write": _write,
    "probe": lambda boi, ask: boi.probe(ask["document"], load(ProbeKey, ask["key"])),
    "stamped": lambda boi, ask: boi.stamped(
        ask["document"], date.fromisoformat(ask["since"]), ask["after"], ask["limit"]
    ),
    "read": lambda boi, ask: page_to_wire(boi.read(load(ReadAsk, ask["ask"]))),
    "match": lambda boi, ask: boi.match(load(CustomerQuery, ask["query"])),
    "customer": lambda boi, ask: boi.customer(ask["number"]),
    "item": lambda boi, ask: boi.item(ask["code"]),
}


def answer(boi: BoiSession, ask: dict[str, Any]) -> dict[str, Any]:
    """One answer: `answer` or `error`, and whether the session is spent."""
    try:
        told: dict[str, Any] = {"answer": dump(CALLS[ask["call"]](boi, ask))}
    except TidegateError as error:
        told = error_to_wire(error)
    return {**told, "is_spent": boi.is_spent}


def _ends(told: dict[str, Any]) -> bool:
    """Whether what a write came to ends its batch."""
    return told["is_spent"] or "answer" not in told or TABLE[Outcome(told["answer"]["outcome"])].batch is BatchNext.ENDS


def _refused(ask: dict[str, Any], boi: BoiSession) -> dict[str, Any]:
    """The agent hands the next record over before it knows what the last one came to: of an ended batch none begins."""
    line = ResultLine(ask["write"]["record_id"], Outcome.NEVER_BEGUN, text="the batch had ended before this record")
    return {"answer": dump(line), "is_spent": boi.is_spent}


def serve(lines: IO[str], out: IO[str]) -> None:
    """Serves one session until `lines` ends, if it ever begins.

    Returns at once when the log-on fails, with its error as the answer.
    """

    def tell(told: dict[str, Any]) -> None:
        out.write(json.dumps(told) + "\n")
        out.flush()

    first = lines.readline()
    if not first:
        return
    try:
        boi = log_on(first)
    except TidegateError as error:
        tell(error_to_wire(error))
        return
    try:
        tell({"answer": "ready", "is_spent": False})
        ended: int | None = None
        for line in lines:
            ask = json.loads(line)
            told = _refused(ask, boi) if ended is not None and ask.get("batch") == ended else answer(boi, ask)
            ended = ask["batch"] if ask["call"] == "write" and _ends(told) else ended
            tell(told)
    finally:
        boi.close()


def main() -> None:
    """The process. Whatever else prints goes to stderr, so that it can't be taken for an answer."""
    answers, sys.stdout = sys.stdout, sys.stderr
    with suppress(BrokenPipeError):  # the agent is gone: the seat has been given back, and nobody waits for an answer
        serve(sys.stdin, answers)


if __name__ == "__main__":
    main()
