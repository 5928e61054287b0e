"""The table of answers and faults: each has one meaning, and what may be repeated is said."""

from typing import Any

import httpx
import pytest

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
from bridge.storefront.clarity.classify import (
    LONGEST_PAUSE_S,
    Answer,
    BadBody,
    TooLarge,
    classify,
    classify_exception,
    retry_after_s,
)
from bridge.storefront.clarity.idempotency import idempotency_key
from bridge.storefront.clarity.profile_file import load_profile

V1, MINIMAL = load_profile("clarity-v1"), load_profile("clarity-minimal")


def answer(
    status: int, code: str | None = None, *, method: str = "GET", headers: dict[str, str] | None = None
) -> Answer:
    body = {"code": code, "detail": "because", "errors": [{"field": "status"}]} if code else None
    return Answer(method, "/orders/1", status, httpx.Headers(headers or {}), body, is_write=method != "GET")


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_a_success(status: int) -> None:
    assert classify(answer(status), V1) is None


@pytest.mark.parametrize(
    ("status", "code", "error", "is_transient"),
    [
        (302, None, Misconfigured, False),
        (400, "malformed_json", Refused, False),
        (401, "invalid_token", Unauthorised, False),
        (401, "expired_token", TryLater, False),
        (403, "insufficient_scope", Unauthorised, False),
        (404, "not_found", Refused, False),
        (409, "conflict", Refused, False),
        (409, "in_progress", TryLater, False),
        (410, "cursor_expired", Refused, False),
        (412, "version_mismatch", Refused, False),
        (418, None, Refused, False),
        (422, "validation_failed", Refused, False),
        (423, "locked", TryLater, False),
        (428, None, Refused, False),
        (429, "rate_limited", Throttled, False),
        (500, "internal", TryLater, True),
        (502, None, TryLater, True),
        (503, "maintenance", TryLater, False),
        (504, None, TryLater, True),
    ],
)
def test_each_refusal_has_one_meaning(status: int, code: str | None, error: type, is_transient: bool) -> None:
    fault = classify(answer(status, code), V1)
    assert fault is not None
    assert type(fault.error) is error
    assert fault.is_transient is is_transient
    assert str(status) in str(fault)


@pytest.mark.parametrize("status", [408, 500, 502, 504])
def test_a_write_that_broke_the_site_is_uncertain(status: int) -> None:
    fault = classify(answer(status, method="POST"), V1)
    assert fault is not None
    assert isinstance(fault.error, Uncertain)


def test_a_refusal_names_code_and_field() -> None:
    fault = classify(answer(422, "illegal_transition"), V1)
    assert fault is not None
    assert isinstance(fault.error, Refused)
    assert (fault.error.code, fault.error.field) == ("illegal_transition", "status")
    assert "because" in str(fault.error)


@pytest.mark.parametrize(
    ("site_code", "error"),
    [("not_found", Refused), ("rate_limited", Throttled), ("invalid_token", Unauthorised), ("odd", Refused)],
)
def test_a_site_that_answers_200_speaks_through_its_code(site_code: str, error: type) -> None:
    body: dict[str, Any] = {"Success": False, "Failures": [{"Code": site_code, "Message": "because", "Field": "Id"}]}
    fault = classify(Answer("GET", "/orders/1", 200, httpx.Headers(), body, is_write=False), MINIMAL)
    assert fault is not None
    assert type(fault.error) is error
    assert (
        classify(Answer("GET", "/orders/1", 200, httpx.Headers(), {"Success": True}, is_write=False), MINIMAL) is None
    )


def test_a_site_s_own_code_can_be_translated() -> None:
    failure = V1.failure.model_copy(update={"codes": {"E404": "gone"}})
    fault = classify(answer(410, "E404"), V1.model_copy(update={"failure": failure}))
    assert fault is not None
    assert isinstance(fault.error, Refused)
    assert fault.error.code == "gone"


@pytest.mark.parametrize(
    ("fault", "read", "write"),
    [
        (httpx.ConnectError("no"), Unreachable, Unreachable),
        (httpx.ConnectTimeout("no"), Unreachable, Unreachable),
        (httpx.PoolTimeout("no"), Unreachable, Unreachable),
        (httpx.ReadTimeout("no"), TryLater, Uncertain),
        (httpx.WriteTimeout("no"), TryLater, Uncertain),
        (httpx.ReadError("no"), TryLater, Uncertain),
        (httpx.RemoteProtocolError("no"), TryLater, Uncertain),
        (BadBody("no"), TryLater, Uncertain),
        (TooLarge("no"), Misconfigured, Uncertain),
    ],
)
def test_a_request_without_an_answer(
    fault: httpx.RequestError | BadBody, read: type[TidegateError], write: type[TidegateError]
) -> None:
    assert type(classify_exception(fault, "GET /", is_write=False).error) is read
    told = classify_exception(fault, "POST /", is_write=True)
    assert type(told.error) is write
    assert told.is_transient is (write is Unreachable)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("Sat, 21 Nov 2026 12:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.0),
        ("Sat, 21 Nov 2099 12:00:00 GMT", LONGEST_PAUSE_S),
        ("999999999", LONGEST_PAUSE_S),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_retry_after_in_both_forms_by_the_site_s_own_clock(text: str, seconds: float | None) -> None:
    headers = httpx.Headers({"Retry-After": text, "Date": "Sat, 21 Nov 2026 12:00:00 GMT"})
    assert retry_after_s(headers) == seconds


def test_an_idempotency_key_says_what_the_write_means() -> None:
    key = idempotency_key("clarity", "order", "10025", "acknowledge", "3")
    assert key == idempotency_key("clarity", "order", "10025", "acknowledge", "3")
    assert len(key) == 64
    others = {
        idempotency_key("clarity", "order", "10025", "acknowledge", "4"),
        idempotency_key("clarity", "order", "1002", "5acknowledge", "3"),
        idempotency_key("clarity", "order", "10025:acknowledge", "", "3"),
        idempotency_key("other", "order", "10025", "acknowledge", "3"),
    }
    assert len(others | {key}) == 5
