"""Invoices and ERP-side payments, shown to the shopper (reference clarity.md 2.8 and 2.9).

The contract's invoice has no `kind`, `customerId` or credit memo, and its payment no `invoiceNumber`; they are added
here because an ERP has them. Money must keep its sums.
"""

from decimal import Decimal

from sandbox.clarity.calls import Call, JsonObject, Reply, invalid
from sandbox.clarity.edits import (
    apply,
    new_id,
    require_money,
    require_only,
    require_refs,
    require_text,
    require_time,
    require_version,
)
from sandbox.clarity.listing import walk
from sandbox.clarity.resources import CUSTOMER, INVOICE, ORDER, PAYMENT
from sandbox.clarity.site import Site

FILTERS = ("orderId", "externalRef")
STATES = ("open", "partiallyPaid", "paid", "void")
KINDS = ("invoice", "creditMemo")
PAID_BY = ("card", "paypal", "onAccount", "check", "cash", "giftCard", "other")
_PARTS = ("items", "discounts", "shipping", "handling", "fees", "tax")
_INVOICE_FIELDS = (
    "orderId", "customerId", "invoiceNumber", "kind", "issuedAt", "dueAt", "currency", "lines", "totals", "balanceDue",
    "state", "externalRefs",
)  # fmt: skip
_PAYMENT_FIELDS = ("orderId", "kind", "amount", "currency", "receivedAt", "invoiceNumber", "externalRefs")


def list_invoices(site: Site, call: Call) -> Reply:
    """Invoices by change time, of an order, or by an external reference."""
    return walk(site, INVOICE, call, FILTERS)


def get_invoice(site: Site, call: Call) -> Reply:
    """One invoice."""
    invoice = site.read(INVOICE, call.args["id"])
    return Reply(invoice.render(), version=invoice.version)


def create_invoice(site: Site, call: Call) -> Reply:
    """Keeps the invoice; each call is another one."""
    body = dict(call.body)
    require_only(body, _INVOICE_FIELDS)
    require_refs(body)
    _require_known(site, body)
    require_text(body, "invoiceNumber")
    _require_word(body, "kind", KINDS)
    _require_word(body, "state", STATES)
    body["issuedAt"] = require_time(body.get("issuedAt"), "issuedAt")
    if body.get("dueAt") is not None:
        body["dueAt"] = require_time(body["dueAt"], "dueAt")
    _require_sums(body)
    invoice = site.create(INVOICE, new_id("inv"), body, at=site.stamp())
    return Reply(invoice.render(), 201, version=invoice.version)


def patch_invoice(site: Site, call: Call) -> Reply:
    """Balance, paid state and references; nothing else of an invoice ever changes."""
    invoice = site.read(INVOICE, call.args["id"])
    require_version(call, invoice)
    require_only(call.body, ("balanceDue", "state", "externalRefs"))
    require_refs(call.body)
    if "state" in call.body:
        _require_word(call.body, "state", STATES)
    if "balanceDue" in call.body:
        require_money(call.body["balanceDue"], "balanceDue")
    return apply(site, invoice, call.body)


def list_payments(site: Site, call: Call) -> Reply:
    """ERP-side payments by change time, of an order, or by an external reference."""
    return walk(site, PAYMENT, call, FILTERS)


def create_payment(site: Site, call: Call) -> Reply:
    """Keeps the payment; each call is another one. The order's own payments stay as the gateway left them."""
    body = dict(call.body)
    require_only(body, _PAYMENT_FIELDS)
    require_refs(body)
    _require_known(site, body)
    _require_word(body, "kind", PAID_BY)
    require_money(body.get("amount"), "amount")
    body["receivedAt"] = require_time(body.get("receivedAt"), "receivedAt")
    payment = site.create(PAYMENT, new_id("pay"), {**body, "state": "captured"}, at=site.stamp())
    return Reply(payment.render(), 201, version=payment.version)


def _require_known(site: Site, body: JsonObject) -> None:
    for name, kind in (("orderId", ORDER), ("customerId", CUSTOMER)):
        value = body.get(name)
        if value is not None and site.resources.find(kind, str(value)) is None:
            raise invalid(name, f"unknown_{kind}", f"there is no {kind} {value!r}")


def _require_word(body: JsonObject, name: str, words: tuple[str, ...]) -> None:
    if body.get(name) not in words:
        raise invalid(name, "unknown_value", f"{body.get(name)!r} is not one of {words}")


def _require_sums(body: JsonObject) -> None:
    totals = body.get("totals")
    if not isinstance(totals, dict):
        raise invalid("totals", "required", "give items, total and the parts between them")
    amounts = {name: require_money(value, f"totals.{name}") for name, value in totals.items()}
    due = sum((amounts.get(part, Decimal(0)) for part in _PARTS), Decimal(0))
    if amounts.get("total") != due:
        raise invalid("totals.total", "wrong_sum", f"total is {amounts.get('total')} but its parts come to {due}")
    require_money(body.get("balanceDue"), "balanceDue")
