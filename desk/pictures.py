"""The pictures of the overview, as plain values that templates draw: the walk of an order, and a sparkline."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.overview import FlowStanding, Pile

WIDTH, HEIGHT = 240, 40
"""Of the sparkline, in its own units."""


@dataclass(frozen=True)
class Leg:
    """One stop of the walk with what stands there; `state` is the list of orders that it leads to, if there is one."""

    name: str
    does: str
    pile: Pile
    state: str | None = None
    is_trouble: bool = False


@dataclass(frozen=True)
class Sparkline:
    """A line of hourly counts: SVG points, what it says in words, and the highest count."""

    points: str
    text: str
    highest: int


def walk(orders: FlowStanding, tellings: FlowStanding) -> list[Leg]:
    """Where orders stand on their way from the storefront to Sage and back."""
    return [
        Leg("Waiting", "read, mapped, and due in a window", orders.waiting, "READY"),
        Leg("Held", "waits for stock, credit or a customer", orders.held, "HELD"),
        Leg("In the window", "claimed, being written, or in doubt", orders.in_window, "WRITING"),
        Leg("In Sage today", "confirmed since midnight, UTC", orders.today, "CONFIRMED"),
        Leg("To be told", "confirmed, and its storefront not told yet", tellings.waiting),
        Leg("Review", "waits for a person", orders.review, "REVIEW", is_trouble=True),
        Leg("Dead", "failed as often as it may", orders.dead, "DEAD", is_trouble=True),
    ]


def sparkline(hourly: Sequence[int], since: datetime) -> Sparkline:
    """The orders confirmed in each hour from `since` on, as a line; flat at the bottom when there was none."""
    highest = max(hourly, default=0)
    step = WIDTH / max(len(hourly) - 1, 1)
    tops = [HEIGHT - 2 - (HEIGHT - 4) * count / highest if highest else HEIGHT - 2 for count in hourly]
    points = " ".join(f"{number * step:.1f},{top:.1f}" for number, top in enumerate(tops))
    at = since + timedelta(hours=list(hourly).index(highest)) if highest else since
    peak = f", most of them, {highest}, in the hour from {at:%H:%M} UTC" if highest else ""
    return Sparkline(points, f"{sum(hourly)} orders confirmed in the last {len(hourly)} hours{peak}", highest)
