"""The bodies of the control calls, camelCase and strict."""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from sandbox.clarity.calls import JsonObject
from sandbox.clarity.outbox import Treatment

HIDDEN_AT_MOST_S = 30.0
"""A row carries a time at most 30 s older than its commit (reference clarity.md 2.6)."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Told(_Part):
    """How a change is told: `delay_s` is for the treatment `late`."""

    webhook: Treatment = Treatment.DELIVER
    delay_s: float = Field(default=2.0, ge=0)


class Placement(Told):
    """An order to place. `unchecked` lets wrong sums pass; `hidden_s` makes it readable later than its webhook."""

    order: JsonObject
    unchecked: bool = False
    hidden_s: float = Field(default=0.0, ge=0, le=HIDDEN_AT_MOST_S)


class Placements(_Part):
    """Orders to place, all or none."""

    orders: list[Placement]


class Edit(Told):
    """Top-level fields of an order, a product or an account to replace."""

    changes: JsonObject = {}


class Moved(Told):
    """How much of an order's payment to capture or to give back; without an amount all that is left."""

    amount: Decimal | None = None


class Customers(_Part):
    """Accounts to put, each with its id."""

    customers: list[JsonObject]


class Products(_Part):
    """Products to put, each with its sku."""

    products: list[JsonObject]


class FaultSetting(_Part):
    """A fault to switch on, for a count, for some seconds, or until it is switched off; see `Fault`."""

    count: Annotated[int, Field(gt=0)] | None = None
    seconds: Annotated[float, Field(gt=0)] | None = None
    method: str = ""
    path: str = ""
    value: float | None = None
