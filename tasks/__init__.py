"""What the fleet does: one file, one task.

A message is only ever a nudge: what is due stands in the stream or in the ledger, and beat finds it there when a
nudge was lost. So every task looks up its work, may run twice or late or in parallel, and returns when there is none.

To add one: a file here with one `shared_task` that takes ids only, its queue in `workers/fleet.toml`, its beat row in
`workers/schedule.py` if it must wake by itself, and a twin test (docs/recipes/add-a-task.md).
"""

from typing import Any

from celery import current_app
from kombu.exceptions import OperationalError

from bridge.fleet import Fleet

TICK_LIFE_S = 3600.0
"""A message that nobody took for so long expires: a worker that comes back soon need not go through those of a weekend.

It must be far longer than a busy worker takes for one task of each kind: with a shorter life, those of some kinds
would all have expired when their turn comes, time and again. Those that say the same are passed over.
"""


def fleet() -> Fleet:
    """The ports of this process, as its app was given them."""
    ports: Fleet = current_app.fleet
    return ports


def show_soon(ports: Fleet) -> None:
    """Wakes who shows the storefronts what has changed."""
    for name in ports.connections:
        nudge("storefront.show", name)


def nudge(name: str, *args: Any) -> None:
    """Wakes a task by name; a lost nudge costs only time, so a broker that is away is no error."""
    try:
        current_app.send_task(name, args=args, expires=TICK_LIFE_S, retry=False)
    except (OperationalError, OSError):
        return
