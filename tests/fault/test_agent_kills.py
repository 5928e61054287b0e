"""Real kills of the agent and of its session processes: what is known afterwards, and what is never begun."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from bridge.erp.sage100.agent_client import SageAgentSession
from bridge.errors import StaleFence, Uncertain, Unreachable
from bridge.outcomes import Outcome
from bridge.ports.erp import ORDER, ErpWrite, ProbeKey, ResultLine, Verdict
from tests.contract.erp_contract import order, outcomes
from tests.contract.sage_lab import COMPANY, KEY, LANE, SageLab, await_true, is_running


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[SageLab]:
    with SageLab(tmp_path, seats=2, session_limit=2, end_grace_s=1.0, call_deadline_s=8.0) as lab:
        yield lab


def three_orders(session: SageAgentSession) -> list[ErpWrite]:
    return orders(session, 3)


def orders(session: SageAgentSession, count: int) -> list[ErpWrite]:
    return [order(n, number) for n, number in enumerate(session.reserve(ORDER, count), start=1)]


def verdicts(session: SageAgentSession, writes: list[ErpWrite]) -> list[Verdict]:
    return [f.verdict for f in session.probe(ORDER, [ProbeKey(w.record_id, w.number, w.stamp) for w in writes])]


def pause(lab: SageLab, write: ErpWrite) -> int:
    return lab.admin.add_fault("before_header_write", "pause", stamp=write.stamp)


def collect(session: SageAgentSession, writes: list[ErpWrite], told: list[ResultLine]) -> None:
    told.extend(session.write(1, writes))


def pid_of_only_session(lab: SageLab) -> int:
    [row] = lab.sessions()
    return int(row["pid"])


@pytest.mark.parametrize("is_released", [True, False], ids=["record ends", "record hangs"])
def test_an_agent_killed_in_a_batch_forgets_nothing_and_leaves_no_process(lab: SageLab, is_released: bool) -> None:
    told: list[ResultLine] = []
    session = lab.erp.open(LANE, fence=7, purpose="write")
    writes = three_orders(session)
    pid = pid_of_only_session(lab)
    fault = pause(lab, writes[1])
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(collect, session, writes, told)
        lab.await_hit("before_header_write")
        lab.kill_agent()
        with pytest.raises(Uncertain):
            writing.result()
    assert is_running(pid)
    if is_released:
        lab.admin.release_fault(fault)
        await_true("the orphaned session process ends by itself", lambda: not is_running(pid))
    lab.start_agent()

    assert not is_running(pid)
    notes = lab.erp.notes(LANE, 1)
    assert notes.closed
    assert notes.begun in ({1, 2}, {1, 2, 3}), "the next one may have been handed over"
    with pytest.raises(StaleFence, match="7"):
        lab.erp.open(LANE, fence=6, purpose="write")
    reported = [row["pid"] for row in lab.sessions() if row["is_doubtful"]]
    assert reported == ([] if is_released else [pid])
    assert len(lab.admin.console()) == len(reported)
    with lab.erp.open(LANE, fence=8, purpose="write") as successor:
        second = Verdict.OURS if is_released else Verdict.ABSENT
        *found, third = verdicts(successor, writes)
    assert found == [Verdict.OURS, second]
    assert third is Verdict.ABSENT or (is_released and 3 in notes.begun)
    assert outcomes(told) == {1: Outcome.CONFIRMED}


@pytest.mark.parametrize(
    ("point", "left_behind"),
    [
        ("before_set_key", Verdict.ABSENT),
        ("between_lines", Verdict.ABSENT),
        ("before_header_write", Verdict.ABSENT),
        ("after_header_write", Verdict.OURS),
        ("before_result", Verdict.OURS),
    ],
)
def test_a_killed_session_process_leaves_one_record_in_doubt(lab: SageLab, point: str, left_behind: Verdict) -> None:
    with lab.erp.open(LANE, fence=1, purpose="write") as session:
        writes = three_orders(session)
        lines = writes[1].lines * 2
        writes[1] = order(2, writes[1].number, lines=lines)
        lab.admin.add_fault(point, "kill", key=writes[1].number)  # type: ignore[arg-type]
        pid = pid_of_only_session(lab)
        told = list(session.write(1, writes))
    assert outcomes(told) == {1: Outcome.CONFIRMED, 2: Outcome.UNCERTAIN, 3: Outcome.NEVER_BEGUN}
    assert lab.admin.fault_hits()[0]["pid"] == pid
    assert not is_running(pid)
    notes = lab.erp.notes(LANE, 1)
    assert notes.closed
    assert notes.begun in ({1, 2}, {1, 2, 3})
    with lab.erp.open(LANE, fence=2, purpose="write") as session:
        assert verdicts(session, writes) == [Verdict.OURS, left_behind, Verdict.ABSENT]
        if left_behind is Verdict.ABSENT:
            again = list(session.write(2, writes[1:]))
            assert outcomes(again) == {2: Outcome.CONFIRMED, 3: Outcome.CONFIRMED}
    assert len(lab.admin.orders(COMPANY)) == (3 if left_behind is Verdict.ABSENT else 2)


def test_a_killed_sessions_seat_is_reported_until_a_person_says_it_is_free(lab: SageLab) -> None:
    with lab.erp.open(LANE, fence=1, purpose="write") as session:
        lab.admin.add_fault("before_set_key", "kill")
        list(session.write(1, three_orders(session)[:1]))
    [doubtful] = lab.sessions()
    assert doubtful["is_doubtful"]
    assert lab.admin.console()
    httpx.post(f"{lab.url}/session/{doubtful['id']}/end", headers={"X-Api-Key": KEY}, trust_env=False)
    assert lab.sessions() == []


def test_a_hanging_record_is_ended_at_its_deadline(tmp_path: Path) -> None:
    with (
        SageLab(tmp_path, call_deadline_s=1.5, end_grace_s=1.0) as lab,
        lab.erp.open(LANE, fence=1, purpose="write") as session,
    ):
        writes = three_orders(session)
        pid = pid_of_only_session(lab)
        lab.admin.add_fault("before_header_write", "hang", stamp=writes[1].stamp)
        told = list(session.write(1, writes))
        assert outcomes(told) == {1: Outcome.CONFIRMED, 2: Outcome.UNCERTAIN, 3: Outcome.NEVER_BEGUN}
        assert "deadline" in (told[1].text or "")
        assert not is_running(pid)
        with pytest.raises(Unreachable):
            session.reserve(ORDER, 1)


def test_a_newer_fence_waits_for_the_records_in_hand_and_stops_the_rest(lab: SageLab) -> None:
    told: list[ResultLine] = []
    with lab.erp.open(LANE, fence=1, purpose="write") as old:
        writes = orders(old, 4)
        pid = pid_of_only_session(lab)
        fault = pause(lab, writes[1])
        with ThreadPoolExecutor(2) as pool:
            writing = pool.submit(collect, old, writes, told)
            lab.await_hit("before_header_write")
            opening = pool.submit(lab.erp.open, LANE, fence=2, purpose="write")
            assert not threading.Event().wait(0.5)
            assert not opening.done()
            lab.admin.release_fault(fault)
            successor = opening.result()
            writing.result()
        assert not is_running(pid)
        with successor:
            assert verdicts(successor, writes) == [*[Verdict.OURS] * 3, Verdict.ABSENT]
    assert outcomes(told) == {**dict.fromkeys((1, 2, 3), Outcome.CONFIRMED), 4: Outcome.NEVER_BEGUN}


def test_a_client_that_leaves_stops_the_batch_behind_the_records_in_hand(lab: SageLab) -> None:
    with lab.erp.open(LANE, fence=1, purpose="write") as session:
        writes = orders(session, 4)
        fault = pause(lab, writes[1])
        stream = session.write(1, writes)
        next(stream)
        lab.await_hit("before_header_write")
        stream.close()  # type: ignore[attr-defined]
        assert not lab.erp.notes(LANE, 1).closed
        lab.admin.release_fault(fault)
        await_true("the batch closes", lambda: lab.erp.notes(LANE, 1).closed)
        assert lab.erp.notes(LANE, 1).begun == {1, 2, 3}
        assert verdicts(session, writes) == [*[Verdict.OURS] * 3, Verdict.ABSENT]


def test_a_session_that_nobody_calls_is_ended_and_its_seat_is_back(tmp_path: Path) -> None:
    with SageLab(tmp_path, idle_limit_s=0.5) as lab:
        session = lab.erp.open(LANE, fence=1, purpose="write")
        await_true("the idle session is ended", lambda: not lab.sessions())
        assert lab.admin.console() == []
        with pytest.raises(Unreachable):
            session.reserve(ORDER, 1)


def test_stopping_the_agent_gives_every_seat_back(lab: SageLab) -> None:
    lab.erp.open(LANE, fence=1, purpose="write")
    pid = pid_of_only_session(lab)
    lab.stop_agent()
    assert lab.admin.console() == []
    assert not is_running(pid)


@pytest.mark.parametrize(
    ("point", "action", "outcome", "left_behind"),
    [
        ("before_set_key", "stale", Outcome.BROKE_OFF, Verdict.ABSENT),
        ("between_lines", "server_gone", Outcome.BROKE_OFF, Verdict.ABSENT),
        ("before_header_write", "server_gone", Outcome.UNCERTAIN, Verdict.ABSENT),
        ("after_header_write", "server_gone", Outcome.UNCERTAIN, Verdict.OURS),
        ("before_result", "stale", Outcome.CONFIRMED_FLAGGED, Verdict.OURS),
    ],
)
def test_a_com_server_that_goes_leaves_doubt_only_once_the_header_was_sent(
    lab: SageLab, point: str, action: str, outcome: Outcome, left_behind: Verdict
) -> None:
    with lab.erp.open(LANE, fence=1, purpose="write") as session:
        writes = three_orders(session)[:2]
        writes[0] = order(1, writes[0].number, lines=writes[0].lines * 2)
        lab.admin.add_fault(point, action, key=writes[0].number)  # type: ignore[arg-type]
        told = list(session.write(1, writes))
    assert outcomes(told) == {1: outcome, 2: Outcome.NEVER_BEGUN}
    with lab.erp.open(LANE, fence=2, purpose="write") as session:
        assert verdicts(session, writes) == [left_behind, Verdict.ABSENT]
