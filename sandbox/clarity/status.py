"""The order status machine (reference clarity.md 2.10)."""

from sandbox.clarity.calls import Problem, invalid

_SIDE = {"OnHold", "Cancelled"}
_MOVES: dict[str, set[str]] = {
    "Pending": {"Confirmed"} | _SIDE,
    "Confirmed": {"Processing", "Backordered"} | _SIDE,
    "Processing": {"PartiallyShipped", "Shipped", "Backordered"} | _SIDE,
    "Backordered": {"Processing", "PartiallyShipped", "Shipped"} | _SIDE,
    "PartiallyShipped": {"Shipped"} | _SIDE,
    "OnHold": {"Pending", "Confirmed", "Processing", "Backordered", "PartiallyShipped", "Cancelled"},
    "Shipped": {"Completed", "OnHold"},
    "Completed": set(),
    "Cancelled": set(),
    "Void": set(),
}
STATUSES = frozenset(_MOVES)


def check_move(present: str, wanted: str) -> None:
    """Returns when the move is legal; raises `Problem` 422 otherwise. `Void` is the back-office's alone."""
    if wanted not in STATUSES:
        raise invalid("status", "unknown_value", f"{wanted!r} is not one of {sorted(STATUSES)}")
    if wanted not in _MOVES.get(present, set()):
        raise Problem(422, "illegal_transition", f"status: an order cannot go from {present} to {wanted}")
