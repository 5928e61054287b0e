"""Customers, which are company accounts: read, created, patched (reference clarity.md 2.8 and 2.9).

The contract has no place for an ERP's salesperson and delivery addresses; `salesperson` and `shipTo` are added here.
"""

from sandbox.clarity.calls import Call, Reply, invalid
from sandbox.clarity.edits import apply, new_id, require_only, require_refs, require_text, require_version
from sandbox.clarity.listing import walk
from sandbox.clarity.resources import CUSTOMER
from sandbox.clarity.site import Site

FILTERS = ("email", "externalRef", "status")
STATUSES = ("pendingReview", "active", "blocked")
_WRITABLE = (
    "accountNumber", "name", "isOnHold", "creditLimit", "terms", "taxExempt", "taxExemptionNumber", "priceListCode",
    "currency", "contacts", "addresses", "parentId", "externalRefs", "status", "salesperson", "shipTo",
)  # fmt: skip


def list_customers(site: Site, call: Call) -> Reply:
    """Customers by change time, by a contact's e-mail, or by an external reference (its id, or system:id)."""
    return walk(site, CUSTOMER, call, FILTERS)


def get_customer(site: Site, call: Call) -> Reply:
    """One customer."""
    customer = site.read(CUSTOMER, call.args["id"])
    return Reply(customer.render(), version=customer.version)


def create_customer(site: Site, call: Call) -> Reply:
    """A new account; an account number that is taken is refused, an e-mail address may be shared."""
    _check(call)
    require_text(call.body, "name")
    body = {"status": "pendingReview", "contacts": [], "addresses": [], **call.body}
    customer = site.create(CUSTOMER, new_id("cus"), body, at=site.stamp())
    return Reply(customer.render(), 201, version=customer.version)


def patch_customer(site: Site, call: Call) -> Reply:
    """Changes fields of an account."""
    customer = site.read(CUSTOMER, call.args["id"])
    require_version(call, customer)
    _check(call)
    return apply(site, customer, call.body)


def put_contact(site: Site, call: Call) -> Reply:
    """Adds or replaces one contact of an account."""
    customer = site.read(CUSTOMER, call.args["id"])
    require_version(call, customer)
    contact_id = call.args["contact_id"]
    others = [contact for contact in customer.body.get("contacts", []) if contact.get("id") != contact_id]
    return apply(site, customer, {"contacts": [*others, {**call.body, "id": contact_id}]})


def _check(call: Call) -> None:
    require_only(call.body, _WRITABLE)
    require_refs(call.body)
    if "name" in call.body:
        require_text(call.body, "name")
    if call.body.get("status", "active") not in STATUSES:
        raise invalid("status", "unknown_value", f"{call.body['status']!r} is not one of {STATUSES}")
