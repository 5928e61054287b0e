"""The road into Sage 100 through the Sage agent: the `Erp` port over httpx.

Every request has a connection of its own, so that "no connection was made" is known for certain; a write is never
repeated.
"""

import json
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from datetime import date
from typing import Self

from pydantic import ValidationError

from bridge.erp.sage100.agent_http import AgentHttp, SageAgentSettings
from bridge.erp.sage100.wire import (
    COMPANY_HEADER,
    FENCE_HEADER,
    PATHS,
    PURPOSE_HEADER,
    READER,
    SESSION_HEADER,
    BatchBody,
    WirePage,
    dump,
    load,
    page_from_wire,
    write_to_wire,
)
from bridge.errors import Misconfigured, TidegateError, Uncertain
from bridge.ports.erp import (
    CUSTOMER,
    BatchNotes,
    Capabilities,
    CustomerHit,
    CustomerQuery,
    ErpWrite,
    Facts,
    Finding,
    ProbeKey,
    ResultLine,
    StampedPage,
)
from bridge.ports.observer import Heard, unheard
from bridge.ports.reading import ErpPage, ReadAsk


class SageAgentErp:
    """The `Erp` port for every company of one Sage agent; see there for what is raised and what a repeat does."""

    def __init__(self, settings: SageAgentSettings, heard: Heard = unheard) -> None:
        self._settings = settings
        self._http = AgentHttp(settings, heard)

    @property
    def capabilities(self) -> Capabilities:
        """Orders, what changes them later, and customers, probed; the sizes are settings, as the agent may be away."""
        return Capabilities(frozenset(PATHS), self._settings.batch_size, True, self._settings.session_limit)

    def open(self, lane: str, *, fence: int, purpose: str) -> "SageAgentSession":
        """See `Erp.open`. Tried again while no connection can be made; a session that gets lost so is replaced."""
        company = _company_of(lane)
        body = {"company": company, "fence": fence, "purpose": purpose}
        opened = self._http.repeat("POST", "/session", {}, body)
        headers = {SESSION_HEADER: opened["session_id"], COMPANY_HEADER: company, FENCE_HEADER: str(fence)}
        return SageAgentSession(self._http, opened["session_id"], headers)

    def open_reader(self, lane: str, *, fence: int, flow: str) -> "SageAgentReader":
        """See `Erp.open_reader`. Tried again while no connection can be made, as `open` is."""
        company, purpose = _company_of(lane), f"{READER} {flow}"
        opened = self._http.repeat("POST", "/session", {}, {"company": company, "fence": fence, "purpose": purpose})
        headers = {COMPANY_HEADER: company, FENCE_HEADER: str(fence), PURPOSE_HEADER: purpose}
        return SageAgentReader(self._http, opened["session_id"], {SESSION_HEADER: opened["session_id"], **headers})

    def notes(self, lane: str, batch_id: int) -> BatchNotes:
        """See `Erp.notes`; a batch that the agent never heard of is closed by the question."""
        return load(BatchNotes, self._http.repeat("GET", f"/batch/{_company_of(lane)}/{batch_id}", {}))

    def close(self) -> None:
        """Closes the HTTP client; sessions that are still open end by their own context managers before."""
        self._http.close()


def _company_of(lane: str) -> str:
    company = lane.partition(":")[2]
    if not company.isalnum():
        raise Misconfigured(f"lane {lane!r} names no company; it must be <system>:<company>, such as sage100:ABC")
    return company


class _Session:
    """One session that the agent lends; leaving gives it back."""

    def __init__(self, http: AgentHttp, session_id: str, headers: dict[str, str]) -> None:
        self._http = http
        self._id = session_id
        self._headers = headers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        """Gives the session back; where the agent can't be told, a newer fence or its idle limit ends it."""
        with suppress(TidegateError):
            self._http.once("DELETE", f"/session/{self._id}", self._headers)


class SageAgentSession(_Session):
    """The `ErpSession` port for one session of the agent."""

    def reserve(self, document: str, count: int) -> list[str]:
        """See `ErpSession.reserve`."""
        return load(list[str], self._http.once("POST", f"{PATHS[document]}/numbers", self._headers, {"count": count}))

    def write(self, batch_id: int, writes: Sequence[ErpWrite]) -> Iterator[ResultLine]:
        """See `ErpSession.write`. All are of one document. The agent begins when it is done with the batch before."""
        documents = {write.document for write in writes}
        if len(documents) != 1:
            raise Misconfigured(f"a batch holds records of one document, not of {sorted(documents)}")
        body = dump(BatchBody(batch_id=batch_id, writes=[write_to_wire(write) for write in writes]))
        texts = self._http.stream(PATHS[documents.pop()], self._headers, body)
        return _Answer(batch_id, texts, {write.record_id for write in writes})

    def probe(self, document: str, keys: Sequence[ProbeKey]) -> list[Finding]:
        """See `ErpSession.probe`."""
        body = {"keys": dump(list(keys))}
        return load(list[Finding], self._http.repeat("POST", f"{PATHS[document]}/probe", self._headers, body))

    def stamped(self, document: str, since: date, after: str | None = None, limit: int = 200) -> StampedPage:
        """See `ErpSession.stamped`."""
        body = {"since": since.isoformat(), "after": after, "limit": limit}
        return load(StampedPage, self._http.repeat("POST", f"{PATHS[document]}/stamped", self._headers, body))

    def match_customers(self, queries: Sequence[CustomerQuery]) -> dict[int, list[CustomerHit]]:
        """See `ErpSession.match_customers`."""
        body = {"queries": dump(list(queries))}
        found = self._http.repeat("POST", f"{PATHS[CUSTOMER]}/match", self._headers, body)
        return dict(load(list[tuple[int, list[CustomerHit]]], found))

    def facts(self, customers: Sequence[str], items: Sequence[str]) -> Facts:
        """See `ErpSession.facts`."""
        body = {"customers": list(customers), "items": list(items)}
        return load(Facts, self._http.repeat("POST", "/facts", self._headers, body))


class _Answer:
    """The lines of one batch's answer as they come; to be closed by who leaves it early."""

    def __init__(self, batch_id: int, texts: Generator[str], waiting: set[int]) -> None:
        self._batch_id = batch_id
        self._texts = texts
        self._waiting = waiting

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> ResultLine:
        """The next line; raises `Uncertain` where the stream ends without one for each record."""
        text = next(filter(str.strip, self._texts), None)
        if text is None:
            if self._waiting:
                left = len(self._waiting)
                raise Uncertain(f"batch {self._batch_id}: the stream ended without a line for {left} records")
            raise StopIteration
        line = _line(text)
        self._waiting.discard(line.record_id)
        return line

    def close(self) -> None:
        """Hangs up: the agent begins no further record of the batch."""
        self._texts.close()


class SageAgentReader(_Session):
    """The `ErpReader` port for one session of the agent."""

    def read(self, ask: ReadAsk) -> ErpPage:
        """See `ErpReader.read`."""
        return page_from_wire(load(WirePage, self._http.repeat("POST", "/read", self._headers, dump(ask))))


def _line(text: str) -> ResultLine:
    try:
        return load(ResultLine, json.loads(text))
    except (ValueError, ValidationError) as wrong:
        raise Uncertain(f"the agent sent a line that can't be read: {text[:200]!r}") from wrong
