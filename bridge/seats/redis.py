"""The fleet's seat counter: leases in Redis, one atomic script per operation, the server's clock."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import structlog
from redis import Redis
from redis.commands.core import Script
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import OutOfMemoryError, ReadOnlyError
from redis.exceptions import TimeoutError as NoAnswer

from bridge.errors import TryLater
from bridge.ports.clock import Clock, SystemClock
from bridge.ports.seats import Lease
from bridge.seats import scripts
from bridge.seats.budget import SeatBudget
from bridge.seats.register import check_lane, no_longer_ours, no_seat, not_newer, shares_a_lane

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_log = structlog.get_logger(__name__)


class RedisSeats:
    """Seats of one system, shared by every worker that uses the same Redis and prefix.

    The client may repeat a command after a broken connection (redis-py does by itself): `take` carries a token under
    which a repetition finds the lease that the first call made, and the other scripts are the same twice as once.
    A Redis that does not serve raises `TryLater`; a lease whose making or renewal is in doubt expires by itself.
    """

    def __init__(
        self,
        client: Redis,
        system: str,
        budget: SeatBudget,
        *,
        prefix: str = "tidegate:",
        clock: Clock | None = None,
    ) -> None:
        self._client = client
        self._system = system
        self._budget = budget
        self._clock = clock or SystemClock()
        keys = [f"{prefix}seats:{{{system}}}:{part}" for part in ("leases", "unproven", "findings")]
        self._keys, self._unproven, self._findings = keys[:2], keys[1], keys[2]
        self._take, self._renew, self._give_back, self._held = (
            client.register_script(text) for text in (scripts.TAKE, scripts.RENEW, scripts.GIVE_BACK, scripts.HELD)
        )

    def take(self, lane: str, *, owner: str, purpose: str, fence: int, lease_s: float) -> Lease:
        """Leases the lowest free seat. Raises `NoSeat`, `StaleFence`, or `Misconfigured` for another system's lane."""
        check_lane(lane, self._system)
        allowed = self._budget.allowance(purpose, self._clock.now())
        shares = int(shares_a_lane(purpose))
        answer = json.loads(
            self._run(
                self._take,
                *(uuid4().hex, lane, owner, purpose, fence),
                *(_ms(lease_s), allowed.total, allowed.of_purpose, shares),
            )
        )
        if newer := answer.get("newer"):
            raise not_newer(lane, fence, held=newer["fence"], owner=newer["owner"])
        if "lease" not in answer:
            raise no_seat(self._system, purpose, used=answer["used"], of_purpose=answer["of_purpose"])
        lease = self._lease(answer["lease"])
        _log.info("seat_taken", **_told(lease), lease_s=lease_s)
        return lease

    def renew(self, lease: Lease, lease_s: float) -> Lease:
        """Extends a lease from now on; raises `StaleFence` when it expired or was replaced or released."""
        answer = self._run(self._renew, lease.token, _ms(lease_s))
        if answer is None:
            _log.warning("seat_lost", **_told(lease))
            raise no_longer_ours(lease)
        return self._lease(json.loads(answer))

    def give_back(self, lease: Lease) -> None:
        """Frees the seat if the lease is still ours; twice is the same as once."""
        self._run(self._give_back, lease.token)
        _log.info("seat_given_back", **_told(lease))

    def held(self) -> list[Lease]:
        """The leases that are alive now, by seat."""
        leases = [self._lease(json.loads(text)) for text in self._run(self._held)]
        return sorted(leases, key=lambda lease: lease.seat)

    def release(self, seat: int) -> bool:
        """Frees a seat whoever holds it; False when it was free.

        It names the lease it found, so that a repeated command cannot free the seat of whoever came next.
        """
        found = [lease for lease in self.held() if lease.seat == seat]
        for lease in found:
            self.give_back(lease)
        return bool(found)

    def mark_unproven(self, session_id: str, reason: str) -> None:
        """Notes a session that may still hold a seat in the ERP; noting it again replaces the reason."""
        with _reaching(self._system):
            self._client.hset(self._unproven, session_id, reason)

    def clear_unproven(self, session_id: str) -> None:
        """Strikes a session that was proven to be gone; twice is the same as once."""
        with _reaching(self._system):
            self._client.hdel(self._unproven, session_id)

    def unproven(self) -> dict[str, str]:
        """The sessions not proven to be gone: why, by session id."""
        with _reaching(self._system):
            noted: dict[str | bytes, str | bytes] = self._client.hgetall(self._unproven)
        return {_text(session_id): _text(reason) for session_id, reason in noted.items()}

    def exchange_findings(self, findings: Sequence[str]) -> Sequence[str]:
        """Keeps what this look found wrong, and gives what the look before kept; nothing at first."""
        with _reaching(self._system):
            before: Any = self._client.set(self._findings, json.dumps(list(findings)), get=True)
        return [str(finding) for finding in json.loads(before)] if before else []

    def _run(self, script: Script, *arguments: str | int) -> Any:
        with _reaching(self._system):
            return script(keys=self._keys, args=arguments)

    def _lease(self, fields: dict[str, Any]) -> Lease:
        expires_at = _EPOCH + timedelta(milliseconds=fields.pop("expires_ms"))
        fields.pop("life_ms")
        return Lease(system=self._system, expires_at=expires_at, **fields)


@contextmanager
def _reaching(system: str) -> Iterator[None]:
    try:
        yield
    except (NoConnection, NoAnswer, OutOfMemoryError, ReadOnlyError) as error:
        raise TryLater(f"the seat counter of {system} does not serve ({error}); see to its Redis") from error


def _told(lease: Lease) -> dict[str, object]:
    return {
        "system": lease.system,
        "seat": lease.seat,
        "lane": lease.lane,
        "purpose": lease.purpose,
        "fence": lease.fence,
        "owner": lease.owner,
    }


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
