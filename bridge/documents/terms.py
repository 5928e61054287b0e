"""On what terms an ERP sells to an account of a storefront."""

from bridge.documents.address import Address
from bridge.documents.base import Amount, Document


class ShipTo(Document):
    """A place to which the ERP delivers for this customer, under the ERP's own code."""

    code: str
    address: Address


class CustomerTerms(Document):
    """The fields of an account that the ERP owns. `customer_id` is the storefront's id, `account_number` the ERP's.

    `credit_limit` is in the account's currency; None means that the ERP names no limit.
    """

    customer_id: str
    account_number: str
    is_on_hold: bool
    credit_limit: Amount | None = None
    terms: str | None = None
    tax_exempt: bool
    tax_exemption_number: str | None = None
    price_list_code: str | None = None
    salesperson: str | None = None
    ship_to: tuple[ShipTo, ...] = ()
