"""A PostgreSQL server of a drill's own: whatever befell it, it is started again and takes writes."""

import signal
from collections.abc import Iterator

import psycopg
import pytest

from workers.stage.postgres import PostgresServer, postgres_server


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


def takes_writes(server: PostgresServer) -> bool:
    """Whether it does by now."""
    with psycopg.connect(server.url.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS note (text text)")
        return connection.execute("INSERT INTO note VALUES ('x')").rowcount == 1


def test_one_that_has_ended_already_can_be_killed_and_started(server: PostgresServer) -> None:
    """Found by a long campaign: it had ended by itself after a fault, no kill could strike, and nobody started it."""
    server.kill()
    server.kill()
    assert server.processes() == []
    server.start()
    assert takes_writes(server)


def test_one_that_is_just_ending_is_started_when_it_has_ended(server: PostgresServer) -> None:
    head = server.processes()[0]
    head.send_signal(signal.SIGQUIT)  # ends at once, as it does when it cannot write its log
    server.start()
    assert takes_writes(server)


def test_started_while_it_runs_it_goes_on(server: PostgresServer) -> None:
    head = server.processes()[0]
    server.start()
    assert server.processes()[0] == head
    assert takes_writes(server)
