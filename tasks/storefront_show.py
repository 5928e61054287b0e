"""Shows a storefront what the ERP owns and what has changed of it."""

from celery import shared_task

from bridge.flows.sending import TURN
from bridge.flows.showing import SHOWABLES, show
from tasks import fleet


@shared_task(name="storefront.show")
def show_all(connection_name: str) -> int:
    """Sends the storefront for one `TURN` what it has not been shown yet, what matters most first; how many it took.

    A message that comes twice, or late, finds nothing to do. What the site refuses rests with its own record.
    """
    ports = fleet()
    in_turn = sorted(SHOWABLES, key=lambda shown: SHOWABLES[shown].priority)
    until = ports.clock.now() + TURN
    return sum(show(ports, connection_name, shown, until) for shown in in_turn)
