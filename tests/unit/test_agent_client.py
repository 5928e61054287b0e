"""What the agent's client makes of networks, proxies and agents that misbehave."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pydantic import SecretStr

from bridge.erp.sage100.agent_client import SageAgentErp, SageAgentSession
from bridge.erp.sage100.agent_http import AgentHttp, SageAgentSettings
from bridge.errors import (
    LaneLocked,
    Misconfigured,
    NoSeat,
    StaleFence,
    TidegateError,
    Unauthorised,
    Uncertain,
    Unreachable,
)
from bridge.outcomes import Outcome
from bridge.ports.erp import CUSTOMER, ErpWrite, ResultLine
from tests.contract.erp_contract import order

LINE = b'{"record_id": 1, "outcome": "confirmed", "number": "0000001", "total": "20.02"}\n'


@contextmanager
def answering(*answers: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that gives each connection the next raw answer and closes it; the last answer is repeated."""
    requests: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        stop = threading.Event()

        def serve() -> None:
            while not stop.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                with connection:
                    connection.settimeout(2)
                    requests.append(_read_request(connection))
                    connection.sendall(answers[min(len(requests), len(answers)) - 1])

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}", requests
        finally:
            stop.set()
            thread.join()


def _read_request(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    length = next((int(row[15:]) for row in head.split(b"\r\n") if row.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answer(status: str, body: bytes, *, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n".encode() + body


def settings(url: str, **changed: float) -> SageAgentSettings:
    return SageAgentSettings.model_validate(
        {"url": url, "api_key": SecretStr("k"), "line_timeout_s": 1, "answer_timeout_s": 1, **changed}
    )


@contextmanager
def session_at(url: str, **changed: float) -> Iterator[SageAgentSession]:
    http = AgentHttp(settings(url, **changed))
    yield SageAgentSession(http, "s1", {})
    http.close()


def write_two(session: SageAgentSession, told: list[ResultLine]) -> None:
    told.extend(session.write(1, [order(1, "0000001"), order(2, "0000002")]))


@pytest.mark.parametrize(
    ("raw", "lines_before"),
    [
        (answer("200 OK", LINE), 1),
        (answer("200 OK", LINE, length=1000), 1),
        (answer("200 OK", b"<html>hello</html>\n"), 0),
        (answer("200 OK", b'{"record_id": 1, "outcome": "splendid"}\n'), 0),
        (answer("502 Bad Gateway", b"<html>proxy</html>"), 0),
        (answer("504 Gateway Timeout", b'{"message": "not ours"}'), 0),
        (answer("500 Internal Server Error", b"Internal Server Error"), 0),
        (answer("409 Conflict", b'{"error": "uncertain", "text": "batch 1 was sent before"}'), 0),
        (b"not http at all\r\n\r\n", 0),
        (b"", 0),
    ],
    ids=["short", "cut off", "html", "odd line", "proxy", "json of a proxy", "500", "known batch", "noise", "nothing"],
)
def test_whatever_goes_wrong_after_a_batch_was_sent_is_uncertain_and_sent_once(raw: bytes, lines_before: int) -> None:
    told: list[ResultLine] = []
    with answering(raw) as (url, requests), session_at(url) as session, pytest.raises(Uncertain):
        write_two(session, told)
    assert [line.outcome for line in told] == [Outcome.CONFIRMED] * lines_before
    assert len(requests) == 1


def test_an_agent_that_never_answers_a_batch_leaves_it_uncertain() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with session_at(url, line_timeout_s=0.2) as session, pytest.raises(Uncertain, match="ReadTimeout"):
            write_two(session, [])


@pytest.mark.parametrize(
    ("status", "kind", "error"),
    [
        ("409 Conflict", "stale_fence", StaleFence),
        ("503 Service Unavailable", "no_seat", NoSeat),
        ("423 Locked", "locked", LaneLocked),
        ("403 Forbidden", "unauthorised", Unauthorised),
        ("410 Gone", "unreachable", Unreachable),
        ("400 Bad Request", "misconfigured", Misconfigured),
    ],
)
def test_a_batch_that_the_agent_refuses_whole_was_not_begun(status: str, kind: str, error: type[TidegateError]) -> None:
    body = f'{{"error": "{kind}", "text": "told so"}}'.encode()
    with (
        answering(answer(status, body)) as (url, _),
        session_at(url) as session,
        pytest.raises(error, match="told so"),
    ):
        write_two(session, [])


def test_without_a_connection_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with session_at(url) as session:
        with pytest.raises(Unreachable):
            write_two(session, [])
        with pytest.raises(Unreachable):
            session.reserve("order", 1)


def test_reads_are_tried_again_and_reservations_are_not() -> None:
    facts = b'{"customers": {}, "items": {}}'
    with answering(b"", answer("200 OK", facts)) as (url, requests), session_at(url) as session:
        assert session.facts([], []).items == {}
        assert len(requests) == 2
    with answering(b"", answer("200 OK", b'["1"]')) as (url, requests), session_at(url) as session:
        with pytest.raises(Unreachable):
            session.reserve("order", 1)
        assert len(requests) == 1


def test_an_error_that_the_agent_told_is_not_asked_for_again() -> None:
    told = answer("503 Service Unavailable", b'{"error": "no_seat", "text": "all taken"}')
    with answering(told) as (url, requests):
        erp = SageAgentErp(settings(url))
        with pytest.raises(NoSeat):
            erp.open("sage100:ABC", fence=1, purpose="write")
        erp.close()
    assert len(requests) == 1


def test_the_key_goes_along_and_no_decimal_travels_as_a_float() -> None:
    with answering(answer("200 OK", LINE)) as (url, requests), session_at(url) as session:
        list(session.write(1, [order(1, "0000001")]))
    head, _, body = requests[0].partition(b"\r\n\r\n")
    assert b"x-api-key: k" in head.lower()
    assert b'"UnitPrice":"10.01"' in body.replace(b" ", b"")
    assert b'"CustomerNo$":"ACME"' in body.replace(b" ", b"")


def test_a_lane_without_a_company_and_a_mixed_batch_are_faults_of_ours() -> None:
    erp = SageAgentErp(settings("http://127.0.0.1:1"))
    with pytest.raises(Misconfigured, match="sage100:ABC"):
        erp.notes("sage100", 1)
    erp.close()
    with session_at("http://127.0.0.1:1") as session, pytest.raises(Misconfigured, match="one document"):
        list(session.write(1, [order(1, "1"), ErpWrite(2, CUSTOMER, "2", "s", {})]))
