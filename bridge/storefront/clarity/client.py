"""Calls a Clarity site: rate limit, credentials, and a few tries while a fault is transient."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from bridge.errors import Throttled, TidegateError, TryLater, Uncertain, Unreachable
from bridge.ports.observer import Heard, unheard
from bridge.storefront.clarity.classify import Answer, Fault, classify
from bridge.storefront.clarity.credentials import Credentials
from bridge.storefront.clarity.profile import Profile
from bridge.storefront.clarity.rate_limit import Budget, wait_for_turn
from bridge.storefront.clarity.settings import ClaritySettings
from bridge.storefront.clarity.transport import Transport


@dataclass(frozen=True)
class Call:
    """One call under the profile's base path. A write that carries a key in `headers` may be repeated."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    is_repeatable: bool = False

    @property
    def is_write(self) -> bool:
        """Whether it may change something at the site."""
        return self.method != "GET"

    @property
    def kind(self) -> str:
        """What all calls like this one have in common, such as `GET /orders`: the path's beginning, without an id."""
        return f"{self.method} /{self.path.strip('/').partition('/')[0]}"


class ClarityClient:
    """One worker's way to one site; all workers share its budget and token through what is passed in."""

    def __init__(
        self,
        settings: ClaritySettings,
        profile: Profile,
        *,
        transport: Transport,
        credentials: Credentials,
        budget: Budget,
        heard: Heard = unheard,
    ) -> None:
        self._settings = settings
        self._profile = profile
        self._transport = transport
        self._credentials = credentials
        self._budget = budget
        self._heard = heard

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """Reads; repeated while faults are transient. Raises `Refused` (with the site's code) and as `call`."""
        return self.call(Call("GET", path, params=params or {}, is_repeatable=True))

    def call(self, call: Call) -> Answer:
        """The successful answer.

        Raises `Refused`, `Throttled`, `Unreachable`, `Unauthorised`, `TryLater`, `Uncertain`, `Misconfigured`.
        """
        tries = Retrying(
            stop=stop_after_attempt(self._settings.tries),
            wait=wait_random_exponential(multiplier=0.2, max=5),
            retry=retry_if_exception(lambda fault: self._may_repeat(call, fault)),
            reraise=True,
        )
        doubts: list[Uncertain] = []
        try:
            return tries(self._once, call, doubts)
        except Fault as fault:
            raise _end(fault.error, doubts) from fault
        except TryLater as error:
            if doubts:
                raise doubts[0] from error
            raise

    def _may_repeat(self, call: Call, fault: BaseException) -> bool:
        if not isinstance(fault, Fault):
            return False
        if isinstance(fault.error, Throttled):  # refused without effect; the shared pause does the waiting
            return (fault.error.after_s or 0) <= self._settings.max_wait_s
        return fault.is_transient and (call.is_repeatable or isinstance(fault.error, Unreachable))

    def _once(self, call: Call, doubts: list[Uncertain]) -> Answer:
        try:
            return self._attempt(call)
        except Fault as fault:
            if isinstance(fault.error, Uncertain):
                doubts.append(fault.error)
            if fault.pause_all_s:
                self._budget.pause(fault.pause_all_s)
            raise

    def _attempt(self, call: Call) -> Answer:
        secret = self._credentials.present()
        answer = self._send(call, secret)
        if answer.status == 401 and (other := self._credentials.renewed(secret)):
            answer = self._send(call, other)
        if fault := classify(answer, self._profile):
            raise fault
        return answer

    def _send(self, call: Call, secret: str) -> Answer:
        wait_for_turn(self._budget, self._settings.max_wait_s)
        answer = self._timed(call, secret)
        limit = answer.headers.get(self._profile.limits.advertised, "")
        if limit.isdecimal():
            self._budget.advertise(int(limit))
        return answer

    def _timed(self, call: Call, secret: str) -> Answer:
        began_s, came_to = time.monotonic(), "no answer"
        try:
            answer = self._transport.send(
                call.method,
                self._profile.base_path + call.path,
                headers=self._headers(call, secret),
                is_write=call.is_write,
                params=call.params,
                body=call.body,
            )
            came_to = "429" if answer.status == 429 else f"{answer.status // 100}xx"
            return answer
        finally:
            self._heard(call.kind, came_to, time.monotonic() - began_s)

    def _headers(self, call: Call, secret: str) -> dict[str, str]:
        site = {self._profile.site_header: self._settings.site_id} if self._settings.site_id else {}
        shown = dict([self._credentials.header(secret)])
        return {"Accept": "application/json", "X-Request-Id": str(uuid.uuid4()), **site, **shown, **call.headers}


def _end(error: TidegateError, doubts: list[Uncertain]) -> TidegateError:
    """What a call came to: an earlier try may have taken effect, whatever kept the last one from being sent."""
    return doubts[0] if doubts and isinstance(error, TryLater) else error
