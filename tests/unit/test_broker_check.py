"""What `doctor` finds wrong with a broker, on a real one."""

from collections.abc import Iterator

import pytest
import redis

from bridge.errors import Unreachable
from bridge.events.redis_client import open_client
from workers.broker import EmbeddedBroker, free_port
from workers.broker_check import check_broker


@pytest.fixture
def client(broker: EmbeddedBroker) -> Iterator[redis.Redis]:
    """A client of the session's broker."""
    with open_client(broker.url) as client:
        yield client


def test_our_own_broker_cannot_forget(client: redis.Redis) -> None:
    assert check_broker(client) == []


@pytest.mark.parametrize(
    ("setting", "bad", "good"),
    [
        ("appendonly", "no", "yes"),
        ("appendfsync", "everysec", "always"),
        ("no-appendfsync-on-rewrite", "yes", "no"),
        ("maxmemory-policy", "allkeys-lru", "noeviction"),
    ],
)
def test_a_setting_that_lets_it_forget_is_found_with_its_remedy(
    client: redis.Redis, setting: str, bad: str, good: str
) -> None:
    client.config_set(setting, bad)
    try:
        (finding,) = check_broker(client)
    finally:
        client.config_set(setting, good)
    assert finding.startswith(f"{setting} is '{bad}'")
    assert f"`{setting} {good}`" in finding


def test_an_instance_that_others_use_is_found(broker: EmbeddedBroker, client: redis.Redis) -> None:
    with open_client(broker.url.removesuffix("/0") + "/3") as neighbour:
        neighbour.set("a", "b")
        (finding,) = check_broker(client)
        assert "db3" in finding
        client.set("ours", "too")
        (finding,) = check_broker(neighbour)
        assert "db0" in finding


def test_a_refused_config_get_is_a_finding(broker: EmbeddedBroker, client: redis.Redis) -> None:
    client.execute_command("ACL", "SETUSER", "hosted", "on", ">pw", "~*", "+@all", "-config")
    try:
        with open_client(f"redis://hosted:pw@127.0.0.1:{broker.port}/0") as hosted:
            (finding,) = check_broker(hosted)
    finally:
        client.execute_command("ACL", "DELUSER", "hosted")
    assert "appendfsync always" in finding


def test_a_replica_is_no_broker(broker: EmbeddedBroker, client: redis.Redis) -> None:
    client.execute_command("REPLICAOF", "127.0.0.1", str(free_port()))
    try:
        (finding,) = check_broker(client)
    finally:
        client.execute_command("REPLICAOF", "NO", "ONE")
    assert "not a master" in finding


def test_a_broker_that_is_away_is_unreachable() -> None:
    with open_client(f"redis://127.0.0.1:{free_port()}/0", timeout_s=0.5) as nobody, pytest.raises(Unreachable):
        check_broker(nobody)
