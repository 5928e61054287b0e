"""A bad network line: it stands between a caller and a server on loopback, and spoils what it is told to spoil."""

import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, Self

Spoiling = Literal["hold answer", "hold request", "cut", "half line"]
"""hold answer: it comes `hold_s` late, its caller mostly gone; hold request: the server gets it so late;
cut: the line breaks after some lines of the answer; half line: it breaks within one."""

_CHUNK = 65536
_BEGIN, _END_OF_LINE = b"{", b"}\n"
_HALF = 6


@dataclass
class Trouble:
    """What is wrong with the next `times` requests that begin with `request`, such as `POST /SO/SalesOrder `.

    `lines` of the answer's body get through before it breaks. `struck` counts the requests that were spoilt.
    """

    spoiling: Spoiling
    request: bytes
    hold_s: float = 0.0
    lines: int = 1
    times: int = 1
    struck: int = 0


class BadLine:
    """Listens on a port of its own and passes every connection on to `target`; one request a connection.

    Use it as a context manager. It lives in the caller's process and may be told of trouble from any thread.
    """

    def __init__(self, port: int, target: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._target = target
        self._troubles: list[Trouble] = []
        self._lock = threading.Lock()
        self._server = socket.create_server(("127.0.0.1", port))
        self._thread = threading.Thread(target=self._listen, name="bad line", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()

    def spoil(self, trouble: Trouble) -> Trouble:
        """Spoils requests from now on, until it has struck as often as it says."""
        with self._lock:
            self._troubles.append(trouble)
        return trouble

    def mend(self) -> None:
        """Forgets all trouble that has not struck yet."""
        with self._lock:
            self._troubles.clear()

    def _listen(self) -> None:
        while True:
            try:
                caller, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller: socket.socket) -> None:
        with caller, suppress(OSError):
            self._carry(caller)

    def _take(self, head: bytes) -> Trouble | None:
        with self._lock:
            for trouble in self._troubles:
                if head.startswith(trouble.request):
                    trouble.struck += 1
                    if trouble.struck >= trouble.times:
                        self._troubles.remove(trouble)
                    return trouble
        return None

    def _carry(self, caller: socket.socket) -> None:
        head = caller.recv(_CHUNK)
        trouble = self._take(head)
        if trouble and trouble.spoiling == "hold request":
            time.sleep(trouble.hold_s)
        with socket.create_connection(("127.0.0.1", self._target)) as server:
            server.sendall(head)
            back = threading.Thread(target=self._answer, args=(server, caller, trouble), daemon=True)
            back.start()
            _pour(caller, server)
            back.join()

    def _answer(self, server: socket.socket, caller: socket.socket, trouble: Trouble | None) -> None:
        with suppress(OSError):
            if trouble and trouble.spoiling == "hold answer":
                first = server.recv(_CHUNK)
                time.sleep(trouble.hold_s)
                caller.sendall(first)
            if trouble and trouble.spoiling in {"cut", "half line"}:
                _break_off(server, caller, trouble)
            else:
                _pour(server, caller)
        for end in (server, caller):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def _pour(source: socket.socket, sink: socket.socket) -> None:
    """Passes on what comes until it ends; the end of the one half is not the end of the other."""
    with suppress(OSError):
        while data := source.recv(_CHUNK):
            sink.sendall(data)


def _break_off(server: socket.socket, caller: socket.socket, trouble: Trouble) -> None:
    """Lets some lines of JSON through, then breaks off: before the next one, or in the middle of it."""
    left = trouble.lines
    while data := server.recv(_CHUNK):
        pieces = data.split(_END_OF_LINE)
        if len(pieces) - 1 > left or (not left and _BEGIN in data):
            whole = b"".join(piece + _END_OF_LINE for piece in pieces[:left])
            begun = data[len(whole) :]
            half = begun[: begun.find(_BEGIN) + _HALF] if trouble.spoiling == "half line" else b""
            caller.sendall(whole + half)
            return
        left -= len(pieces) - 1
        caller.sendall(data)
