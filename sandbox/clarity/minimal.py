"""The profile `clarity-minimal`: an older site with the least that can work (reference clarity.md 2.12).

PascalCase under /api, an API key, page numbers, local times without an offset, integer keys, HTTP 200 whatever the
application says (only what stands before it, such as the rate limit or a maintenance page, has another status), and
neither entity tags nor idempotency keys nor webhooks. Acknowledgements can be read back, since nothing else tells
whether one has arrived.
"""

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.routing import Route as HttpRoute

from sandbox.clarity import customers, figures, invoices, orders, pascal, shipments
from sandbox.clarity.answering import distort, json_response, spoil
from sandbox.clarity.calls import Call, JsonObject, Problem, Reply, invalid
from sandbox.clarity.gate import authenticate, hold_if_slow, read_body, refuse_by_fault
from sandbox.clarity.listing import DEFAULT_LIMIT, bounded, tombstones_from
from sandbox.clarity.resources import (
    CONTRACT_PRICE,
    CUSTOMER,
    INVOICE,
    LIST_PRICE,
    ORDER,
    PAYMENT,
    PRICE,
    PRODUCT,
    SHIPMENT,
    STOCK,
    Wanted,
)
from sandbox.clarity.routes import ROUTES, Operation, Route
from sandbox.clarity.site import Site
from sandbox.clarity.times import to_text
from sandbox.clarity.trail import ACKNOWLEDGEMENT

BASE = "/api"
_LAST_PAGE = 1_000_000
_Endpoint = Callable[[Request], Awaitable[Response]]


