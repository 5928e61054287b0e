"""The conditions that rows can name in `when:`; each looks at the whole document."""

from collections.abc import Callable
from typing import Any, TypeVar, get_type_hints

from bridge.documents import Order

CONDITIONS: dict[str, Callable[[Any], bool]] = {}

Condition = TypeVar("Condition", bound=Callable[..., bool])


def condition(function: Condition) -> Condition:
    """Registers a condition under its own name."""
    CONDITIONS[function.__name__] = function
    return function


def takes(name: str) -> Any:
    """The type of document that a condition looks at."""
    return next(iter(get_type_hints(CONDITIONS[name]).values()))


@condition
def by_guest(order: Order) -> bool:
    """The buyer has no account at the storefront."""
    return order.customer.is_guest


@condition
def ships_elsewhere(order: Order) -> bool:
    """The goods go to another address than the bill."""
    return order.ship_to != order.bill_to
