"""What stands before every operation: faults, credentials, rate, scope, the body, and once-only for POST."""

import asyncio
import json
from dataclasses import dataclass

from starlette.requests import Request

from sandbox.clarity.answers import digest
from sandbox.clarity.auth import Credential, refused
from sandbox.clarity.calls import Call, JsonObject, Problem, Reply
from sandbox.clarity.faults import FaultName, Faults
from sandbox.clarity.limits import retry_after
from sandbox.clarity.routes import Route
from sandbox.clarity.site import Site

ANONYMOUS = "anonymous"


@dataclass(frozen=True)
class Admission:
    """A request that was let in."""

    credential: Credential
    call: Call
    raw_body: bytes


def refuse_by_fault(site: Site, method: str, path: str) -> None:
    """Raises the `Problem` of whichever refusing fault strikes this request."""
    faults = site.faults
    if fault := faults.take(FaultName.MAINTENANCE, method, path):
        headers = {"Retry-After": retry_after(fault.value or 1)}
        raise Problem(503, "maintenance", "the site is being maintained", headers=headers)
    if fault := faults.take(FaultName.RATE_LIMITED, method, path):
        raise site.limits.refusal(fault.value or 1)
    if fault := faults.take(FaultName.SERVER_ERROR, method, path):
        raise Problem(int(fault.value or 500), "internal", "something broke")
    if fault := faults.take(FaultName.LOCKED, method, path):
        headers = {"Retry-After": retry_after(fault.value or 1)}
        raise Problem(423, "locked", "somebody edits this in the back office", headers=headers)
    _refuse_credential(faults, method, path)


def _refuse_credential(faults: Faults, method: str, path: str) -> None:
    if faults.take(FaultName.UNAUTHORISED, method, path):
        raise refused("invalid_token", "the token is not known")


def authenticate(site: Site, request: Request) -> Credential:
    """Who calls; raises `Problem` 401."""
    headers = dict(request.headers)
    if "x-api-key" in headers and site.faults.take(FaultName.KEY_REVOKED, request.method, request.url.path):
        raise refused("invalid_token", "the API key was revoked")
    return site.auth.credential(headers)


async def read_body(request: Request) -> tuple[bytes, JsonObject]:
    """The body as bytes and as an object, `{}` when there is none; raises `Problem` 400."""
    raw = await request.body()
    if not raw:
        return raw, {}
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise Problem(400, "malformed_json", f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise Problem(400, "malformed_json", "the body must be a JSON object")
    return raw, body


async def hold_if_slow(site: Site, call: Call) -> None:
    """The fault `slow`: the work begins late."""
    if fault := site.faults.take(FaultName.SLOW, call.method, call.path):
        await asyncio.sleep(fault.value or 1)


async def perform(site: Site, route: Route, admission: Admission, key: str | None) -> Reply:
    """Runs the operation in one transaction; a POST runs once per idempotency key. Raises `Problem`."""
    call = admission.call
    if call.method != "POST":
        await hold_if_slow(site, call)
        with site.store.transaction():
            return route.operation(site, call)
    if not key or len(key) > 128:
        detail = "send Idempotency-Key with 1 to 128 characters; the same again when you repeat the request"
        raise Problem(400, "idempotency_key_required", detail)
    return await _once(site, route, admission, key)


async def _once(site: Site, route: Route, admission: Admission, key: str) -> Reply:
    credential, call = admission.credential.name, admission.call
    kept = site.answers.begin(credential, key, digest(call.method, call.path, admission.raw_body))
    if kept is not None:
        return kept
    try:
        await hold_if_slow(site, call)
        with site.store.transaction():
            reply = route.operation(site, call)
            site.answers.keep(credential, key, reply)
    except Problem as problem:
        reply = problem.reply()
        site.answers.keep(credential, key, reply)
    finally:
        site.answers.forget(credential, key)
    return reply
