"""Sessions that had to be killed: counted until Sage's own list shows them no more, with the real agent."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from bridge.erp.sage100.agent_http import SageAgentSettings
from bridge.erp.sage100.agent_sessions import SageAgentSessions
from bridge.errors import NoSeat, TryLater, Unreachable
from bridge.ports.erp import ORDER
from sandbox.sage100.console import Console
from sandbox.sage100.odbc import read_console
from sandbox.sage100.store import Store
from tests.contract.sage_lab import COMPANY, KEY, LANE, SageLab, await_true

READER = "sandbox.sage100.odbc:read_console"


@contextmanager
def a_lab(folder: Path, *, keeps_seat: bool, is_read: bool = True) -> Iterator[SageLab]:
    store = folder / "sage.sqlite"
    reader = {"console_reader": READER, "console_source": str(store)} if is_read else {}
    with SageLab(folder, session_limit=1, sage={"killed_session_keeps_seat": keeps_seat}, **reader) as lab:
        yield lab


def kill_a_session(lab: SageLab) -> None:
    """A session's process dies under it; the agent notices at the next call."""
    session = lab.erp.open(LANE, fence=1, purpose="writer")
    [row] = lab.sessions()
    os.kill(int(row["pid"]), signal.SIGKILL)
    with pytest.raises(Unreachable):
        session.reserve(ORDER, 1)
    await_true("the session is in doubt", lambda: [row["is_doubtful"] for row in lab.sessions()] == [True])


def open_and_close(lab: SageLab, *, fence: int) -> None:
    with lab.erp.open(LANE, fence=fence, purpose="writer"):
        assert [row["fence"] for row in lab.sessions()] == [fence]


@contextmanager
def questions(lab: SageLab) -> Iterator[SageAgentSessions]:
    with SageAgentSessions(SageAgentSettings(url=lab.url, api_key=SecretStr(KEY)), "sage100") as asked:
        yield asked


def test_a_session_that_sage_lists_no_more_is_forgotten(tmp_path: Path) -> None:
    with a_lab(tmp_path, keeps_seat=False) as lab:
        kill_a_session(lab)
        open_and_close(lab, fence=2)
        assert lab.sessions() == []


def test_a_session_that_sage_still_lists_counts_until_a_person_ends_it_there(tmp_path: Path) -> None:
    with a_lab(tmp_path, keeps_seat=True) as lab:
        kill_a_session(lab)
        with pytest.raises(NoSeat, match="1 of them by sessions not proven gone"):
            lab.erp.open(LANE, fence=2, purpose="writer")
        with questions(lab) as asked:
            [session], listing = asked.running(), asked.listed()
        assert (session.lane, session.fence, session.is_doubtful) == (LANE, 1, True)
        assert listing is not None
        assert [(row.user, row.company) for row in listing.sessions] == [("WEB", COMPANY)]

        [row] = lab.admin.console()
        lab.admin.end_console_row(row["WorkstationName"], row["SessionCounter"])
        open_and_close(lab, fence=3)
        assert lab.sessions() == []


def test_without_the_list_a_person_says_that_the_seat_is_free(tmp_path: Path) -> None:
    with a_lab(tmp_path, keeps_seat=False, is_read=False) as lab:
        kill_a_session(lab)
        with pytest.raises(NoSeat):
            lab.erp.open(LANE, fence=2, purpose="writer")
        with questions(lab) as asked:
            assert asked.listed() is None
            asked.end(asked.running()[0].session_id)
        open_and_close(lab, fence=3)


def test_a_person_at_work_is_not_told_of(tmp_path: Path) -> None:
    with a_lab(tmp_path, keeps_seat=True) as lab, questions(lab) as asked:
        lab.admin.add_user("CLERK", "secret", companies=[COMPANY])
        store = Store(lab.store)
        Console(store).take("00000CLERK", COMPANY)
        store.close()
        assert len(read_console(str(lab.store))) == 1
        with lab.erp.open(LANE, fence=1, purpose="writer"):
            listing = asked.listed()
        assert listing is not None
        assert {row.user for row in listing.sessions} == {"WEB"}


def test_an_agent_that_is_away_says_so(tmp_path: Path) -> None:
    with a_lab(tmp_path, keeps_seat=True) as lab, questions(lab) as asked:
        lab.stop_agent()
        with pytest.raises(TryLater):
            asked.running()
