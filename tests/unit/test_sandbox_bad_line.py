"""The bad network line: what it spoils, it spoils as it says, and nothing else."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sandbox.bad_line import BadLine, Trouble
from workers.broker import free_port

LINES = b"".join(b'{"line": %d}\n' % number for number in range(4))


class Server:
    """Answers each request with four lines; notes when it got them."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.got_at_s: list[float] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self.socket.accept()
            except OSError:
                return
            with caller:
                caller.recv(1000)
                self.got_at_s.append(time.monotonic())
                caller.sendall(b"head\n\n")
                caller.sendall(LINES)

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@contextmanager
def line_to(server: Server) -> Iterator[tuple[BadLine, int]]:
    port = free_port()
    with BadLine(port, server.port) as line:
        yield line, port


def ask(port: int, request: bytes = b"POST /batch HTTP/1.1") -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as caller:
        caller.sendall(request)
        told = b""
        while data := caller.recv(1000):
            told += data
    return told


def test_without_trouble_everything_passes(server: Server) -> None:
    with line_to(server) as (_, port):
        assert ask(port).endswith(LINES)


@pytest.mark.parametrize("lines", [0, 1, 3])
def test_a_cut_comes_after_so_many_whole_lines(server: Server, lines: int) -> None:
    with line_to(server) as (line, port):
        line.spoil(Trouble("cut", b"POST /batch ", lines=lines))
        told = ask(port)
        assert told.count(b"{") == told.count(b"}\n") == lines


def test_half_a_line_is_half_a_line(server: Server) -> None:
    with line_to(server) as (line, port):
        line.spoil(Trouble("half line", b"POST /batch ", lines=2))
        told = ask(port)
        assert (told.count(b"}\n"), told.count(b"{")) == (2, 3)


def test_an_answer_is_held(server: Server) -> None:
    with line_to(server) as (line, port):
        line.spoil(Trouble("hold answer", b"POST", hold_s=0.3))
        begin_s = time.monotonic()
        assert ask(port).endswith(LINES)
        assert server.got_at_s[0] - begin_s < 0.25 < time.monotonic() - begin_s


def test_a_request_is_held(server: Server) -> None:
    with line_to(server) as (line, port):
        line.spoil(Trouble("hold request", b"POST", hold_s=0.3))
        begin_s = time.monotonic()
        assert ask(port).endswith(LINES)
        assert server.got_at_s[0] - begin_s > 0.25


def test_trouble_strikes_what_it_is_meant_for_and_as_often_as_it_says(server: Server) -> None:
    with line_to(server) as (line, port):
        trouble = line.spoil(Trouble("cut", b"POST /batch ", lines=0, times=2))
        assert ask(port, b"POST /other HTTP/1.1").endswith(LINES)
        assert [ask(port).count(b"{") for _ in range(3)] == [0, 0, 4]
        assert trouble.struck == 2


def test_mended_trouble_strikes_nobody(server: Server) -> None:
    with line_to(server) as (line, port):
        line.spoil(Trouble("cut", b"POST", lines=0))
        line.mend()
        assert ask(port).endswith(LINES)
