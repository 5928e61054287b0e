"""Point 11 of reference sage100.md section 6: faults on demand, in real processes, with hits that outlive them."""

import time
from pathlib import Path
from typing import Any

import pytest

from sandbox.sage100.admin import SageAdmin
from sandbox.sage100.com import ComError, ServerGone
from sandbox.sage100.faults import Point
from tests.unit.sandbox_sage_rig import (
    Clerk,
    Out,
    add_line,
    begin_order,
    clerk_process,
    eventually,
    make_sage,
    script_on,
    value,
    write_order,
)

NUMBER, STAMP = "0000042", "main:o-42"


def on_orders(admin: SageAdmin) -> Any:
    return sum(row.get("QuantityOnSalesOrder", 0) for row in admin.rows("ABC", "IM_ItemWarehouse"))  # type: ignore[misc]


@pytest.mark.parametrize(
    ("point", "is_written"),
    [
        ("before_set_key", False),
        ("between_lines", False),
        ("before_header_write", False),
        ("after_header_write", True),
        ("before_result", True),
    ],
)
def test_a_kill_leaves_all_or_nothing_and_a_durable_hit(tmp_path: Path, point: Point, is_written: bool) -> None:
    admin = make_sage(tmp_path)
    fault = admin.add_fault(point, "kill", key=NUMBER, line=2 if point == "between_lines" else None)
    with clerk_process(admin, "order", NUMBER, STAMP) as child:
        assert child.wait(timeout=20) == -9
        said = child.stdout.read() if child.stdout else ""
    assert said == ("1\n" if point == "before_result" else "")
    (hit,) = admin.fault_hits()
    assert (hit["fault_id"], hit["point"], hit["action"], hit["pid"], hit["key"]) == (
        fault,
        point,
        "kill",
        child.pid,
        NUMBER,
    )
    assert hit["stamp"] == ("" if point == "before_set_key" else STAMP)
    assert hit["at_utc"].tzinfo is not None
    orders = admin.orders("ABC")
    assert len(orders) == int(is_written)
    assert on_orders(admin) == (3 if is_written else 0)
    if is_written:
        assert (len(orders[0]["lines"]), orders[0]["header"]["UDF_WEB_ORDER_ID"]) == (2, STAMP)
    assert Clerk(admin).orders().nSetKey(NUMBER) == (1 if is_written else 2), "the dead one's lock is void"


@pytest.mark.parametrize(("point", "match"), [("logon", {"key": "WEB"}), ("set_company", {"company": "ABC"})])
def test_a_kill_on_the_way_in_takes_no_seat(tmp_path: Path, point: Point, match: dict[str, Any]) -> None:
    admin = make_sage(tmp_path)
    admin.add_fault(point, "kill", **match)
    with clerk_process(admin, "seat") as child:
        assert child.wait(timeout=20) == -9
    assert [hit["point"] for hit in admin.fault_hits()] == [point]
    assert admin.console() == []


@pytest.mark.parametrize("action", ["hang", "pause"])
def test_what_waits_goes_on_when_released(tmp_path: Path, action: Any) -> None:
    admin = make_sage(tmp_path)
    fault = admin.add_fault("after_header_write", action, stamp=STAMP)
    with clerk_process(admin, "order", NUMBER, STAMP) as child:
        (hit,) = eventually(admin.fault_hits)
        assert hit["pid"] == child.pid
        assert len(admin.orders("ABC")) == 1, "committed before it waits"
        assert child.poll() is None
        admin.release_fault(fault)
        assert child.stdout
        assert child.stdout.readline() == "1\n"


