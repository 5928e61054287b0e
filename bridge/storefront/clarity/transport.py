"""Sends one HTTP request and reads its answer: bounded in size and in time, with exact numbers."""

import json
import time
from collections.abc import Mapping
from contextlib import closing
from decimal import Decimal
from typing import Any, NoReturn

import httpx

from bridge.storefront.clarity.classify import Answer, BadBody, TooLarge, classify_exception
from bridge.storefront.clarity.settings import ClaritySettings
from bridge.tls import believed


class Transport:
    """One pool of connections to one host. Build it in the process that uses it; close it."""

    def __init__(self, settings: ClaritySettings) -> None:
        self._timeout_s = settings.timeout_s
        self._max_bytes = settings.max_body_bytes
        timeout = httpx.Timeout(settings.timeout_s, connect=settings.connect_timeout_s)
        self._http = httpx.Client(base_url=settings.base_url, timeout=timeout, verify=believed(trust_env=True))

    def close(self) -> None:
        """Ends the connections; twice is the same as once."""
        self._http.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        is_write: bool,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """The whole answer, whatever its status; raises `Fault` when there is none."""
        deadline = time.monotonic() + self._timeout_s
        try:
            request = self._http.build_request(method, path, headers=headers, params=params, json=body, data=form)
            with closing(self._http.send(request, stream=True)) as response:
                content = self._content(response, deadline)
            return Answer(method, path, response.status_code, response.headers, _parsed(content, response), is_write)
        except (httpx.RequestError, BadBody) as fault:
            raise classify_exception(fault, f"{method} {path}", is_write=is_write) from fault

    def _content(self, response: httpx.Response, deadline: float) -> bytes:
        content = bytearray()
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > self._max_bytes:
                raise TooLarge(f"the answer is larger than max_body_bytes = {self._max_bytes}")
            if time.monotonic() > deadline:
                raise httpx.ReadTimeout(f"the answer did not end within {self._timeout_s} s")
        return bytes(content)


def _parsed(content: bytes, response: httpx.Response) -> Any:
    """The body as JSON; a failure's body may be anything, a proxy's page for instance."""
    if not content.strip():
        return None
    try:
        return json.loads(content, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError) as fault:
        if response.is_success:
            raise BadBody(f"not JSON: {fault}") from fault
        return None


def _no_number(token: str) -> NoReturn:
    raise ValueError(f"{token} is not a number of JSON")
