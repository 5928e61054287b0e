"""The leak detector tells leaked leases, leaked sessions and strangers from people at work."""

from datetime import UTC, datetime

from bridge.ports.seats import Lease
from bridge.seats import AgentSession, ConsoleRow, Leak, LeakKind, find_leaks, lasting

LANE = "sage100:ABC"


def _lease(fence: int = 7, seat: int = 1) -> Lease:
    return Lease(seat, "sage100", LANE, "writer@host", "writer", fence, "token", datetime(2026, 11, 21, tzinfo=UTC))


def _session(fence: int = 7, pid: int = 100) -> AgentSession:
    return AgentSession(f"s-{pid}", LANE, fence, pid)


def _row(pid: int = 100, user: str = "tidegate", workstation: str = "SAGE01") -> ConsoleRow:
    return ConsoleRow(workstation, "001", user, "ABC", pid)


def _find(leases: list[Lease], sessions: list[AgentSession], console: list[ConsoleRow]) -> list[Leak]:
    return find_leaks(leases, sessions, console, user="TIDEGATE", workstation="sage01")


def test_a_writer_at_work_is_no_leak() -> None:
    assert _find([_lease()], [_session()], [_row(), _row(pid=5, user="CLERK", workstation="DESK7")]) == []


def test_a_lease_without_a_session() -> None:
    assert _find([_lease(seat=3)], [], []) == [Leak(LeakKind.LEASE, "seat 3", LANE)]


def test_a_session_of_an_older_fence_has_leaked() -> None:
    assert _find([_lease(fence=8)], [_session(fence=8, pid=101), _session(fence=7)], []) == [
        Leak(LeakKind.SESSION, "session s-100", LANE)
    ]


def test_a_session_that_only_sage_still_knows_has_leaked() -> None:
    assert _find([], [], [_row(pid=44)]) == [Leak(LeakKind.SESSION, "console SAGE01/001 (pid 44)", "ABC")]


def test_our_user_on_another_machine_is_a_stranger_even_with_a_pid_of_ours() -> None:
    found = _find([_lease()], [_session()], [_row(), _row(workstation="DESK7")])
    assert found == [Leak(LeakKind.FOREIGN, "console DESK7/001 (pid 100)", "ABC")]


def test_only_what_two_looks_found_lasts() -> None:
    first = _find([_lease()], [], [])
    second = _find([_lease()], [], [_row(pid=44)])
    assert lasting(first, second) == first
    assert lasting([], second) == []
