"""What `tidegate doctor` asks of a broker: that it cannot forget what it has acknowledged."""

from typing import Any

import redis

from bridge.events.redis_client import harmless

_REQUIRED = {
    "appendonly": ("yes", "a restart forgets every event and seat lease"),
    "appendfsync": ("always", "a power cut forgets the last second of acknowledged events"),
    "no-appendfsync-on-rewrite": ("no", "nothing is safe on disk while the append-only file is rewritten"),
    "maxmemory-policy": ("noeviction", "waiting events are thrown away when memory runs out"),
}
_OLDEST_VERSION = (7, 0)


def check_broker(client: redis.Redis) -> list[str]:
    """Findings, each with its remedy; none for a broker that keeps what it acknowledged. Changes nothing.

    Raises `Unreachable`. `client` needs CONFIG GET, INFO and no more (reference celery-redis.md 1.4 and 1.5).
    """
    with harmless():
        info: dict[str, Any] = client.info()
        return [*_of_config(client), *_of_disk(info), *_of_replicas(info), *_of_sharing(info, client), *_of_age(info)]


def _of_config(client: redis.Redis) -> list[str]:
    try:
        found: dict[str, str] = client.config_get(*_REQUIRED)  # type: ignore[assignment]
    except redis.ResponseError as error:
        wanted = ", ".join(f"{name} {value}" for name, (value, _) in _REQUIRED.items())
        return [f"CONFIG GET is refused ({error}): make sure by hand of {wanted}, or allow the command"]
    return [
        f"{name} is '{found.get(name)}': {harm}; set `{name} {wanted}` in the broker's configuration file"
        for name, (wanted, harm) in _REQUIRED.items()
        if found.get(name) != wanted
    ]


def _of_disk(info: dict[str, Any]) -> list[str]:
    status = info.get("aof_last_write_status", "ok")
    if status == "ok":
        return []
    return [f"the last write to the append-only file ended in '{status}': free or mend the broker's disk"]


def _of_replicas(info: dict[str, Any]) -> list[str]:
    if info.get("role") != "master":
        return [f"this broker is a {info.get('role')}, not a master: give the master's address, or Sentinel's"]
    if info.get("connected_slaves", 0) and "min_slaves_good_slaves" not in info:
        return ["replicas without `min-replicas-to-write 1`: a failover forgets acknowledged events; set it to 1"]
    return []


def _of_sharing(info: dict[str, Any], client: redis.Redis) -> list[str]:
    own = f"db{client.get_connection_kwargs().get('db') or 0}"
    others = sorted(name for name, value in info.items() if isinstance(value, dict) and _is_other_db(name, own))
    if not others:
        return []
    return [f"the instance also holds {', '.join(others)}: others can fill or flush it; give Tidegate one of its own"]


def _is_other_db(name: str, own: str) -> bool:
    return name.startswith("db") and name[2:].isdigit() and name != own


def _of_age(info: dict[str, Any]) -> list[str]:
    version = str(info.get("redis_version", "0"))
    if tuple(int(part) for part in version.split(".")[:2]) >= _OLDEST_VERSION:
        return []
    return [f"version {version} leaves deleted entries pending: use Valkey, or Redis 7.0 or later"]
