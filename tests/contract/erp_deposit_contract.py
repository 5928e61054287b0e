"""What every road into an ERP must do with the deposit of an order that was written before."""

from decimal import Decimal
from typing import Protocol

import pytest

from bridge.outcomes import Outcome
from bridge.ports.erp import DEPOSIT, ORDER, Erp, ErpSession, ErpWrite, FieldValue, Verdict
from tests.contract.erp_cancel_contract import CancelDoor, key_of, told, written

NOTHING, PART, WHOLE = Decimal("0.00"), Decimal("12.00"), Decimal("20.02")


class DepositDoor(CancelDoor, Protocol):
    """What people do with a deposit in the ERP itself."""

    def change_deposit(self, number: str, amount: Decimal) -> None:
        """A clerk sets the deposit of an open order."""
        ...


def paid(of: ErpWrite, amount: Decimal, before: Decimal = NOTHING, record_id: int = 91) -> ErpWrite:
    """The whole deposit of an order, of which we wrote `before` last."""
    header: dict[str, FieldValue] = {
        "PaymentType": "CARD", "PaymentTypeCategory": "D", "DepositAmt": amount, "OtherPaymentTypeRefNo": "pi_1",
    }  # fmt: skip
    return ErpWrite(record_id, DEPOSIT, of.number, of.stamp, header, before={"DepositAmt": before})


def kept_deposit(door: DepositDoor, number: str) -> Decimal:
    """The deposit that the ERP has for an order."""
    kept = door.kept(ORDER, number)
    assert kept
    return Decimal(kept.header.get("DepositAmt", 0))


