"""The business objects against the simulated COM server, in this process."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr

from bridge.erp.sage100.boi import BoiSession
from bridge.erp.sage100.com import load_factory
from bridge.erp.sage100.company import SageCompany
from bridge.erp.sage100.session import SageSession
from bridge.errors import LaneLocked, Misconfigured, NoSeat, Unauthorised
from bridge.outcomes import Outcome
from bridge.ports.erp import ORDER, ProbeKey, Verdict
from tests.contract.erp_contract import order
from tests.contract.sage_lab import COMPANY, SageLab

Open = Callable[..., BoiSession]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[SageLab]:
    lab = SageLab(tmp_path, seats=2)
    yield lab
    lab.erp.close()
    lab.admin.close()


@pytest.fixture
def open_session(lab: SageLab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    monkeypatch.setenv("TIDEGATE_SANDBOX_SAGE", str(lab.store))
    opened: list[BoiSession] = []

    def open_session(**changed: str) -> BoiSession:
        company = SageCompany(**{"user": "WEB", "password": SecretStr("web"), **changed})
        factory = load_factory("sandbox.sage100.script:connect")
        opened.append(BoiSession(SageSession(factory, lab.admin.options().home, COMPANY, company)))
        return opened[-1]

    yield open_session
    for boi in opened:
        boi.close()


def test_a_company_without_the_stamp_column_is_refused_with_the_way_out(open_session: Open, lab: SageLab) -> None:
    with pytest.raises(Misconfigured, match=r"SO_SalesOrder_bus has no column UDF_OTHER.*Custom Office"):
        open_session(order_udf="UDF_OTHER")
    assert lab.admin.console() == []


def test_log_ons_fail_by_what_is_wrong_and_leave_no_seat_taken(open_session: Open, lab: SageLab) -> None:
    with pytest.raises(Unauthorised, match="WEB"):
        open_session(password="wrong")
    lab.admin.maintenance(True)
    with pytest.raises(LaneLocked):
        open_session()
    lab.admin.maintenance(False)
    assert lab.admin.console() == []
    open_session(), open_session()
    with pytest.raises(NoSeat):
        open_session()


def test_a_missing_class_right_is_unauthorised(open_session: Open, lab: SageLab) -> None:
    lab.admin.add_user("WEB", "web", roles="AR_Customer_ui:V")
    with pytest.raises(Unauthorised, match="200"):
        open_session()


def test_a_warning_confirms_with_a_flag_and_its_text(open_session: Open) -> None:
    boi = open_session()
    first = boi.write(order(1, boi.reserve(ORDER), CustomerPONo="SAME"))
    second = boi.write(order(2, boi.reserve(ORDER), CustomerPONo="SAME"))
    assert (first.outcome, first.warnings) == (Outcome.CONFIRMED, ())
    assert second.outcome is Outcome.CONFIRMED_FLAGGED
    assert "already exists" in second.warnings[0]
    third = boi.write(order(3, boi.reserve(ORDER)))
    assert third.warnings == ()


def test_a_text_too_long_is_rejected_with_field_and_value(open_session: Open, lab: SageLab) -> None:
    boi = open_session()
    line = boi.write(order(1, boi.reserve(ORDER), Comment="x" * 31))
    assert (line.outcome, line.field, line.value) == (Outcome.REJECTED, "Comment", "x" * 31)
    assert lab.admin.orders(COMPANY) == []


def test_the_total_counts_tax_freight_and_discount(open_session: Open) -> None:
    boi = open_session()
    write = order(1, boi.reserve(ORDER), TaxSchedule="WI", FreightAmt=Decimal("7.25"), DiscountAmt=Decimal("2.00"))
    line = boi.write(write)
    assert line.outcome is Outcome.CONFIRMED
    assert line.total == Decimal("20.02") - 2 + Decimal("7.25") + Decimal("0.99")


@pytest.mark.parametrize("moved", ["unposted invoice", "invoice history"])
def test_a_probe_finds_an_order_in_its_invoice(open_session: Open, lab: SageLab, moved: str) -> None:
    boi = open_session()
    lab.admin.set_option("keep_order_history", False)
    write = order(1, boi.reserve(ORDER))
    boi.write(write)
    invoice = lab.admin.make_invoice(COMPANY, write.number)
    key = ProbeKey(1, write.number, write.stamp)
    if moved == "unposted invoice":
        lab.admin._store.execute("DELETE FROM record WHERE name = 'SO_SalesOrderHeader'")
    else:
        lab.admin.post_invoice(COMPANY, invoice)
    finding = boi.probe(ORDER, key)
    assert (finding.verdict, finding.place) == (Verdict.OURS, moved)


def test_a_busy_order_file_never_looks_like_an_absent_order(open_session: Open, lab: SageLab) -> None:
    boi = open_session()
    write = order(1, boi.reserve(ORDER))
    lab.admin.add_fault("before_set_key", "busy")
    assert boi.write(write).outcome is Outcome.RECORD_BUSY
    assert boi.write(write).outcome is Outcome.CONFIRMED


def test_after_a_raised_error_fresh_objects_are_opened(open_session: Open, lab: SageLab) -> None:
    boi = open_session()
    first, second = order(1, boi.reserve(ORDER)), order(2, boi.reserve(ORDER))
    lab.admin.add_fault("before_set_key", "class_missing", key=first.number)
    told = boi.write(first)
    assert told.outcome is Outcome.UNAUTHORISED
    assert not boi.is_spent
    assert boi.write(second).outcome is Outcome.CONFIRMED


def test_a_hostile_or_endless_key_is_on_no_file(open_session: Open) -> None:
    boi = open_session()
    assert boi.customer("X" * 200) is None
    assert boi.customer("Š\x00") is None
    assert boi.item("Y" * 200) is None
    assert boi.probe(ORDER, ProbeKey(1, "Z" * 50, "s")).verdict is Verdict.ABSENT


def test_stock_counts_every_warehouse_less_what_is_ordered(open_session: Open, lab: SageLab) -> None:
    lab.admin.add_rows(
        COMPANY, "IM_ItemWarehouse", [{"ItemCode": "WIDGET", "WarehouseCode": "001", "QuantityOnHand": 5}]
    )
    boi = open_session()
    boi.write(order(1, boi.reserve(ORDER)))
    standing = boi.item("WIDGET")
    assert standing
    assert standing.available == 103