def http_routes(site: Site) -> list[BaseRoute]:
    """Every operation on resources, and the ping; no events, no webhooks, no tokens."""
    served = {(route.method, route.path): route for route in ROUTES if route.path.split("/")[1] in _SERVED}
    for route in _OWN:
        served[route.method, route.path] = route
    return [
        *(
            HttpRoute(f"{BASE}{route.path}", _endpoint(site, route), methods=[route.method])
            for route in served.values()
        ),
        HttpRoute("/{rest:path}", _unknown, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]


def _endpoint(site: Site, route: Route) -> _Endpoint:
    kind = _KINDS.get(route.path.split("/")[1])

    async def endpoint(request: Request) -> Response:
        method, path = request.method, request.url.path
        try:
            refuse_by_fault(site, method, path)
            site.limits.spend(authenticate(site, request).name)
            _, body = await read_body(request)
            call = _call(site, request, kind, body)
            await hold_if_slow(site, call)
            with site.store.transaction():
                reply = route.operation(site, call)
            good = distort(site.faults, method, path, _numbered(site, kind, reply.body or {}))
        except Problem as problem:
            return _refusal(problem)
        response = json_response({"Success": True, **pascal.render(good, site.settings.zone)}, 200, {})
        return spoil(site.faults, method, path, response)

    return endpoint


async def _unknown(request: Request) -> Response:
    return _refusal(Problem(404, "not_found", f"there is no {request.method} {request.url.path}"))


def _refusal(problem: Problem) -> Response:
    failures = [{"Code": error.code, "Field": error.field, "Message": error.message} for error in problem.errors]
    body = {"Success": False, "Failures": failures or [{"Code": problem.code, "Message": problem.detail}]}
    stands_before = problem.status == 429 or problem.status >= 500
    return json_response(body, problem.status if stands_before else 200, problem.headers)


def _call(site: Site, request: Request, kind: str | None, body: JsonObject) -> Call:
    args = dict(request.path_params)
    if kind and "id" in args:
        args["id"] = _id_of(site, kind, str(args["id"]))
    query = {pascal.to_camel(name): value for name, value in request.query_params.items()}
    camel = pascal.parse(body)
    for name, referred in _REFERENCES.items():
        if query.get(name):
            query[name] = _known_as(site, referred, query[name]) or ""
        if camel.get(name) is not None:
            camel[name] = _require_known(site, name, referred, camel[name])
    return Call(request.method, request.url.path, args=args, query=query, body=camel, if_match="*")


def _id_of(site: Site, kind: str, number: str) -> str:
    found = _known_as(site, kind, number)
    if found is None:
        raise Problem(404, "not_found", f"{kind} {number!r} is not known")
    return found


def _require_known(site: Site, field: str, kind: str, number: object) -> str:
    found = _known_as(site, kind, str(number))
    if found is None:
        raise invalid(field, f"unknown_{kind}", f"there is no {kind} {number!r}")
    return found


def _known_as(site: Site, kind: str, number: str) -> str | None:
    return site.resources.id_of(kind, int(number)) if number.isascii() and number.isdigit() else None


def _numbered(site: Site, kind: str | None, body: JsonObject) -> JsonObject:
    """Integers in place of the ids by which others refer to a resource: ID on itself, the customer of an order."""
    if "results" in body:
        return {**body, "results": [_numbered(site, kind, row) for row in body["results"]]}
    numbered = dict(body)
    if kind and "version" in numbered and (number := _number_of(site, kind, numbered["id"])):
        numbered["ID"] = number
        del numbered["id"]
    for name, referred in _REFERENCES.items():
        if numbered.get(name) is not None:
            numbered[name] = _number_of(site, referred, numbered[name])
    if isinstance(numbered.get("customer"), dict) and numbered["customer"].get("id"):
        number = _number_of(site, CUSTOMER, numbered["customer"]["id"])
        numbered["customer"] = {**numbered["customer"], "id": number}
    return numbered


def _number_of(site: Site, kind: str, resource_id: str) -> int | None:
    found = site.resources.find(kind, resource_id)
    return found.number if found else None


def _listing(
    kind: str, filters: tuple[str, ...], fixed: Callable[[Call], Mapping[str, str]] = lambda _call: {}
) -> Operation:
    def pages(site: Site, call: Call) -> Reply:
        size = bounded(call.query, "pageSize", DEFAULT_LIMIT)
        page = bounded(call.query, "page", 1, _LAST_PAGE)
        since = call.query.get("modifiedSince")
        wanted = Wanted(
            visible_at=site.visible_at(),
            updated_since=pascal.from_local(since, site.settings.zone) if since else "",
            with_deleted=call.query.get("includeDeleted") == "true",
            tombstones_from=tombstones_from(site),
            filters={**{name: call.query[name] for name in filters if name in call.query}, **fixed(call)},
        )
        rows = site.resources.page(kind, wanted, limit=size, offset=(page - 1) * size)
        count = site.resources.count(kind, wanted)
        shown = {"results": [row.render() for row in rows], "asOf": to_text(site.now())}
        return Reply({**shown, "page": page, "pageSize": size, "totalPages": -(-count // size), "totalCount": count})

    return pages


def _list_acknowledgements(site: Site, call: Call) -> Reply:
    order = site.read(ORDER, call.args["id"])
    return Reply({"results": site.trail.of(order.id)[ACKNOWLEDGEMENT]})


_SERVED = {
    "ping", "orders", "customers", "products", "inventory", "prices", "price-lists", "shipments", "invoices",
    "payments",
}  # fmt: skip
_KINDS = {"orders": ORDER, "customers": CUSTOMER, "shipments": SHIPMENT, "invoices": INVOICE, "payments": PAYMENT}
"""What the integer in a path, or the ID of an answer, stands for; stock, prices and products are known by their sku."""

_REFERENCES = {"orderId": ORDER, "customerId": CUSTOMER}
_OWN = (
    Route("GET", "/orders", _listing(ORDER, orders.FILTERS)),
    Route("GET", "/customers", _listing(CUSTOMER, customers.FILTERS)),
    Route("GET", "/products", _listing(PRODUCT, ())),
    Route("GET", "/inventory", _listing(STOCK, figures.FILTERS)),
    Route("GET", "/prices", _listing(PRICE, figures.FILTERS)),
    Route("GET", "/price-lists/{code}", _listing(LIST_PRICE, figures.FILTERS, figures.price_list_of)),
    Route("GET", "/customers/{id}/prices", _listing(CONTRACT_PRICE, figures.FILTERS, figures.customer_of)),
    Route("GET", "/shipments", _listing(SHIPMENT, shipments.FILTERS)),
    Route("GET", "/invoices", _listing(INVOICE, invoices.FILTERS)),
    Route("GET", "/payments", _listing(PAYMENT, invoices.FILTERS)),
    Route("GET", "/orders/{id}/acknowledgements", _list_acknowledgements),
)