def test_a_hanging_process_can_be_killed(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    admin.add_fault("before_header_write", "hang")
    with clerk_process(admin, "order", NUMBER, STAMP) as child:
        eventually(admin.fault_hits)
        child.kill()
        assert child.wait(timeout=5) == -9
    assert admin.orders("ABC") == []


@pytest.mark.parametrize("point", ["before_set_key", "between_lines", "before_header_write", "after_header_write"])
def test_refusals_answer_zero_with_their_text(tmp_path: Path, point: Point) -> None:
    admin = make_sage(tmp_path)
    admin.add_fault(point, "refuse", text="Not today.")
    bus = Clerk(admin).orders()
    if point == "before_set_key":
        assert (bus.nSetKey(NUMBER), bus.sLastErrorMsg) == (0, "Not today.")
        return
    begin_order(bus, NUMBER)
    if point == "between_lines":
        assert (bus.oLines.nAddLine(), bus.oLines.sLastErrorMsg) == (0, "Not today.")
        return
    add_line(bus, "BOLT", 1.0)
    assert (bus.nWrite(), bus.sLastErrorMsg) == (0, "Not today.")
    assert len(admin.orders("ABC")) == (point == "after_header_write")


def test_busy_at_the_next_number_spends_none(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    admin.add_fault("get_next_number", "busy", company="ABC")
    bus, number = Clerk(admin).orders(), Out()
    assert bus.nGetNextSalesOrderNo(number) == 0
    assert bus.sLastErrorMsg.startswith("Error #0")
    assert bus.nGetNextSalesOrderNo(number) == 1
    assert number.value == "0000001"


def test_reading_one_record_is_refused_and_no_other(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    bus = Clerk(admin).orders()
    assert [write_order(bus, number) for number in ("0000041", NUMBER)] == [1, 1]
    admin.add_fault("before_read", "refuse", key=NUMBER, text="Not today.")
    assert bus.nFind("0000041") == 1
    assert (bus.nFind(NUMBER), bus.sLastErrorMsg) == (0, "Not today.")
    assert bus.nFind(NUMBER) == 1


@pytest.mark.parametrize(("action", "number"), [("stale", 95), ("class_missing", 90)])
def test_numbered_errors_and_how_often(tmp_path: Path, action: Any, number: int) -> None:
    admin = make_sage(tmp_path)
    admin.add_fault("before_set_key", action, times=2)
    bus = Clerk(admin).orders()
    for _ in range(2):
        with pytest.raises(ComError) as caught:
            bus.nSetKey(NUMBER)
        assert caught.value.number == number
    assert bus.nSetKey(NUMBER) == 2
    assert len(admin.fault_hits()) == 2


def test_a_server_that_has_gone_stays_gone_and_its_seat_stays_taken(tmp_path: Path) -> None:
    admin = make_sage(tmp_path, seats=1)
    admin.add_fault("after_header_write", "server_gone")
    clerk = Clerk(admin)
    bus = begin_order(clerk.orders(), NUMBER)
    add_line(bus, "BOLT", 1.0)
    with pytest.raises(ServerGone, match="RPC server is unavailable"):
        bus.nWrite()
    for call in (lambda: bus.nFind(NUMBER), lambda: clerk.session.sCompanyCode, lambda: bus.sLastErrorMsg):
        with pytest.raises(ServerGone):
            call()
    assert len(admin.orders("ABC")) == 1
    session = script_on(admin).NewObject("SY_Session")
    session.nSetUser("WEB", "web")
    assert session.nSetCompany("ABC") == 0
    admin.set_option("killed_session_keeps_seat", False)
    assert session.nSetCompany("ABC") == 1


def test_before_result_meets_the_first_call_after_a_good_write_only(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    bus = Clerk(admin).orders()
    begin_order(bus, NUMBER)
    assert bus.nWrite() == 0
    admin.add_fault("before_result", "stale")
    assert value(bus, "CustomerNo$") == "ACME", "nothing was written yet"
    add_line(bus, "BOLT", 1.0)
    assert bus.nWrite() == 1
    assert bus.sLastErrorMsg, "reading a property is no call"
    with pytest.raises(ComError, match="Error #95"):
        bus.nFind(NUMBER)
    assert bus.nFind(NUMBER) == 1


def test_a_fault_waits_for_its_own_company_key_stamp_and_line(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    for match in ({"company": "XYZ"}, {"key": "0000001"}, {"stamp": "main:another"}):
        admin.add_fault("before_header_write", "refuse", **match)  # type: ignore[arg-type]
    admin.add_fault("between_lines", "refuse", line=3)
    bus = Clerk(admin).orders()
    assert write_order(bus, NUMBER, stamp=STAMP) == 1
    assert admin.fault_hits() == []
    bus.nSetKey(NUMBER)
    assert bus.oLines.nAddLine() == 0
    assert [hit["line"] for hit in admin.fault_hits()] == [3]
    admin.clear_faults()
    assert bus.oLines.nAddLine() == 2


def test_delays_of_a_fault_and_of_every_write(tmp_path: Path) -> None:
    admin = make_sage(tmp_path, write_delay_ms=60)
    admin.add_fault("before_header_write", "delay", ms=40)
    bus = begin_order(Clerk(admin).orders(), NUMBER)
    add_line(bus, "BOLT", 1.0)
    start = time.monotonic()
    assert bus.nWrite() == 1
    assert time.monotonic() - start >= 0.1


def test_a_mistyped_fault_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no fault nowhere/kill"):
        make_sage(tmp_path).add_fault("nowhere", "kill")  # type: ignore[arg-type]
