"""Which of an order's fields tell of its buyer, by the names that reasons give them."""

from desk.masking import is_personal

_OF_BUYERS = ("bill_to", "ship_to", "customer", "comments", "email", "name", "accountNumber")
_IN_SAGE = ("BillTo", "ShipTo", "Customer", "EmailAddress", "ConfirmTo", "Address", "Telephone")


def is_of_buyer(field: str | None) -> bool:
    """Whether a field of an order, by its path or by the ERP's column, tells of a person. Pure."""
    if not field:
        return False
    path = field.split(".")
    return is_personal(path) or path[0] in _OF_BUYERS or path[0].startswith(_IN_SAGE)
