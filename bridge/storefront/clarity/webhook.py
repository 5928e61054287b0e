"""Signs and verifies webhooks over their raw bytes, before anybody parses them (reference clarity.md 2.7). Pure.

The `standardwebhooks` library is not used to verify: it decodes the body as UTF-8 (any other byte ends in a traceback
instead of a refusal), reads the machine's clock instead of being told the time, and knows one secret only, where a
rotation needs two. The tests use it as a second opinion.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from bridge.errors import TidegateError

_UNIX_SECONDS = re.compile(r"[0-9]{1,12}")
_STANDARD_PREFIX = "whsec_"


class WebhookScheme(StrEnum):
    """How a site vouches for its webhooks."""

    CLARITY = "clarity"
    STANDARD = "standard-webhooks"
    NONE = "none"


class Reason(StrEnum):
    """Why a webhook was refused; one word, fit for a counter's label."""

    MISSING = "missing"
    MALFORMED = "malformed"
    MISMATCH = "mismatch"
    STALE = "stale"


class BadSignature(TidegateError):
    """The webhook is not vouched for: answer 401, do not parse it, keep nothing of it but a count."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"webhook refused: {reason}")
        self.reason = reason


class WebhookSettings(BaseModel):
    """How one connection's webhooks are signed. Several secrets are valid at once while one is being rotated.

    With scheme `none` each secret is a token that the site sends in `token_header`; the allow-list of addresses
    that belongs to it is the receiver's business.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    scheme: WebhookScheme = WebhookScheme.CLARITY
    secrets: tuple[Annotated[SecretStr, Field(min_length=1)], ...] = Field(min_length=1)
    tolerance_s: int = Field(default=300, gt=0)
    signature_header: str = "X-Clarity-Signature"
    token_header: str = "X-Clarity-Token"  # noqa: S105 - the name of a header
    standard_id_header: str = "webhook-id"
    standard_timestamp_header: str = "webhook-timestamp"
    standard_signature_header: str = "webhook-signature"

    @model_validator(mode="after")
    def _secrets_can_be_read(self) -> Self:
        if self.scheme is WebhookScheme.STANDARD:
            for secret in self.secrets:
                _standard_key(secret)
        return self


def verify(headers: Mapping[str, str], body: bytes, *, settings: WebhookSettings, now: datetime) -> None:
    """Returns if any valid secret vouches for `body` and its time is near `now` (zoned); raises `BadSignature`.

    Header names are compared without case. Which secret fits is not revealed by timing. The same call again gives
    the same answer: replays inside the tolerance are for the event's id to catch.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    _VERIFIERS[settings.scheme](lowered, body, settings, now)


def sign(body: bytes, *, settings: WebhookSettings, now: datetime, message_id: str = "") -> dict[str, str]:
    """The headers with which a site vouches for `body` at `now`; one signature per secret. For the sandbox and tests.

    `message_id` matters to scheme `standard-webhooks` only, which signs it too.
    """
    seconds = str(int(now.timestamp()))
    if settings.scheme is WebhookScheme.CLARITY:
        marks = [f"v1={digest}" for digest in _clarity_digests(seconds, body, settings)]
        return {settings.signature_header: ",".join([f"t={seconds}", *marks])}
    if settings.scheme is WebhookScheme.STANDARD:
        return {
            settings.standard_id_header: message_id,
            settings.standard_timestamp_header: seconds,
            settings.standard_signature_header: " ".join(
                f"v1,{digest}" for digest in _standard_digests(message_id, seconds, body, settings)
            ),
        }
    return {settings.token_header: settings.secrets[0].get_secret_value()}


def _verify_clarity(headers: Mapping[str, str], body: bytes, settings: WebhookSettings, now: datetime) -> None:
    pairs = [part.partition("=") for part in _wanted(headers, settings.signature_header).split(",")]
    times = [value for key, _, value in pairs if key == "t"]
    given = [value for key, _, value in pairs if key == "v1"]
    if len(times) != 1 or not given:
        raise BadSignature(Reason.MALFORMED)
    _require_match(given, _clarity_digests(times[0], body, settings))
    _require_fresh(times[0], settings, now)


def _verify_standard(headers: Mapping[str, str], body: bytes, settings: WebhookSettings, now: datetime) -> None:
    message_id = _wanted(headers, settings.standard_id_header)
    seconds = _wanted(headers, settings.standard_timestamp_header)
    marks = [mark.partition(",") for mark in _wanted(headers, settings.standard_signature_header).split(" ")]
    given = [digest for version, _, digest in marks if version == "v1"]
    if not given:
        raise BadSignature(Reason.MALFORMED)
    _require_match(given, _standard_digests(message_id, seconds, body, settings))
    _require_fresh(seconds, settings, now)


def _verify_token(headers: Mapping[str, str], _body: bytes, settings: WebhookSettings, _now: datetime) -> None:
    given = _wanted(headers, settings.token_header)
    _require_match([given], [secret.get_secret_value() for secret in settings.secrets])


_VERIFIERS = {
    WebhookScheme.CLARITY: _verify_clarity,
    WebhookScheme.STANDARD: _verify_standard,
    WebhookScheme.NONE: _verify_token,
}


def _wanted(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name.lower())
    if not value:
        raise BadSignature(Reason.MISSING)
    return value


def _require_match(given: Iterable[str], valid: Iterable[str]) -> None:
    # Every pair is compared, as text and in constant time, so that neither the place nor a second spelling of the
    # same bytes (upper-case hex, loose base64) tells or admits anything.
    wanted = [text.encode() for text in valid]
    matches = [
        hmac.compare_digest(text.encode("utf-8", "surrogateescape"), candidate)
        for text in given
        for candidate in wanted
    ]
    if not any(matches):
        raise BadSignature(Reason.MISMATCH)


def _require_fresh(seconds: str, settings: WebhookSettings, now: datetime) -> None:
    if not _UNIX_SECONDS.fullmatch(seconds):
        raise BadSignature(Reason.MALFORMED)
    if abs(now.timestamp() - int(seconds)) > settings.tolerance_s:
        raise BadSignature(Reason.STALE)


def _clarity_digests(seconds: str, body: bytes, settings: WebhookSettings) -> list[str]:
    signed = seconds.encode("utf-8", "surrogateescape") + b"." + body
    return [
        hmac.new(secret.get_secret_value().encode(), signed, hashlib.sha256).hexdigest() for secret in settings.secrets
    ]


def _standard_digests(message_id: str, seconds: str, body: bytes, settings: WebhookSettings) -> list[str]:
    signed = f"{message_id}.{seconds}.".encode("utf-8", "surrogateescape") + body
    return [
        base64.b64encode(hmac.digest(_standard_key(secret), signed, "sha256")).decode() for secret in settings.secrets
    ]


def _standard_key(secret: SecretStr) -> bytes:
    text = secret.get_secret_value().removeprefix(_STANDARD_PREFIX)
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        key = b""
    if not key:
        raise ValueError("secrets: scheme standard-webhooks needs base64 after the prefix whsec_; copy it again")
    return key