class DepositContract:
    """The promises of `Erp` for deposits. Fixtures: `erp`, `lane`, `door`."""

    @pytest.fixture
    def session(self, erp: Erp, lane: str) -> ErpSession:
        """A writer's session; the lane's next fence ends it."""
        return erp.open(lane, fence=1, purpose="write")

    def test_deposits_are_among_the_documents_of_the_road(self, erp: Erp) -> None:
        assert DEPOSIT in erp.capabilities.documents

    def test_an_order_gets_its_deposit_and_is_else_as_it_was(self, session: ErpSession, door: DepositDoor) -> None:
        with session:
            sold = written(session)
            before = door.kept(ORDER, sold.number)
            [line] = session.write(2, [paid(sold, PART)])
        assert (line.record_id, line.number, told(line)) == (91, sold.number, (Outcome.CONFIRMED, None, None))
        now = door.kept(ORDER, sold.number)
        assert before
        assert now
        assert (door.place(sold.number), now.stamp, now.lines) == ("open", sold.stamp, before.lines)
        assert (now.header["PaymentType"], now.header["PaymentTypeCategory"]) == ("CARD", "D")
        assert (kept_deposit(door, sold.number), now.header["OtherPaymentTypeRefNo"]) == (PART, "pi_1")
        assert now.header["CustomerPONo"] == "PO-7"

    def test_what_is_written_is_the_whole_and_no_more_of_it(self, session: ErpSession, door: DepositDoor) -> None:
        with session:
            sold = written(session)
            steps = [(PART, NOTHING), (WHOLE, PART), (NOTHING, WHOLE)]
            for batch_id, (amount, before) in enumerate(steps, start=2):
                [line] = session.write(batch_id, [paid(sold, amount, before)])
                assert (line.outcome, kept_deposit(door, sold.number)) == (Outcome.CONFIRMED, amount)

    def test_the_same_deposit_twice_changes_nothing(self, session: ErpSession, door: DepositDoor) -> None:
        with session:
            sold = written(session)
            list(session.write(2, [paid(sold, PART)]))
            before = door.kept(ORDER, sold.number)
            [again] = session.write(3, [paid(sold, PART)])
        assert (again.outcome, door.kept(ORDER, sold.number)) == (Outcome.CONFIRMED, before)
        assert again.text

    def test_a_probe_says_whether_it_was_done(self, session: ErpSession, door: DepositDoor) -> None:
        with session:
            wish = paid(written(session), PART)
            [before] = session.probe(DEPOSIT, [key_of(wish)])
            list(session.write(2, [wish]))
            [after] = session.probe(DEPOSIT, [key_of(wish)])
        assert (before.record_id, before.verdict, before.place) == (91, Verdict.ABSENT, "open")
        assert (after.verdict, after.place) == (Verdict.OURS, "open")

    def test_a_deposit_that_a_clerk_has_changed_is_left_alone(self, session: ErpSession, door: DepositDoor) -> None:
        with session:
            sold = written(session)
            list(session.write(2, [paid(sold, PART)]))
            door.change_deposit(sold.number, Decimal("7.50"))
            [line] = session.write(3, [paid(sold, WHOLE, PART)])
            [finding] = session.probe(DEPOSIT, [key_of(paid(sold, WHOLE))])
        assert told(line) == (Outcome.REJECTED, "DepositAmt", "7.50")
        assert "12.00" in (line.text or "")
        assert "20.02" in (line.text or "")
        assert (kept_deposit(door, sold.number), finding.verdict) == (Decimal("7.50"), Verdict.ABSENT)

    def test_a_deposit_that_a_clerk_has_entered_needs_nothing_more(
        self, session: ErpSession, door: DepositDoor
    ) -> None:
        with session:
            sold = written(session)
            door.change_deposit(sold.number, PART)
            [line] = session.write(2, [paid(sold, PART)])
        assert line.outcome is Outcome.CONFIRMED

    def test_an_order_on_an_invoice_is_left_alone_and_a_person_told_what_to_enter(
        self, session: ErpSession, door: DepositDoor
    ) -> None:
        with session:
            wish = paid(written(session), PART)
            invoice = door.invoice(wish.number)
            before = door.kept(ORDER, wish.number)
            [line] = session.write(2, [wish])
            [finding] = session.probe(DEPOSIT, [key_of(wish)])
        assert told(line) == (Outcome.REJECTED, "DepositAmt", "12.00")
        assert [word for word in ("12.00", "CARD", "pi_1", invoice) if word not in (line.text or "")] == []
        assert finding.verdict is Verdict.ABSENT
        assert door.kept(ORDER, wish.number) == before

    def test_a_deposit_that_was_there_before_the_invoice_is_there(self, session: ErpSession, door: DepositDoor) -> None:
        with session:
            wish = paid(written(session), PART)
            list(session.write(2, [wish]))
            door.invoice(wish.number)
            [line] = session.write(3, [wish])
            [finding] = session.probe(DEPOSIT, [key_of(wish)])
        assert (line.outcome, finding.verdict) == (Outcome.CONFIRMED, Verdict.OURS)

    def test_a_completed_order_is_left_alone(self, session: ErpSession, door: DepositDoor) -> None:
        with session:
            wish = paid(written(session), PART)
            door.move_to_history(wish.number)
            [line] = session.write(2, [wish])
            [finding] = session.probe(DEPOSIT, [key_of(wish)])
        assert told(line) == (Outcome.REJECTED, "DepositAmt", "12.00")
        assert (finding.verdict, finding.place) == (Verdict.ABSENT, "history")

    def test_an_order_under_another_stamp_is_nobodys_to_pay(self, session: ErpSession, door: DepositDoor) -> None:
        with session:
            sold = written(session)
            theirs = ErpWrite(91, DEPOSIT, sold.number, "site-1:8", paid(sold, PART).header)
            [line] = session.write(2, [theirs])
            [finding] = session.probe(DEPOSIT, [key_of(theirs)])
        assert told(line) == (Outcome.REJECTED, "UDF_WEB_ORDER_ID", "site-1:7")
        assert (finding.verdict, kept_deposit(door, sold.number)) == (Verdict.ANOTHERS, NOTHING)

    def test_an_order_that_is_nowhere_is_told_and_the_next_goes_on(
        self, session: ErpSession, door: DepositDoor
    ) -> None:
        with session:
            sold, [unused] = written(session), session.reserve(ORDER, 1)
            nobodys = ErpWrite(89, DEPOSIT, unused, "site-1:9", paid(sold, PART).header)
            first, second = session.write(2, [nobodys, paid(sold, PART)])
        assert told(first) == (Outcome.REJECTED, "SalesOrderNo", unused)
        assert (second.outcome, door.count()) == (Outcome.CONFIRMED, 1)

    def test_an_order_that_a_clerk_has_open_is_busy(self, session: ErpSession, door: DepositDoor) -> None:
        with session:
            wish = paid(written(session), PART)
            door.make_busy(wish)
            [busy] = session.write(2, [wish])
            [line] = session.write(3, [wish])
        assert (busy.outcome, line.outcome) == (Outcome.RECORD_BUSY, Outcome.CONFIRMED)
