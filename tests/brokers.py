"""A real Valkey for tests: one server a session, emptied before each test that asks for it."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from bridge.events.redis_client import open_client
from workers.broker import EmbeddedBroker


@pytest.fixture(scope="session")
def broker_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker]:
    """The session's server; tests ask for `broker` instead."""
    with EmbeddedBroker(tmp_path_factory.mktemp("broker"), password=SecretStr("for-tests-only")) as server:
        yield server


@pytest.fixture
def broker(broker_server: EmbeddedBroker) -> EmbeddedBroker:
    """An empty broker that runs, even if the test before killed it."""
    broker_server.start()
    with open_client(broker_server.url) as client:
        client.flushall()
    return broker_server
