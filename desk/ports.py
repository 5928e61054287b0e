"""What the desk looks at and acts through; `workers/desk_service.py` makes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx

from bridge.fleet import Fleet
from bridge.overview import BrokerStanding
from bridge.ports.events import EventWriter
from desk.settings import DeskSettings


@dataclass(frozen=True)
class Ports:
    """The fleet's ports, and the parts that are only asked how they are.

    `door` takes events that are sent once more. `broker` and `agents` (by system) raise `TidegateError` when their part
    is away; each answers within seconds.
    `flower` reaches Flower with Flower's own log-in; None where the settings have none.
    """

    fleet: Fleet
    settings: DeskSettings
    broker: Callable[[], BrokerStanding]
    door: EventWriter
    agents: Mapping[str, Callable[[], str]] = field(default_factory=dict)
    flower: httpx.Client | None = None
