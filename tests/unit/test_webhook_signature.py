"""Webhook signatures: the contract's vectors, each refusal with its word, and rotation (reference clarity.md 2.7)."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError
from standardwebhooks.webhooks import Webhook

from bridge.storefront.clarity.webhook import BadSignature, WebhookScheme, WebhookSettings, sign, verify

BODY = b'{"id":"evt_000000000001","type":"order.created","resource":{"type":"order","id":"10025","version":3}}'
SIGNED_AT = datetime.fromtimestamp(1760000000, UTC)
SECRET = "whsec_test_0123456789abcdef"
CLARITY_DIGEST = "02793e86047dbf37e2682ccd5ce022cd8a201f97860f319604d6c3e62d07270a"
STANDARD_SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
STANDARD_HEADERS = {
    "webhook-id": "msg_000000000001",
    "webhook-timestamp": "1760000000",
    "webhook-signature": "v1,VRJjm1uGz+LuxE6xiA95bbRJLbzvXZURW6YSaUcSU+c=",
}

clarity = WebhookSettings(secrets=(SECRET,))
standard = WebhookSettings(scheme=WebhookScheme.STANDARD, secrets=(STANDARD_SECRET,))
token = WebhookSettings(scheme=WebhookScheme.NONE, secrets=("shared-token",))


def refusal(headers: dict[str, str], body: bytes = BODY, settings: WebhookSettings = clarity) -> str:
    with pytest.raises(BadSignature) as caught:
        verify(headers, body, settings=settings, now=SIGNED_AT)
    return caught.value.reason


def test_contract_vectors_are_signed_and_accepted() -> None:
    assert sign(BODY, settings=clarity, now=SIGNED_AT) == {"X-Clarity-Signature": f"t=1760000000,v1={CLARITY_DIGEST}"}
    assert sign(BODY, settings=standard, now=SIGNED_AT, message_id="msg_000000000001") == STANDARD_HEADERS
    verify({"x-clarity-signature": f"t=1760000000,v1={CLARITY_DIGEST}"}, BODY, settings=clarity, now=SIGNED_AT)
    verify(STANDARD_HEADERS, BODY, settings=standard, now=SIGNED_AT)


def test_the_standard_library_agrees() -> None:
    signature = Webhook(STANDARD_SECRET).sign("msg_000000000001", SIGNED_AT, BODY.decode())
    assert signature == STANDARD_HEADERS["webhook-signature"]


@pytest.mark.parametrize("settings", [clarity, standard])
@pytest.mark.parametrize(("offset_s", "accepted"), [(300, True), (-300, True), (301, False), (-301, False)])
def test_tolerance_is_300_seconds_either_way(settings: WebhookSettings, offset_s: int, accepted: bool) -> None:
    headers = sign(BODY, settings=settings, now=SIGNED_AT, message_id="m")
    now = SIGNED_AT + timedelta(seconds=offset_s)
    if accepted:
        verify(headers, BODY, settings=settings, now=now)
    else:
        with pytest.raises(BadSignature, match="stale"):
            verify(headers, BODY, settings=settings, now=now)


@pytest.mark.parametrize("scheme", [WebhookScheme.CLARITY, WebhookScheme.STANDARD])
def test_rotation_accepts_old_and_new_on_both_sides(scheme: WebhookScheme) -> None:
    old, new = STANDARD_SECRET, "whsec_" + base64.b64encode(b"another key").decode()
    only = {name: WebhookSettings(scheme=scheme, secrets=(name,)) for name in (old, new)}
    both = WebhookSettings(scheme=scheme, secrets=(new, old))
    by_both = sign(BODY, settings=both, now=SIGNED_AT, message_id="m")
    for settings in only.values():
        verify(by_both, BODY, settings=settings, now=SIGNED_AT)
        verify(sign(BODY, settings=settings, now=SIGNED_AT, message_id="m"), BODY, settings=both, now=SIGNED_AT)
    assert refusal(sign(BODY, settings=only[old], now=SIGNED_AT, message_id="m"), settings=only[new]) == "mismatch"


@pytest.mark.parametrize(
    ("header", "word"),
    [
        ("", "missing"),
        (CLARITY_DIGEST, "malformed"),
        ("t=1760000000", "malformed"),
        (f"v1={CLARITY_DIGEST}", "malformed"),
        (f"t=1760000000,t=1760000000,v1={CLARITY_DIGEST}", "malformed"),
        (f"t=1760000000,v0={CLARITY_DIGEST}", "malformed"),
        (f"t=1760000000,v1={CLARITY_DIGEST.upper()}", "mismatch"),
        ("t=1760000000,v1=", "mismatch"),
        ("t=1760000000,v1=\udc80é", "mismatch"),
    ],
)
def test_clarity_refusals(header: str, word: str) -> None:
    assert refusal({"X-Clarity-Signature": header}) == word


def test_standard_refusals() -> None:
    without_id = {name: value for name, value in STANDARD_HEADERS.items() if name != "webhook-id"}
    assert refusal(without_id, settings=standard) == "missing"
    assert refusal({**STANDARD_HEADERS, "webhook-signature": "v1a,abc"}, settings=standard) == "malformed"
    assert refusal({**STANDARD_HEADERS, "webhook-id": "msg_000000000002"}, settings=standard) == "mismatch"
    assert refusal({}, settings=standard) == "missing"


def test_time_that_is_no_number_is_refused_even_when_signed() -> None:
    for seconds in ("1760000000.5", "-1", "١٧٦٠٠٠٠٠٠٠", "1" * 13):
        headers = _signed_with_time(seconds)
        assert refusal(headers) == "malformed"


def _signed_with_time(seconds: str) -> dict[str, str]:
    digest = hmac.new(SECRET.encode(), f"{seconds}.".encode() + BODY, hashlib.sha256).hexdigest()
    return {"X-Clarity-Signature": f"t={seconds},v1={digest}"}


def test_shared_token() -> None:
    verify(sign(b"anything", settings=token, now=SIGNED_AT), BODY, settings=token, now=SIGNED_AT)
    assert refusal({}, settings=token) == "missing"
    assert refusal({"X-Clarity-Token": "guess"}, settings=token) == "mismatch"


def test_body_need_not_be_text() -> None:
    body = b"\xff\xfe\x00"
    for settings in (clarity, standard):
        headers = sign(body, settings=settings, now=SIGNED_AT, message_id="m")
        verify(headers, body, settings=settings, now=SIGNED_AT)


def test_header_names_come_from_the_profile() -> None:
    settings = WebhookSettings(secrets=(SECRET,), signature_header="X-Shop-Sig")
    headers = sign(BODY, settings=settings, now=SIGNED_AT)
    assert list(headers) == ["X-Shop-Sig"]
    verify(headers, BODY, settings=settings, now=SIGNED_AT)


def test_settings_refuse_no_secret_and_never_show_one() -> None:
    with pytest.raises(ValidationError):
        WebhookSettings(secrets=())
    with pytest.raises(ValidationError):
        WebhookSettings(secrets=("",))
    with pytest.raises(ValidationError) as caught:
        WebhookSettings(scheme=WebhookScheme.STANDARD, secrets=("whsec_not/base64!",))
    assert "not/base64" not in str(caught.value)
    assert SECRET not in repr(clarity)
