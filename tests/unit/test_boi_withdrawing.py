"""Withdrawals against the simulated COM server: what Sage breaks off, what it keeps, and what is too late."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr

from bridge.erp.sage100.boi import BoiSession
from bridge.erp.sage100.com import load_factory
from bridge.erp.sage100.company import SageCompany
from bridge.erp.sage100.session import SageSession
from bridge.outcomes import Outcome
from bridge.ports.erp import ORDER, ErpWrite, ResultLine, Verdict
from sandbox.sage100.faults import Action, Point
from tests.contract.erp_cancel_contract import HOLD, REMOVE, key_of, told, withdrawal
from tests.contract.erp_contract import order
from tests.contract.sage_lab import COMPANY, SageLab

BOTH = pytest.mark.parametrize("header", [HOLD, REMOVE], ids=["hold", "cancel"])


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[SageLab]:
    lab = SageLab(tmp_path, seats=5)
    yield lab
    lab.erp.close()
    lab.admin.close()


@pytest.fixture
def boi(lab: SageLab, monkeypatch: pytest.MonkeyPatch) -> Iterator[BoiSession]:
    monkeypatch.setenv("TIDEGATE_SANDBOX_SAGE", str(lab.store))
    session = open_session(lab)
    yield session
    session.close()


def open_session(lab: SageLab) -> BoiSession:
    company = SageCompany(user="WEB", password=SecretStr("web"))
    factory = load_factory("sandbox.sage100.script:connect")
    return BoiSession(SageSession(factory, lab.admin.options().home, COMPANY, company))


def sold(boi: BoiSession) -> ErpWrite:
    write = order(7, boi.reserve(ORDER), Comment="Web order 700")
    assert boi.write(write).outcome is Outcome.CONFIRMED
    return write


def header_of(lab: SageLab, number: str) -> tuple[str, str]:
    """Where the order is, and its status there."""
    [found] = [each for each in lab.admin.orders(COMPANY) if each["header"]["SalesOrderNo"] == number]
    return found["place"], str(found["header"]["OrderStatus"])


@BOTH
@pytest.mark.parametrize("is_saved", [True, False])
def test_a_server_that_dies_at_the_last_call_leaves_a_doubt_that_a_probe_decides(
    boi: BoiSession, lab: SageLab, header: dict[str, str], is_saved: bool
) -> None:
    wish = withdrawal(sold(boi), **header)
    point: Point = "after_header_write" if is_saved else "before_header_write"
    lab.admin.add_fault(point, "server_gone", company=COMPANY, key=wish.number)
    line = boi.write(wish)
    assert (line.outcome, boi.is_spent) == (Outcome.UNCERTAIN, True)
    fresh = open_session(lab)
    finding = fresh.probe("order.cancel", key_of(wish))
    assert finding.verdict is (Verdict.OURS if is_saved else Verdict.ABSENT)
    again = fresh.write(wish)
    fresh.close()
    assert again.outcome is Outcome.CONFIRMED
    assert header_of(lab, wish.number)[1] == header["OrderStatus"]


ACTIONS: list[tuple[Action, Outcome]] = [
    ("busy", Outcome.RECORD_BUSY), ("stale", Outcome.BROKE_OFF), ("class_missing", Outcome.UNAUTHORISED),
]  # fmt: skip


@pytest.mark.parametrize(("action", "outcome"), ACTIONS)
def test_what_fails_before_the_last_call_has_changed_nothing(
    boi: BoiSession, lab: SageLab, action: Action, outcome: Outcome
) -> None:
    wish = withdrawal(sold(boi))
    lab.admin.add_fault("before_set_key", action, company=COMPANY, key=wish.number)
    assert boi.write(wish).outcome is outcome
    assert header_of(lab, wish.number) == ("open", "N")


def test_a_refused_last_call_leaves_the_order_and_no_lock(boi: BoiSession, lab: SageLab) -> None:
    wish = withdrawal(sold(boi), **REMOVE)
    lab.admin.add_fault("before_header_write", "refuse", company=COMPANY, text="CancelReasonCode is required.")
    assert told(boi.write(wish))[:2] == (Outcome.REJECTED, "CancelReasonCode")
    other = open_session(lab)
    assert other.write(wish).outcome is Outcome.CONFIRMED, "the lock was given up"
    other.close()


def test_a_backup_ends_the_batch(boi: BoiSession, lab: SageLab) -> None:
    wish = withdrawal(sold(boi))
    lab.admin.maintenance(True)
    assert boi.write(wish).outcome is Outcome.LOCKED


@BOTH
def test_an_order_of_which_a_part_has_gone_out_is_a_persons(
    boi: BoiSession, lab: SageLab, header: dict[str, str]
) -> None:
    wish = withdrawal(sold(boi), **header)
    invoice = lab.admin.office(COMPANY).ship(wish.number, {"000001": Decimal(1)})
    lab.admin.post_invoice(COMPANY, invoice)
    assert told(boi.write(wish)) == (Outcome.REJECTED, "LastInvoiceOrderNo", invoice)
    assert header_of(lab, wish.number)[0] == "open"


def without_history(lab: SageLab, boi: BoiSession, header: dict[str, str]) -> ErpWrite:
    lab.admin.set_option("keep_order_history", False)
    return withdrawal(sold(boi), **header)


def test_where_no_history_is_kept_a_removed_order_is_done_when_it_is_nowhere(boi: BoiSession, lab: SageLab) -> None:
    wish = without_history(lab, boi, REMOVE)
    assert boi.write(wish).outcome is Outcome.CONFIRMED
    finding = boi.probe("order.cancel", key_of(wish))
    assert (finding.verdict, finding.place) == (Verdict.OURS, None)
    assert finding.warnings, "a person may want to look"


def test_where_no_history_is_kept_a_posted_order_is_not_taken_for_a_removed_one(boi: BoiSession, lab: SageLab) -> None:
    wish = without_history(lab, boi, REMOVE)
    lab.admin.post_invoice(COMPANY, lab.admin.make_invoice(COMPANY, wish.number))
    finding = boi.probe("order.cancel", key_of(wish))
    assert (finding.verdict, finding.place) == (Verdict.ABSENT, "invoice history")
    assert told(boi.write(wish)) == (Outcome.REJECTED, "SalesOrderNo", wish.number)


def test_history_without_stamps_is_believed_for_the_number(boi: BoiSession, lab: SageLab) -> None:
    lab.admin.set_option("carry_udfs", False)
    wish = withdrawal(sold(boi), **REMOVE)
    lines: list[ResultLine] = [boi.write(wish), boi.write(wish)]
    assert [line.outcome for line in lines] == [Outcome.CONFIRMED] * 2
    assert boi.probe("order.cancel", key_of(wish)).verdict is Verdict.OURS


def test_what_the_order_had_taken_out_of_stock_is_free_again(boi: BoiSession) -> None:
    sold_order = sold(boi)
    before = boi.item("WIDGET")
    boi.write(withdrawal(sold_order, **REMOVE))
    after = boi.item("WIDGET")
    assert before
    assert after
    assert after.available - before.available == 2
