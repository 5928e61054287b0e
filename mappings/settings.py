"""What a lane's configuration says to the mappings: the company's own codes for the storefront's words."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, KeyError) as missing:  # ZoneInfoNotFoundError is a KeyError
        raise ValueError(f"{name!r} is no time zone; write one such as America/Chicago") from missing
    return name


def _charge_item(code: str) -> str:
    if not code.startswith("/"):
        raise ValueError(f"{code!r} is no charge item; Sage's miscellaneous charges begin with a slash, such as /FEES")
    return code


Codes = dict[str, str]
"""From a storefront's word (in any case) to the company's code. `*` stands for all others; an empty code leaves the
column alone."""


class LaneMapping(BaseModel):
    """The `mapping` section of a lane in `tidegate.toml`. Words that no table knows are refused, never guessed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    division: str = Field("00", description="The A/R division of every customer; 00 where divisions are not used.")
    warehouse: str | None = Field(None, description="The warehouse of every order; none leaves Sage's own default.")
    order_type: Literal["S", "Q"] = Field("S", description="Orders become standard orders (S) or quotes (Q).")
    time_zone: Annotated[str, AfterValidator(_known_zone)] = Field(
        "UTC", description="The zone of the company's calendar, in which an order's date is told."
    )
    statuses: dict[str, Literal["N", "O", "H", ""]] = Field(
        {"Confirmed": "N", "Processing": "O", "OnHold": "H"},
        description="Sage's status (N new, O open, H hold) for each storefront status that may be imported.",
    )
    items: Codes = Field({}, description="Sage's item code for each SKU that is not itself an item code.")
    units: Codes = Field({}, description="Sage's unit of measure for each storefront unit that is called otherwise.")
    ship_via: Codes = Field({}, description="Sage's shipping code for each shipping method code.")
    payment_types: Codes = Field({}, description="Sage's payment type for each payment gateway, such as Stripe.")
    payment_types_by_kind: Codes = Field(
        {"check": "CHECK", "cash": "CASH", "onAccount": ""},
        description="Sage's payment type by kind of payment, for gateways that are not listed; what was captured of an "
        "empty type makes no deposit.",
    )
    tax: Literal["sage", "line", "none"] = Field(
        "sage",
        description="Who taxes: Sage (sage), the storefront, whose tax becomes a charge line (line), or nobody (none).",
    )
    tax_schedules: Codes = Field(
        {},
        description="Sage's tax schedule by ship-to region (US-CA) or country (US); without one the customer's holds.",
    )
    untaxed_schedule: str = Field("NONTAX", description="The schedule under which Sage adds no tax, for line and none.")
    charge_items: dict[str, Annotated[str, AfterValidator(_charge_item)]] = Field(
        {"handling": "/HANDLING", "fees": "/FEES", "tax": "/TAX", "discount": "/DISCOUNT"},
        description="The miscellaneous item that carries each kind of charge.",
    )
    country_codes: Literal["alpha3", "alpha2"] = Field(
        "alpha3", description="Whether Sage's country table holds three-letter or two-letter ISO codes."
    )
    countries: Codes = Field({}, description="Sage's country code for each two-letter code that differs from ISO.")
    states: Codes = Field({}, description="Two-letter codes for further spellings of states, such as Calif.")
    customer_number_width: int = Field(7, ge=1, le=20, description="How long a customer number may be in this company.")
    terms_code: str | None = Field(None, description="The terms of new customers; none leaves Sage's own default.")
    provisional_terms_code: str | None = Field(
        None, description="The terms of accounts that register; none gives them the terms of other new customers."
    )
    terms: dict[str, str] = Field(
        {}, description="What storefronts call each of Sage's terms codes; a code without a word is shown as it is."
    )
    salesperson_division: str | None = Field(None, description="The division of the salesperson of new customers.")
    salesperson: str | None = Field(None, description="The salesperson of new customers.")
