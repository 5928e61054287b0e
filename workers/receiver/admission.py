"""What must be true of a request before its event is stored; each refusal is an answer."""

import asyncio
from ipaddress import ip_address

from starlette.requests import ClientDisconnect, Request

from bridge.buckets import Buckets
from bridge.ports.clock import Clock
from bridge.storefront.clarity.webhook import BadSignature, verify
from workers.receiver.settings import ConnectionSettings, ReceiverSettings


class Refusal(Exception):
    """An answer other than 202. `reason` is the counter's label, `text` what the sender reads (nothing, if empty)."""

    def __init__(self, status: int, reason: str, text: str = "", *, after_s: float | None = None) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status
        self.reason = reason
        self.text = text
        self.after_s = after_s


class Admission:
    """The checks, cheapest first: a stranger can spend neither our memory nor a connection's share of requests."""

    def __init__(self, settings: ReceiverSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._of_clients = Buckets(settings.client_rate)
        self._of_connections = Buckets(settings.connection_rate)

    async def admit(self, request: Request) -> tuple[str, ConnectionSettings, bytes]:
        """The connection's name, its settings, and the body that it vouches for; raises `Refusal`."""
        client = request.client.host if request.client else ""
        _within("client", self._of_clients.take(client))
        name = request.path_params["connection"]
        connection = self._settings.connections.get(name)
        if connection is None:
            raise Refusal(404, "unknown connection", "no such connection is configured here")
        _require_json(request)
        body = await self._read(request)
        self._require_voucher(connection, request, client, body)
        _within("connection", self._of_connections.take(name))
        return name, connection, body

    async def _read(self, request: Request) -> bytes:
        limit = self._settings.max_body_bytes
        declared = request.headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > limit:
            raise _too_large(limit)
        body = bytearray()
        try:
            async with asyncio.timeout(self._settings.read_deadline_s):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > limit:
                        raise _too_large(limit)
        except TimeoutError:
            raise Refusal(
                408, "slow body", f"the body did not come within {self._settings.read_deadline_s} s"
            ) from None
        except ClientDisconnect:
            raise Refusal(400, "sender left") from None
        return bytes(body)

    def _require_voucher(self, connection: ConnectionSettings, request: Request, client: str, body: bytes) -> None:
        # A bad signature is answered with nothing, and leaves nothing but a count: it tells a prober no more.
        if connection.allowed_networks and not _is_inside(client, connection):
            raise Refusal(401, "foreign address")
        try:
            verify(request.headers, body, settings=connection.signing, now=self._clock.now())
        except BadSignature as bad:
            raise Refusal(401, f"signature {bad.reason}") from None


def _within(whose: str, wait_s: float) -> None:
    if wait_s > 0:
        raise Refusal(429, f"{whose} rate", f"too many requests of this {whose}", after_s=wait_s)


def _require_json(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise Refusal(415, "not JSON", "send Content-Type: application/json")


def _too_large(limit: int) -> Refusal:
    return Refusal(413, "too large", f"the body is larger than {limit} bytes")


def _is_inside(client: str, connection: ConnectionSettings) -> bool:
    try:
        address = ip_address(client)
    except ValueError:
        return False
    return any(address in network for network in connection.allowed_networks)
