"""The dead-letter queues on the broker: real kombu queues, one per entity, that nobody consumes."""

import json
from collections.abc import Iterable, Mapping, Sequence

from kombu import Connection, Exchange, Producer, Queue

PREFIX = "dead."
ENTITIES = ("order", "customer", "acknowledgement", "order.change", "order.cancel", "order.deposit", "message")
"""Every entity that may come to rest; each has its queue from the start, so that admins see that it is empty."""


def queue_name(entity: str) -> str:
    """The queue of an entity's dead letters, such as `dead.order`."""
    return f"{PREFIX}{entity}"


class KombuDeadLetters:
    """`DeadLetterQueues` over kombu. The anonymous exchange needs no binding that could get lost."""

    def __init__(self, broker_url: str) -> None:
        self._url = broker_url

    def publish(self, entity: str, letters: Sequence[Mapping[str, object]]) -> None:
        """Adds letters to the entity's queue; raises kombu's `OperationalError` when the broker is away."""
        with self._open() as connection:
            _publish(connection, entity, letters)

    def rebuild(self, letters: Mapping[str, Sequence[Mapping[str, object]]]) -> None:
        """Empties every dead-letter queue and fills it from the ledger's letters."""
        with self._open() as connection:
            for entity in dict.fromkeys((*ENTITIES, *letters)):
                _queue(entity).bind(connection.default_channel).purge()
                _publish(connection, entity, letters.get(entity, ()))

    def depths(self) -> dict[str, int]:
        """How many letters each queue holds."""
        with self._open() as connection:
            channel = connection.default_channel
            return {entity: channel._size(queue_name(entity)) for entity in ENTITIES}

    def _open(self) -> Connection:
        # One more try: the sweep comes again soon, and must not stand still while the broker is away.
        options = {"socket_timeout": 5, "socket_connect_timeout": 5, "max_retries": 1}
        return Connection(self._url, transport_options=options)


def _queue(entity: str) -> Queue:
    return Queue(queue_name(entity), Exchange(""), routing_key=queue_name(entity))


def _publish(connection: Connection, entity: str, letters: Iterable[Mapping[str, object]]) -> None:
    producer = Producer(connection.default_channel)
    for letter in letters:
        producer.publish(
            json.dumps(letter),
            routing_key=queue_name(entity),
            exchange="",
            content_type="application/json",
            content_encoding="utf-8",
            retry=False,
        )
