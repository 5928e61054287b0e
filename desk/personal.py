"""Which of an order's fields tell of a person, so that a role that only looks does not see what stands in them."""

_OF_BUYERS = ("bill_to", "ship_to", "customer", "comments", "email", "name", "accountNumber")
_IN_SAGE = ("BillTo", "ShipTo", "Customer", "EmailAddress", "ConfirmTo", "Address", "Telephone")


def is_personal(field: str | None) -> bool:
    """Whether a field of an order, by its path or by the ERP's column, tells of a person. Pure."""
    if not field:
        return False
    root = field.partition(".")[0]
    return root in _OF_BUYERS or root.startswith(_IN_SAGE)
