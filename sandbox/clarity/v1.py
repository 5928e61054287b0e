"""The profile `clarity-v1`: camelCase JSON under /api/v1, problem details, entity tags, rate-limit headers."""

import uuid
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.routing import Route as HttpRoute

from sandbox.clarity.answering import distort, json_response, spoil
from sandbox.clarity.auth import TokenRefusal
from sandbox.clarity.calls import Call, Problem, Reply
from sandbox.clarity.edits import etag
from sandbox.clarity.faults import FaultName
from sandbox.clarity.gate import ANONYMOUS, Admission, authenticate, perform, read_body, refuse_by_fault
from sandbox.clarity.routes import ROUTES, Route
from sandbox.clarity.site import Site

BASE = "/api/v1"
_Endpoint = Callable[[Request], Awaitable[Response]]


def http_routes(site: Site) -> list[BaseRoute]:
    """The token endpoint, every operation, and a 404 in the contract's form for the rest."""
    operations = [HttpRoute(f"{BASE}{route.path}", _endpoint(site, route), methods=[route.method]) for route in ROUTES]
    rest = HttpRoute(f"{BASE}/{{rest:path}}", _unknown, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    return [HttpRoute("/oauth/token", _token_endpoint(site), methods=["POST"]), *operations, rest]


def _token_endpoint(site: Site) -> _Endpoint:
    async def token(request: Request) -> Response:
        try:
            refuse_by_fault(site, request.method, request.url.path)
            answer = site.auth.issue(dict(request.headers), await request.body())
        except TokenRefusal as refusal:
            return JSONResponse({"error": refusal.error}, refusal.status)
        except Problem as problem:
            return _answer(request, problem.reply())
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    return token


def _endpoint(site: Site, route: Route) -> _Endpoint:
    async def endpoint(request: Request) -> Response:
        name = ANONYMOUS
        try:
            refuse_by_fault(site, request.method, request.url.path)
            credential = authenticate(site, request)
            name = credential.name
            site.limits.spend(name)
            credential.require(route.scope)
            _require_site(site, request)
            raw_body, body = await read_body(request)
            admission = Admission(credential, _call(request, body), raw_body)
            reply = await perform(site, route, admission, request.headers.get("idempotency-key"))
        except Problem as problem:
            reply = problem.reply()
        response = _not_modified(site, request, reply) or _answer(request, _bent(site, request, reply))
        response.headers.update(site.limits.headers(name))
        if reply.status >= 400:
            return response
        return spoil(site.faults, request.method, request.url.path, response)

    return endpoint


async def _unknown(request: Request) -> Response:
    return _answer(request, Problem(404, "not_found", f"there is no {request.method} {request.url.path}").reply())


def _require_site(site: Site, request: Request) -> None:
    wanted = request.headers.get("x-clarity-site", site.settings.site)
    if wanted != site.settings.site:
        raise Problem(403, "site_forbidden", f"this credential is for site {site.settings.site!r}, not {wanted!r}")


def _call(request: Request, body: dict[str, object]) -> Call:
    return Call(
        method=request.method,
        path=request.url.path,
        args=request.path_params,
        query=dict(request.query_params),
        body=body,
        if_match=request.headers.get("if-match"),
    )


def _bent(site: Site, request: Request, reply: Reply) -> Reply:
    if reply.body is None or reply.status >= 400:
        return reply
    body = distort(site.faults, request.method, request.url.path, reply.body)
    return Reply(body, reply.status, reply.version, reply.headers)


def _not_modified(site: Site, request: Request, reply: Reply) -> Response | None:
    """304 for a reader who has this version, or, by the fault `stale_read`, for one who has an older one."""
    has = request.headers.get("if-none-match")
    if request.method != "GET" or has is None or reply.version is None:
        return None
    if has != etag(reply.version) and not site.faults.take(FaultName.STALE_READ, request.method, request.url.path):
        return None
    return Response(status_code=304, headers={"ETag": has})


def _answer(request: Request, reply: Reply) -> Response:
    request_id = request.headers.get("x-request-id") or str(uuid.uuid4())
    body = reply.body
    if body is not None and reply.status >= 400:
        body = {**body, "requestId": request_id}
    tag = {"ETag": etag(reply.version)} if reply.version is not None else {}
    return json_response(body, reply.status, {**reply.headers, **tag, "X-Request-Id": request_id})
