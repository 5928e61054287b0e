"""Points 1, 2 and 4 of reference sage100.md section 6: the COM face, session states, return codes."""

import threading
from pathlib import Path

import pytest

from sandbox.sage100.com import ComError
from sandbox.sage100.script import STORE_VARIABLE, connect
from tests.unit.sandbox_sage_rig import HOME, Clerk, Out, begin_order, make_sage, script_on, value


def test_connect_needs_a_store_and_says_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STORE_VARIABLE, str(tmp_path / "none.db"))
    with pytest.raises(FileNotFoundError, match=r"SageAdmin\.create"):
        connect()


def test_init_takes_the_home_directory_only(tmp_path: Path) -> None:
    script = script_on(make_sage(tmp_path))
    assert script.init(HOME.lower() + "\\") == 1
    with pytest.raises(ComError, match="Error #12") as caught:
        script.Init("C:\\Elsewhere\\Home")
    assert caught.value.number == 12


def test_nothing_can_be_made_before_init(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STORE_VARIABLE, str(make_sage(tmp_path).path))
    with pytest.raises(ComError, match="Error #88"):
        connect().NewObject("SY_Session")


def test_a_call_from_another_thread_raises(tmp_path: Path) -> None:
    session = Clerk(make_sage(tmp_path)).session
    errors: list[BaseException] = []

    def call() -> None:
        try:
            session.nSetCompany("ABC")
        except RuntimeError as error:
            errors.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    assert len(errors) == 1


def test_member_names_in_any_case_and_unknown_ones(tmp_path: Path) -> None:
    bus = Clerk(make_sage(tmp_path)).orders()
    assert bus.nsetkey("0000001") == 2
    assert bus.NSETVALUE("comment$", "hello") == 1
    assert value(bus, "Comment$") == "hello"
    with pytest.raises(AttributeError, match="nNoSuchMember"):
        bus.nNoSuchMember()


def test_a_result_argument_passed_by_value_comes_back_empty(tmp_path: Path) -> None:
    bus = Clerk(make_sage(tmp_path)).orders()
    number = ""
    assert bus.nGetNextSalesOrderNo(number) == 1
    assert number == ""
    by_reference = Out()
    bus.nGetNextSalesOrderNo(by_reference)
    assert by_reference.value == "0000002"


def test_a_dropped_object_is_stale_and_so_are_the_objects_of_a_dropped_session(tmp_path: Path) -> None:
    clerk = Clerk(make_sage(tmp_path))
    first, second = clerk.orders(), clerk.orders()
    first.nCleanup()
    first.DropObject()
    with pytest.raises(ComError, match="Error #95"):
        first.nSetKey("0000001")
    clerk.session.DropObject()
    with pytest.raises(ComError, match="Error #95"):
        second.nSetKey("0000001")


def test_the_session_goes_through_its_states(tmp_path: Path) -> None:
    script = script_on(make_sage(tmp_path))
    session = script.NewObject("SY_Session")
    assert session.nLogon() == 0
    assert session.nSetUser("WEB", "wrong") == 0
    assert "password" in session.sLastErrorMsg
    assert session.nSetUser("WEB", "web") == 1
    assert session.nLogon() == 1
    assert session.nSetDate("S/O", "20261121") == 0, "no company yet"
    assert session.nSetCompany("XYZ") == 0
    assert session.nSetCompany("ABC") == 1
    assert session.sCompanyCode == "ABC"
    assert session.sCompanyList == "ABC  (Company ABC)"
    assert session.nSetDate("S/O", "11212026") == 0
    assert session.nSetDate("S/O", "20261121") == 1
    with pytest.raises(ComError, match="Error #200"):
        script.NewObject("SO_SalesOrder_bus", session)
    assert session.nSetModule("S/O") == 1
    assert session.nLookupTask("SO_NoSuch_ui") == 0
    assert session.nSetProgram(session.nLookupTask("SO_SalesOrder_ui")) > 1
    assert script.NewObject("SO_SalesOrder_bus", session)
    with pytest.raises(ComError, match="Error #200"):
        script.NewObject("AR_Customer_bus", session)
    with pytest.raises(ComError, match="Error #90"):
        script.NewObject("SO_NoSuch_bus", session)


def test_company_before_user_works_too(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    session = script_on(admin).NewObject("SY_Session")
    assert session.nSetCompany("ABC") == 1
    assert session.nSetUser("WEB", "web") == 1
    assert admin.console()[0]["UserKey"] == "0000000WEB"


def test_the_error_number_for_a_missing_context_is_an_option(tmp_path: Path) -> None:
    clerk = Clerk(make_sage(tmp_path, no_context_error=90))
    with pytest.raises(ComError, match="Error #90"):
        clerk.script.NewObject("SO_SalesOrder_bus", clerk.session)


def test_rights_by_task(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    admin.add_user("WEB", "web", roles="SO_SalesOrder_ui:V")
    clerk = Clerk(admin)
    bus = begin_order(clerk.orders(), "0000001")
    assert bus.nWrite() == 0
    assert bus.sLastErrorMsg == admin.options().texts.no_right
    with pytest.raises(ComError, match="Error #200"):
        clerk.open("AR_Customer_bus")


def test_error_texts_are_per_object_and_outlive_a_success(tmp_path: Path) -> None:
    clerk = Clerk(make_sage(tmp_path))
    bus, other = clerk.orders(), clerk.orders()
    assert bus.nSetKey("0000001") == 2
    assert bus.nSetValue("NoSuch$", "x") == 0
    assert "NoSuch$" in bus.sLastErrorMsg
    assert bus.nSetValue("Comment$", "fine") == 1
    assert "NoSuch$" in bus.sLastErrorMsg
    assert (other.sLastErrorMsg, bus.oLines.sLastErrorMsg, clerk.session.sLastErrorMsg) == ("", "", "")
