"""How an answer leaves the site, and how it fails to: shortened, dribbled, or never (reference clarity.md 2.11)."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox.clarity.calls import JsonObject
from sandbox.clarity.faults import FaultName, Faults

UNKNOWN_STATUS = "AwaitingTide"
_HOLD_S = 30.0


def json_response(body: JsonObject | None, status: int, headers: Mapping[str, str]) -> Response:
    """The body as JSON; a refusal as problem details; None as no body at all."""
    if body is None:
        return Response(status_code=status, headers=dict(headers))
    media_type = "application/problem+json" if "code" in body and status >= 400 else "application/json"
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(content, status, headers=dict(headers), media_type=media_type)


def distort(faults: Faults, method: str, path: str, body: JsonObject) -> JsonObject:
    """The faults that bend a good answer: money as numbers, a status that nobody has ever seen."""
    if faults.take(FaultName.NUMBER_MONEY, method, path):
        body = _with_number_money(body)
    if faults.take(FaultName.UNKNOWN_ENUM, method, path):
        body = _with_unknown_status(body)
    return body


def spoil(faults: Faults, method: str, path: str, response: Response) -> Response:
    """The faults that strike on the way out, after the work was committed."""
    if method != "GET" and (fault := faults.take(FaultName.LOST_ANSWER, method, path)):
        return LostAnswer(fault.value or _HOLD_S)
    if faults.take(FaultName.TRUNCATED, method, path):
        half = bytes(response.body)[: len(response.body) // 2]
        return Response(half, response.status_code, media_type=response.media_type)
    if fault := faults.take(FaultName.SLOW_BODY, method, path):
        return SlowBody(response, fault.value or 1)
    return response


class LostAnswer(Response):
    """Says nothing until the caller hangs up; after `hold_s` a gateway gives up with 504."""

    def __init__(self, hold_s: float) -> None:
        super().__init__(status_code=504)
        self._hold_s = hold_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not await _hangs_up(receive, within_s=self._hold_s):
            await super().__call__(scope, receive, send)


class SlowBody(Response):
    """Sends its first half, waits, and sends the rest."""

    def __init__(self, whole: Response, wait_s: float) -> None:
        super().__init__(whole.body, whole.status_code, media_type=whole.media_type)
        self.raw_headers = whole.raw_headers
        self._wait_s = wait_s

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        half = len(self.body) // 2
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body[:half], "more_body": True})
        if await _hangs_up(receive, within_s=self._wait_s):
            return
        await send({"type": "http.response.body", "body": self.body[half:]})


async def _hangs_up(receive: Receive, *, within_s: float) -> bool:
    try:
        async with asyncio.timeout(within_s):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True


def _with_number_money(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_number_money(part) for part in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"amount", "currency"}:
        return {**value, "amount": float(value["amount"])}
    return {name: _with_number_money(part) for name, part in value.items()}


def _with_unknown_status(body: JsonObject) -> JsonObject:
    for rows in ("data", "results"):
        if rows in body:
            return {**body, rows: [_with_unknown_status(row) for row in body[rows]]}
    return {**body, "status": UNKNOWN_STATUS} if isinstance(body.get("status"), str) else body
