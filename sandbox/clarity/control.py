"""The control calls under /_sandbox: what shoppers and back office do, and what goes wrong. For tests and the demo."""

import hmac
import time
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.routing import Route as HttpRoute

from sandbox.clarity.audit import account, on_show
from sandbox.clarity.bodies import Customers, Edit, FaultSetting, Moved, Placement, Placements, Products, Told
from sandbox.clarity.calls import JsonObject, Problem, invalid
from sandbox.clarity.edits import new_id, require_text
from sandbox.clarity.faults import Fault, FaultName
from sandbox.clarity.gate import read_body
from sandbox.clarity.money import wrong_sums
from sandbox.clarity.payments import moved
from sandbox.clarity.resources import CUSTOMER, ORDER, PRODUCT, Resource
from sandbox.clarity.site import Site

BASE = "/_sandbox"
TOKEN_HEADER = "X-Sandbox-Token"

_Answerer = Callable[[Site, JsonObject, dict[str, Any]], JsonObject]


def http_routes(site: Site) -> list[BaseRoute]:
    """Every control call; each needs the control token."""
    calls: tuple[tuple[str, str, _Answerer], ...] = (
        ("GET", "/account", lambda site, _body, _args: account(site)),
        ("GET", "/shown", lambda site, _body, _args: on_show(site)),
        ("POST", "/orders", _place),
        ("POST", "/orders/{id}/edit", _edit),
        ("POST", "/orders/{id}/cancel", _cancel),
        ("POST", "/orders/{id}/delete", _delete),
        ("POST", "/orders/{id}/capture", _capture),
        ("POST", "/orders/{id}/refund", _refund),
        ("PUT", "/customers", _put_customers),
        ("PUT", "/products", _put_products),
        ("POST", "/products/{id:path}/edit", _edit_product),
        ("POST", "/customers/{id}/edit", _edit_customer),
        ("POST", "/tokens/expire", lambda site, _body, _args: {"expired": site.auth.expire_all()}),
        ("GET", "/faults", lambda site, _body, _args: {"faults": site.faults.listed()}),
        ("PUT", "/faults/{name}", _switch_on),
        ("DELETE", "/faults/{name}", _switch_off),
        ("DELETE", "/faults", _switch_off),
    )
    return [HttpRoute(BASE + path, _endpoint(site, answer), methods=[method]) for method, path, answer in calls]


def _endpoint(site: Site, answer: _Answerer) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            _require_token(site, request)
            _, body = await read_body(request)
            with site.store.transaction():
                return JSONResponse(answer(site, body, request.path_params))
        except Problem as problem:
            return JSONResponse(problem.reply().body, problem.status)
        except ValidationError as error:
            return JSONResponse({"code": "validation_failed", "detail": str(error)}, 422)

    return endpoint


def _require_token(site: Site, request: Request) -> None:
    given = request.headers.get(TOKEN_HEADER, "")
    if not hmac.compare_digest(given.encode(), site.settings.control_token.encode()):
        raise Problem(401, "invalid_token", f"send {TOKEN_HEADER} with the token given at the start")


def _place(site: Site, body: JsonObject, _args: dict[str, Any]) -> JsonObject:
    at = site.stamp()
    placed = [_place_one(site, placement, at) for placement in Placements.model_validate(body).orders]
    return {"placed": placed}


def _place_one(site: Site, placement: Placement, at: str) -> JsonObject:
    order = dict(placement.order)
    if not placement.unchecked:
        _require_sums(order)
    created = site.create(
        ORDER,
        order.pop("id", None) or new_id("ord"),
        {"status": "Confirmed", "placedAt": at, **order},
        at=at,
        treatment=placement.webhook,
        delay_s=placement.delay_s,
        hidden_s=placement.hidden_s,
    )
    return {"id": created.id, "orderNumber": created.body.get("orderNumber"), "version": created.version}


def _require_sums(order: JsonObject) -> None:
    try:
        wrong = wrong_sums(order)
    except (KeyError, TypeError, ArithmeticError) as error:
        raise invalid("order", "malformed", f"currency, lines or totals cannot be read ({error!r})") from error
    if wrong:
        detail = "; ".join(error.message for error in wrong)
        raise Problem(422, "validation_failed", f"{detail}; set unchecked to place it anyway", errors=tuple(wrong))


