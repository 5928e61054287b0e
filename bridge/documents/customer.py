"""The buyer: a company account at a storefront, or a guest."""

from bridge.documents.address import Address
from bridge.documents.base import Document

NO_ACCOUNT = ("guest:", "order:")
"""How the source ids of buyers without an account begin: by e-mail, or by the only order they are known from."""


class CustomerRef(Document):
    """Who placed an order. `account_number` is the ERP's own customer number when the storefront knows it."""

    id: str | None = None
    account_number: str | None = None
    email: str | None = None
    name: str | None = None
    is_guest: bool = False


class Customer(Document):
    """What is needed to find a customer in the ERP or to create a minimal one.

    `external_refs` name it in other systems, as lane and number such as `sage100:ABC/ACME`.
    """

    source_id: str
    site_id: str
    account_number: str | None = None
    name: str | None = None
    contact: str | None = None
    email: str | None = None
    currency: str = "USD"
    is_guest: bool = False
    address: Address = Address()
    external_refs: tuple[str, ...] = ()
