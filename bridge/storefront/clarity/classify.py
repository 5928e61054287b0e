"""The one place where a site's answers and a connection's faults become our errors (reference clarity.md 2.3)."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from bridge.errors import (
    Misconfigured,
    Refused,
    Throttled,
    TidegateError,
    TryLater,
    Unauthorised,
    Uncertain,
    Unreachable,
)
from bridge.storefront.clarity.jsonpath import dig
from bridge.storefront.clarity.profile import Profile

LONGEST_PAUSE_S = 3600.0
"""No Retry-After silences a connection for longer; after it the site may say so again."""

EXPIRED_WAIT_S = 30.0
"""How long a connection rests whose token has expired just after it was given. A clock was set in between, or is wrong
at the site: our credentials are good, so nobody need halt it, and one more token in so long is no storm."""

_RESTS_S = {"in_progress": None, "expired_token": EXPIRED_WAIT_S}
"""Codes after which a call waits, and for how long unless the site says so."""

_STATUS_OF_CODE = {
    "invalid_token": 401,
    "expired_token": 401,
    "insufficient_scope": 403,
    "site_forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "duplicate": 409,
    "in_progress": 409,
    "cursor_expired": 410,
    "gone": 410,
    "version_mismatch": 412,
    "locked": 423,
    "rate_limited": 429,
    "internal": 500,
    "maintenance": 503,
}
_CODE_OF_STATUS = {404: "not_found", 409: "conflict", 410: "gone", 412: "version_mismatch"}
_MAYBE_DONE = frozenset({408, 500, 502, 504})
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


@dataclass(frozen=True)
class Answer:
    """One HTTP answer. `body` is parsed JSON with exact numbers, or None when there was none.

    `is_write` says that the request could change something.
    """

    method: str
    path: str
    status: int
    headers: httpx.Headers
    body: Any = field(repr=False)
    is_write: bool


class BadBody(Exception):
    """An answer whose body is not JSON."""


class TooLarge(BadBody):
    """An answer whose body is larger than the settings allow."""


class Fault(Exception):
    """What went wrong.

    `is_transient`: the same call may be tried again at once, if repeating it does no harm. `pause_all_s`: no worker
    of the connection may send anything for so long.
    """

    def __init__(self, error: TidegateError, *, is_transient: bool = False, pause_all_s: float = 0) -> None:
        super().__init__(str(error))
        self.error = error
        self.is_transient = is_transient
        self.pause_all_s = pause_all_s


def classify(answer: Answer, profile: Profile) -> Fault | None:
    """What a complete answer means, or None for a success. Pure but for the clock that an HTTP date needs."""
    if answer.status < 300 and not _tells_failure(answer, profile):
        return None
    site_code = _string(answer.body, profile.failure.code) or _CODE_OF_STATUS.get(answer.status)
    code = profile.failure.codes.get(site_code or "", site_code or f"http_{answer.status}")
    # a site that answers 200 to everything speaks through its code alone
    status = answer.status if answer.status >= 300 else _STATUS_OF_CODE.get(code, 422)
    return _fault(status, code, answer, profile)


def classify_token_refusal(answer: Answer, profile: Profile) -> Fault:
    """What it means that the token endpoint gave no token (RFC 6749, section 5.2)."""
    if answer.status < 300 or answer.status in {400, 401, 403}:
        said = (
            f"{answer.method} {answer.path} answered {answer.status} {dig(answer.body, 'error') or 'without a token'}"
        )
        return Fault(Unauthorised(f"{said}; check client_id, client_secret and the profile's scopes"))
    return classify(answer, profile) or Fault(TryLater(f"{answer.path} answered {answer.status}"))


def classify_exception(fault: httpx.RequestError | BadBody, request: str, *, is_write: bool) -> Fault:
    """What a request (shown as `request`) without a whole answer means: not sent at all, or perhaps done."""
    text = f"{request}: {type(fault).__name__}: {fault}"
    if isinstance(fault, _NEVER_SENT):
        return Fault(Unreachable(f"{text}; no connection was made"), is_transient=True)
    if is_write:
        return Fault(Uncertain(f"{text}; it may have taken effect, repeat it with the same key"))
    if isinstance(fault, TooLarge):
        return Fault(Misconfigured(f"{text}; raise max_body_bytes, or lower limits.pageSize in the profile"))
    return Fault(TryLater(text), is_transient=not isinstance(fault, httpx.TimeoutException))


def retry_after_s(headers: httpx.Headers) -> float | None:
    """Seconds from a Retry-After of either form; a date is measured against the site's own clock."""
    text = headers.get("Retry-After", "").strip()
    if not text:
        return None
    try:
        wait_s = float(text) if text.isdecimal() else (_http_date(text) - _site_clock(headers)).total_seconds()
    except ValueError:
        return None
    return min(max(wait_s, 0.0), LONGEST_PAUSE_S)


def site_clock(headers: httpx.Headers) -> datetime | None:
    """The moment of an answer by the site's clock, in whole seconds."""
    try:
        return _http_date(headers.get("Date", ""))
    except ValueError:
        return None


def _tells_failure(answer: Answer, profile: Profile) -> bool:
    return profile.success.test == "jsonPath" and dig(answer.body, profile.success.path) is not True


def _fault(status: int, code: str, answer: Answer, profile: Profile) -> Fault:
    text = _text(status, code, answer, profile)
    after_s = retry_after_s(answer.headers)
    if status in _MAYBE_DONE:
        return Fault(Uncertain(text) if answer.is_write else TryLater(text, after_s=after_s), is_transient=True)
    if status == 429:
        wait_s = 1.0 if after_s is None else after_s
        return Fault(Throttled(text, after_s=wait_s), pause_all_s=wait_s)
    if status in {423, 425, 503} or code in _RESTS_S:
        rest_s = _RESTS_S.get(code) if after_s is None else after_s
        return Fault(TryLater(text, after_s=rest_s), pause_all_s=(after_s or 0) if status == 503 else 0)
    if status in {401, 403}:
        return Fault(Unauthorised(f"{text}; check the connection's credentials and scopes, then resume it"))
    if status < 400:
        return Fault(Misconfigured(f"{text}: a redirect to {answer.headers.get('Location')!r}; correct base_url"))
    return Fault(Refused(text, field=_string(answer.body, profile.failure.field), code=code))


def _text(status: int, code: str, answer: Answer, profile: Profile) -> str:
    said = _string(answer.body, profile.failure.text) or "no reason given"
    return f"{answer.method} {answer.path} answered {status} {code}: {said[:500]}"


def _string(body: Any, path: str) -> str | None:
    value = dig(body, path)
    return None if value is None else str(value)


def _http_date(text: str) -> datetime:
    moment = parsedate_to_datetime(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _site_clock(headers: httpx.Headers) -> datetime:
    return site_clock(headers) or datetime.now(UTC)