def _edit(site: Site, body: JsonObject, args: dict[str, Any]) -> JsonObject:
    edit = Edit.model_validate(body)
    return _change(site, _order(site, args), edit.changes, edit)


def _edit_product(site: Site, body: JsonObject, args: dict[str, Any]) -> JsonObject:
    edit = Edit.model_validate(body)
    return _change(site, _known(site, PRODUCT, args), edit.changes, edit)


def _edit_customer(site: Site, body: JsonObject, args: dict[str, Any]) -> JsonObject:
    edit = Edit.model_validate(body)
    return _change(site, _known(site, CUSTOMER, args), edit.changes, edit)


def _cancel(site: Site, body: JsonObject, args: dict[str, Any]) -> JsonObject:
    return _change(site, _order(site, args), {"status": "Cancelled"}, Told.model_validate(body))


def _delete(site: Site, body: JsonObject, args: dict[str, Any]) -> JsonObject:
    return _change(site, _order(site, args), {}, Told.model_validate(body), is_deleted=True)


def _capture(site: Site, body: JsonObject, args: dict[str, Any]) -> JsonObject:
    return _move_money(site, Moved.model_validate(body), args, captured=True)


def _refund(site: Site, body: JsonObject, args: dict[str, Any]) -> JsonObject:
    return _move_money(site, Moved.model_validate(body), args, captured=False)


def _move_money(site: Site, move: Moved, args: dict[str, Any], *, captured: bool) -> JsonObject:
    order = _order(site, args)
    changed = _change(site, order, moved(order, move.amount, captured=captured), move)
    site.announce_payment(_order(site, args), captured=captured, treatment=move.webhook, delay_s=move.delay_s)
    return changed


def _order(site: Site, args: dict[str, Any]) -> Resource:
    return _known(site, ORDER, args)


def _known(site: Site, kind: str, args: dict[str, Any]) -> Resource:
    return site.resources.get(kind, args["id"], visible_at="9999")


def _change(site: Site, old: Resource, changes: JsonObject, told: Told, *, is_deleted: bool = False) -> JsonObject:
    new = site.change(
        old,
        {**old.body, **changes},
        at=site.stamp(),
        treatment=told.webhook,
        delay_s=told.delay_s,
        is_deleted=is_deleted,
    )
    return {"id": new.id, "version": new.version}


def _put_customers(site: Site, body: JsonObject, _args: dict[str, Any]) -> JsonObject:
    return _put_all(site, CUSTOMER, Customers.model_validate(body).customers, "id")


def _put_products(site: Site, body: JsonObject, _args: dict[str, Any]) -> JsonObject:
    return _put_all(site, PRODUCT, Products.model_validate(body).products, "sku")


def _put_all(site: Site, kind: str, bodies: list[JsonObject], key: str) -> JsonObject:
    at = site.stamp()
    for body in bodies:
        content = {name: value for name, value in body.items() if name != "id"}
        resource_id = require_text(body, key)
        old = site.resources.find(kind, resource_id)
        if old is None:
            site.create(kind, resource_id, content, at=at)
        elif old.body != {**old.body, **content}:
            site.change(old, {**old.body, **content}, at=at)
    return {"put": len(bodies)}


def _switch_on(site: Site, body: JsonObject, args: dict[str, Any]) -> JsonObject:
    setting = FaultSetting.model_validate(body)
    until_s = None if setting.seconds is None else time.monotonic() + setting.seconds
    site.faults.switch_on(Fault(_fault_name(args), setting.count, until_s, setting.method, setting.path, setting.value))
    return {"faults": site.faults.listed()}


def _switch_off(site: Site, _body: JsonObject, args: dict[str, Any]) -> JsonObject:
    site.faults.switch_off(_fault_name(args) if args else None)
    return {"faults": site.faults.listed()}


def _fault_name(args: dict[str, Any]) -> FaultName:
    try:
        return FaultName(args["name"])
    except ValueError as error:
        known = [name.value for name in FaultName]
        raise Problem(404, "not_found", f"fault {args['name']!r} is not known; it is one of {known}") from error
