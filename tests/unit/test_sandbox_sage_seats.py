"""Point 3 of reference sage100.md section 6: seats, and what closes the door to a session."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from sandbox.sage100.com import ComError
from tests.unit.sandbox_sage_rig import Clerk, clerk_process, make_sage, script_on


def test_seats_are_taken_at_the_company_and_given_back_by_the_drop(tmp_path: Path) -> None:
    admin = make_sage(tmp_path, seats=1)
    first = Clerk(admin)
    assert [row["CompanyCode"] for row in admin.console()] == ["ABC"]
    session = script_on(admin).NewObject("SY_Session")
    assert session.nSetUser("WEB", "web") == 1, "a user alone takes no seat"
    assert session.nSetCompany("ABC") == 0
    assert session.sLastErrorMsg == admin.options().texts.no_seat
    first.session.DropObject()
    assert admin.console() == []
    assert session.nSetCompany("ABC") == 1


def test_console_rows_name_the_session(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    clerk, other = Clerk(admin), Clerk(admin)
    clerk.orders()
    rows = admin.console()
    assert [row["SessionCounter"] for row in rows] == ["001", "002"]
    assert (rows[0]["ModuleCode"], rows[0]["ProgramName"]) == ("S/O", "so_salesorder_ui")
    other.session.DropObject()
    assert Clerk(admin).session.sCompanyCode == "ABC"
    assert [row["SessionCounter"] for row in admin.console()] == ["001", "002"]


@pytest.mark.parametrize("keeps", [True, False])
def test_a_killed_client_keeps_its_seat_by_option(tmp_path: Path, keeps: bool) -> None:
    admin = make_sage(tmp_path, seats=1, killed_session_keeps_seat=keeps)
    with clerk_process(admin, "seat") as child:
        assert child.stdout
        assert child.stdout.readline() == "seated\n"
        assert admin.console()[0]["SessionPID"] == child.pid
        session = script_on(admin).NewObject("SY_Session")
        session.nSetUser("WEB", "web")
        assert session.nSetCompany("ABC") == 0
        child.kill()
        child.wait()
    assert session.nSetCompany("ABC") == (0 if keeps else 1)
    if keeps:
        row = admin.console()[0]
        admin.end_console_row(row["WorkstationName"], row["SessionCounter"])
        assert session.nSetCompany("ABC") == 1


def test_processes_compete_for_the_last_seats(tmp_path: Path) -> None:
    admin = make_sage(tmp_path, seats=2)
    with clerk_process(admin, "seat") as a, clerk_process(admin, "seat") as b, clerk_process(admin, "seat") as c:
        answers = [child.stdout.readline().strip() for child in (a, b, c) if child.stdout]
    assert sorted(answers) == ["refused", "seated", "seated"]
    assert len(admin.console()) == 2


def test_a_session_ended_by_the_administrator_is_stale_and_leaves_its_successor_alone(tmp_path: Path) -> None:
    admin = make_sage(tmp_path, seats=1)
    clerk = Clerk(admin)
    bus = clerk.orders()
    assert bus.nSetKey("0000001") == 2
    row = admin.console()[0]
    admin.end_console_row(row["WorkstationName"], row["SessionCounter"])
    successor = Clerk(admin)
    assert admin.console()[0]["SessionCounter"] == row["SessionCounter"]
    assert successor.orders().nSetKey("0000001") == 2, "the ended session's lock is void"
    with pytest.raises(ComError, match="Error #95"):
        bus.nWrite()
    clerk.session.DropObject()
    assert len(admin.console()) == 1


def test_an_idle_session_is_logged_off_and_frees_its_seat(tmp_path: Path) -> None:
    admin = make_sage(tmp_path, seats=1, idle_logoff_s=60)
    start = datetime.now(UTC)
    with time_machine.travel(start, tick=False) as clock:
        bus = Clerk(admin).orders()
        clock.move_to(start + timedelta(seconds=50))
        assert bus.nSetKey("0000001") == 2
        clock.move_to(start + timedelta(seconds=100))
        assert bus.nSetValue("Comment$", "still here") == 1
        clock.move_to(start + timedelta(seconds=161))
        with pytest.raises(ComError, match="Error #95"):
            bus.nWrite()
        assert Clerk(admin).session.sCompanyCode == "ABC"


def test_company_and_user_can_be_refused(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    admin.logon_refused("ABC", True)
    session = script_on(admin).NewObject("SY_Session")
    session.nSetUser("WEB", "web")
    assert session.nSetCompany("ABC") == 0
    assert session.sLastErrorMsg == admin.options().texts.company
    admin.logon_refused("ABC", False)
    assert session.nSetCompany("ABC") == 1
    admin.user_refused("WEB", True)
    assert script_on(admin).NewObject("SY_Session").nSetUser("WEB", "web") == 0


def test_a_user_enters_its_own_companies_only(tmp_path: Path) -> None:
    admin = make_sage(tmp_path, companies=("ABC", "XYZ"))
    admin.add_user("CLERK", "pass", companies=("XYZ",))
    session = script_on(admin).NewObject("SY_Session")
    assert session.nSetUser("CLERK", "pass") == 1
    assert (session.nSetCompany("ABC"), session.nSetCompany("XYZ")) == (0, 1)


def test_maintenance_refuses_log_ons(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    admin.maintenance(True)
    session = script_on(admin).NewObject("SY_Session")
    assert session.nSetUser("WEB", "web") == 0
    assert session.sLastErrorMsg == admin.options().texts.maintenance
    admin.maintenance(False)
    assert session.nSetUser("WEB", "web") == 1
