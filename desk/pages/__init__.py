"""Every page of the desk: each module has its own in `routes`, and here they are one list."""

from desk.pages import customers, digest, flower, letters, log_in, orders, overview, trail, windows
from desk.visits import Page

PAGES: tuple[Page, ...] = (
    *log_in.routes,
    *overview.routes,
    *orders.routes,
    *letters.routes,
    *customers.routes,
    *windows.routes,
    *digest.routes,
    *trail.routes,
    *flower.routes,
)
"""Each address with the least role that may come there; the gate asks nobody else."""
