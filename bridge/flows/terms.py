"""On what terms the ERP sells to a customer, as an account of a storefront is told. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

from bridge.documents import CustomerTerms, ShipTo


@dataclass(frozen=True)
class Standing:
    """A customer as the ERP has it, in the ERP's own codes; None where it says nothing."""

    division: str
    number: str
    is_on_hold: bool | None
    credit_limit: Decimal | None
    terms_code: str | None
    tax_schedule: str | None
    exemption_number: str | None
    price_level: str | None
    salesperson: str | None


@dataclass(frozen=True)
class Words:
    """What the storefronts call a customer's codes; None where they have no word."""

    terms: str | None
    price_list: str | None


class TermsRules(BaseModel):
    """The `terms` section of a lane: how often customers are looked at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    every_s: float = Field(3600, gt=0, description="Seconds from one reading of changed customers to the next.")


def terms_for(
    customer_id: str, standing: Standing, words: Words, ship_to: Sequence[ShipTo], *, untaxed_schedule: str
) -> CustomerTerms:
    """The terms of one account. A credit limit of 0 is none, as for the check before a write.

    Who has an exemption number is exempt, and so is who is sold to under the schedule that taxes nothing.
    """
    return CustomerTerms(
        customer_id=customer_id,
        account_number=standing.number,
        is_on_hold=standing.is_on_hold is True,
        credit_limit=standing.credit_limit or None,
        terms=words.terms,
        tax_exempt=standing.exemption_number is not None or standing.tax_schedule == untaxed_schedule,
        tax_exemption_number=standing.exemption_number,
        price_list_code=words.price_list,
        salesperson=standing.salesperson,
        ship_to=tuple(sorted(ship_to, key=lambda place: place.code)),
    )
