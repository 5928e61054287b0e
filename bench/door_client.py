"""Sends signed webhooks over so many connections for so long, each connection one after the other."""

import asyncio
import time
from dataclasses import dataclass
from itertools import cycle


@dataclass(frozen=True)
class Load:
    """How many requests were answered with 202 in how many seconds, and how long each took, in order of length."""

    answered: int
    seconds: float
    lasted_s: tuple[float, ...]

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.answered / self.seconds

    @property
    def p99_ms(self) -> float:
        """All but one in a hundred were answered within."""
        return self.lasted_s[int(len(self.lasted_s) * 0.99)] * 1000


class _Caller(asyncio.Protocol):
    """One connection: the next request goes out when the last one is answered."""

    def __init__(self, requests: "cycle[bytes]", until: float, lasted: list[float]) -> None:
        self._requests = requests
        self._until = until
        self._lasted = lasted
        self._answer = b""
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._send()

    def _send(self) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, _, body = self._answer.partition(b"\r\n\r\n")
        if not body.endswith(b"}"):
            return
        now = time.perf_counter()
        if not head.startswith(b"HTTP/1.1 202"):
            self.ended.set_exception(RuntimeError(f"the door answered {head[:40]!r} {body[:200]!r}"))
            return
        self._answer = b""
        self._lasted.append(now - self._sent_at)
        if now < self._until:
            self._send()
        else:
            self._transport.close()
            self.ended.set_result(None)


async def load(port: int, requests: list[bytes], *, connections: int, seconds: float) -> Load:
    """The load; raises what a connection met with, such as another answer than 202."""
    loop, turn = asyncio.get_running_loop(), cycle(requests)
    lasted: list[float] = []
    began = time.perf_counter()
    callers = []
    for _ in range(connections):
        _, caller = await loop.create_connection(lambda: _Caller(turn, began + seconds, lasted), "127.0.0.1", port)
        callers.append(caller.ended)
    await asyncio.gather(*callers)
    return Load(len(lasted), time.perf_counter() - began, tuple(sorted(lasted)))
