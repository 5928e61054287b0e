"""Seats whose waits and uses somebody hears of."""

from time import monotonic

from bridge.errors import NoSeat
from bridge.ports.observer import Observer
from bridge.ports.seats import Lease, Seats


class ObservedSeats:
    """The `Seats` port over another one, of which it changes nothing. For one worker: it tells askers by their lane."""

    def __init__(self, seats: Seats, observer: Observer) -> None:
        self._seats = seats
        self._observer = observer
        self._refused_at_s: dict[tuple[str, str], float] = {}
        self._taken_at_s: dict[str, float] = {}

    def take(self, lane: str, *, owner: str, purpose: str, fence: int, lease_s: float) -> Lease:
        """As the port says."""
        asker, system, now_s = (lane, purpose), lane.partition(":")[0], monotonic()
        try:
            lease = self._seats.take(lane, owner=owner, purpose=purpose, fence=fence, lease_s=lease_s)
        except NoSeat:
            self._refused_at_s.setdefault(asker, now_s)
            self._observer.seat_refused(system, purpose)
            raise
        self._observer.seat_taken(system, purpose, now_s - self._refused_at_s.pop(asker, now_s))
        self._taken_at_s[lease.token] = now_s
        return lease

    def renew(self, lease: Lease, lease_s: float) -> Lease:
        """As the port says."""
        return self._seats.renew(lease, lease_s)

    def give_back(self, lease: Lease) -> None:
        """As the port says. A lease that somebody else took is given back without a word of its use."""
        taken_at_s = self._taken_at_s.pop(lease.token, None)
        if taken_at_s is not None:
            self._observer.seat_given_back(lease.system, lease.purpose, monotonic() - taken_at_s)
        self._seats.give_back(lease)

    def held(self) -> list[Lease]:
        """As the port says."""
        return self._seats.held()

    def release(self, seat: int) -> bool:
        """As the port says."""
        return self._seats.release(seat)
