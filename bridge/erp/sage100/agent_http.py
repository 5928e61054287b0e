"""HTTP to one Sage agent, with its failures as errors of the port."""

import ssl
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, Field, FilePath, SecretStr
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from bridge.erp.sage100.wire import API_KEY_HEADER, error_from_wire
from bridge.errors import TidegateError, Uncertain, Unreachable
from bridge.ports.observer import Heard, unheard
from bridge.tls import believed

_WITH_IDS = frozenset({"session", "batch"})
"""What comes after these in a path is an id."""

_NOT_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class SageAgentSettings(BaseModel):
    """How one Sage agent is reached."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(description="Where the agent is, such as https://sage-host:8443.")
    api_key: SecretStr = Field(description="The agent's own api_key.")
    ca_file: FilePath | None = Field(None, description="Certificates to trust in place of the system's.")
    connect_timeout_s: float = Field(5, gt=0, description="Longest wait for a connection.")
    line_timeout_s: float = Field(60, gt=0, description="Longest wait for a record's line; above call_deadline_s.")
    answer_timeout_s: float = Field(150, gt=0, description="Longest wait for an opening or a read.")
    read_attempts: int = Field(3, ge=1, description="How often an opening or a read is tried when the line breaks.")
    batch_size: int = Field(50, ge=1, description="Most records in one request.")
    session_limit: int = Field(1, ge=1, description="The agent's own session_limit.")


class NotConnected(Unreachable):
    """The request got no answer of ours, and it may be repeated: it was no write."""


class AgentHttp:
    """Requests of three kinds: `once`, `repeat` for what may be repeated, and the `stream` of a batch."""

    def __init__(self, settings: SageAgentSettings, heard: Heard = unheard) -> None:
        self._settings = settings
        self._heard = heard
        self._client = httpx.Client(
            base_url=settings.url,
            headers={API_KEY_HEADER: settings.api_key.get_secret_value()},
            limits=httpx.Limits(max_keepalive_connections=0),
            verify=_whom_we_believe(settings),
            trust_env=False,
        )
        self._retrying = Retrying(
            stop=stop_after_attempt(settings.read_attempts),
            wait=wait_random_exponential(multiplier=0.2, max=2),
            retry=retry_if_exception_type(NotConnected),
            reraise=True,
        )

    def close(self) -> None:
        """Closes the client."""
        self._client.close()

    def once(self, method: str, path: str, headers: dict[str, str], body: object | None = None) -> Any:
        """One request that writes no record; raises what the agent answered, or `Unreachable`."""
        with self._timed(method, path):
            return self._once(method, path, headers, body)

    def _once(self, method: str, path: str, headers: dict[str, str], body: object | None) -> Any:
        timeout = self._timeout(self._settings.answer_timeout_s)
        try:
            response = self._client.request(method, path, headers=headers, json=body, timeout=timeout)
        except httpx.HTTPError as broken:
            raise NotConnected(f"{method} {path}: {broken or type(broken).__name__}") from broken
        if response.is_success:
            return response.json()
        raise _told(response) or NotConnected(f"{method} {path}: an answer {response.status_code} that is not ours")

    def repeat(self, method: str, path: str, headers: dict[str, str], body: object | None = None) -> Any:
        """A request that may be repeated, tried a few times while nothing answers."""
        return self._retrying(self.once, method, path, headers, body)

    def stream(self, path: str, headers: dict[str, str], body: object) -> Generator[str]:
        """Sends a batch, and gives the lines of its answer. Never repeated. Close it to leave it early.

        Raises `Unreachable` when no connection was made, what the agent answered when it refused the batch whole, and
        `Uncertain` for anything else: the request was on its way.
        """
        lines = self._stream(path, headers, body)
        next(lines)
        return lines

    def _stream(self, path: str, headers: dict[str, str], body: object) -> Generator[str]:
        """An empty line once the agent has taken the batch, then its own."""
        timeout = self._timeout(self._settings.line_timeout_s)
        with (
            self._timed("POST", path),
            _in_doubt(path),
            self._client.stream("POST", path, headers=headers, json=body, timeout=timeout) as response,
        ):
            if response.status_code != httpx.codes.OK:
                response.read()
                raise _told(response) or Uncertain(f"{path}: an answer {response.status_code} that is not the agent's")
            yield ""
            yield from response.iter_lines()

    @contextmanager
    def _timed(self, method: str, path: str) -> Iterator[None]:
        began_s, came_to = time.monotonic(), "ok"
        try:
            yield
        except TidegateError as error:
            came_to = type(error).__name__
            raise
        finally:
            self._heard(_kind_of(method, path), came_to, time.monotonic() - began_s)

    def _timeout(self, read_s: float) -> httpx.Timeout:
        return httpx.Timeout(read_s, connect=self._settings.connect_timeout_s)


def _kind_of(method: str, path: str) -> str:
    """What all calls like this one have in common, such as `POST /SO/SalesOrder/probe`."""
    first = path.split("/")[1]
    return f"{method} /{first}" if first in _WITH_IDS else f"{method} {path}"


@contextmanager
def _in_doubt(path: str) -> Iterator[None]:
    try:
        yield
    except _NOT_CONNECTED as broken:
        raise Unreachable(f"{path}: no connection: {broken}") from broken
    except httpx.HTTPError as broken:
        raise Uncertain(f"{path}: {type(broken).__name__} {broken}") from broken


def _told(response: httpx.Response) -> TidegateError | None:
    """What the agent itself said; None for the page of some proxy, or of an agent in trouble."""
    try:
        return error_from_wire(response.json())
    except ValueError:
        return None


def _whom_we_believe(settings: SageAgentSettings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=settings.ca_file) if settings.ca_file else believed(trust_env=False)
