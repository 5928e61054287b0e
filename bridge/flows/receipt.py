"""Which of the payments that the ERP took are shown at the storefront. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

ReceiptKind = Literal["card", "paypal", "onAccount", "check", "cash", "giftCard", "other"]


class ReceiptRules(BaseModel):
    """The `receipts` section of a lane."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    every_s: float = Field(3600, gt=0, description="Seconds from one reading of payments to the next.")
    types: frozenset[str] = Field(
        frozenset({"P"}), description="Sage's TransactionType of payments; its other letters are not documented."
    )
    kinds: dict[str, ReceiptKind] = Field(
        {"CHECK": "check", "CASH": "cash"},
        description="The storefront's kind of payment for each of Sage's payment types; all others are other.",
    )


@dataclass(frozen=True)
class Applied:
    """A payment as it was applied to one invoice, a cash discount included. Days are as Sage writes them."""

    division: str
    customer: str
    invoice: str
    invoice_type: str
    day: str
    sequence: str
    type: str
    paid_on: str
    payment_type: str
    check: str
    amount: Decimal

    @property
    def name(self) -> str:
        """What it is called: no two payments of a company share it."""
        return f"{self.invoice}-{self.invoice_type}-{self.day}-{self.sequence}"


def is_shown(payment: Applied, rules: ReceiptRules, own_type: str | None) -> bool:
    """Whether a payment is news to the storefront.

    `own_type` is Sage's payment type of what the storefront itself has taken for the order: money of that type came
    from there, with the order or after it, and would count twice.
    """
    is_own = own_type is not None and payment.payment_type == own_type
    return payment.type in rules.types and bool(payment.amount) and not is_own
