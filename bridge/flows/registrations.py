"""What becomes of an account that registers at a storefront, by a rule of its site."""

from enum import StrEnum


class Registration(StrEnum):
    """Made a customer by itself, after a person's word, or not at all until it orders."""

    CREATE = "create"
    APPROVE = "approve"
    IGNORE = "ignore"
