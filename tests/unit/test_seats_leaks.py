"""The leak detector tells leaked leases, sessions and seats, and strangers, from people at work."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from bridge.errors import TryLater
from bridge.ports.seats import Lease, ListedSession, Listing, RunningSession
from bridge.seats.budget import SeatBudget
from bridge.seats.leaks import Leak, LeakKind, find_leaks
from bridge.seats.memory import MemorySeats, MemorySessions
from bridge.seats.watch import look

LANE = "sage100:ABC"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def _lease(fence: int = 7, seat: int = 1) -> Lease:
    return Lease(seat, "sage100", LANE, "writer@host", "writer", fence, "token", NOON, NOON + timedelta(minutes=2))


def _session(fence: int = 7, pid: int = 100, *, is_doubtful: bool = False) -> RunningSession:
    return RunningSession(f"s-{pid}", LANE, fence, "writer", pid, "2026-11-21T00:00:00+00:00", is_doubtful)


def _row(workstation: str = "SAGE01") -> ListedSession:
    return ListedSession(workstation, "WEB", "ABC")


def _find(leases: list[Lease], sessions: list[RunningSession], listed: Sequence[ListedSession] = ()) -> list[Leak]:
    return find_leaks(leases, sessions, Listing("sage01", listed))


def test_a_writer_at_work_is_no_leak() -> None:
    assert _find([_lease()], [_session()], [_row()]) == []


def test_without_a_listing_leases_and_sessions_are_compared_all_the_same() -> None:
    assert find_leaks([_lease()], [_session()], None) == []
    assert [leak.kind for leak in find_leaks([], [_session()], None)] == [LeakKind.SESSION]


def test_a_lease_without_a_session() -> None:
    assert _find([_lease(seat=3)], []) == [Leak(LeakKind.LEASE, "seat 3", LANE)]


def test_a_session_of_an_older_fence_has_leaked() -> None:
    assert _find([_lease(fence=8)], [_session(fence=8, pid=101), _session(fence=7)]) == [
        Leak(LeakKind.SESSION, "session s-100", LANE)
    ]


def test_a_killed_session_is_a_leak_whatever_is_leased() -> None:
    found = _find([_lease()], [_session(), _session(pid=101, is_doubtful=True)], [_row(), _row()])
    assert found == [Leak(LeakKind.SESSION, "session s-101, killed and not proven gone", LANE)]


def test_a_seat_that_only_the_erp_still_counts_has_leaked() -> None:
    assert _find([_lease()], [_session()], [_row(), _row()]) == [Leak(LeakKind.LISTED, "1 too many", "ABC")]


def test_our_user_on_another_machine_is_a_stranger() -> None:
    found = _find([_lease()], [_session()], [_row(), _row(workstation="DESK7")])
    assert found == [Leak(LeakKind.FOREIGN, "WEB at DESK7", "ABC")]


def test_only_what_two_looks_found_is_told() -> None:
    seats, sessions = MemorySeats("sage100", SeatBudget(total=2)), MemorySessions([_session()])
    assert look(seats, sessions) == []
    assert [leak.kind for leak in look(seats, sessions)] == [LeakKind.SESSION]
    sessions.runs = []
    assert look(seats, sessions) == []


def test_a_session_in_doubt_counts_against_the_budget_until_it_is_proven_gone() -> None:
    seats, sessions = MemorySeats("sage100", SeatBudget(total=1)), MemorySessions([_session(is_doubtful=True)])
    look(seats, sessions)
    assert list(seats.unproven()) == ["s-100"]
    sessions.runs = []
    look(seats, sessions)
    assert seats.unproven() == {}


def test_with_the_agent_away_nothing_is_changed() -> None:
    seats, sessions = MemorySeats("sage100", SeatBudget(total=1)), MemorySessions([_session(is_doubtful=True)])
    look(seats, sessions)
    sessions.is_away = True
    with pytest.raises(TryLater):
        look(seats, sessions)
    assert list(seats.unproven()) == ["s-100"]
