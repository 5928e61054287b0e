"""How the parts around the ledger are: what `tidegate status` and the desk both ask of broker and agents."""

from typing import Any

from bridge.erp.sage100.agent_sessions import SageAgentSessions
from bridge.events.redis_client import harmless
from bridge.events.redis_stream import RedisEventReader
from bridge.overview import BrokerStanding
from workers.dead_queues import ENTITIES, queue_name
from workers.settings import SystemSettings


def broker_standing(client: Any, stream: str) -> BrokerStanding:
    """The broker behind this client. Raises `Unreachable`."""
    with harmless():
        reader = RedisEventReader(client, stream, consumer="status")
        dead = {entity: int(client.llen(queue_name(entity))) for entity in ENTITIES}
        return BrokerStanding(stream, reader.depth(), reader.oldest_age_s(), dead)


def agent_health(system: SystemSettings) -> str:
    """How a system's agent says it is. Raises `TryLater` when it is away."""
    with SageAgentSessions(system.agent, "") as agent:
        return agent.health()
