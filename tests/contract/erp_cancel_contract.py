"""What every road into an ERP must do with an order that is withdrawn after it was written."""

from typing import Protocol

import pytest

from bridge.outcomes import Outcome
from bridge.ports.erp import CANCEL, ON_HOLD, ORDER, REMOVED, Erp, ErpSession, ErpWrite, ProbeKey, ResultLine, Verdict
from tests.contract.erp_contract import Door, order

HOLD = {"OrderStatus": ON_HOLD, "Comment": "Cancelled: Web order 700"}
REMOVE = {"OrderStatus": REMOVED, "CancelReasonCode": "WEB"}


class CancelDoor(Door, Protocol):
    """What people do with an order in the ERP itself."""

    def place(self, number: str) -> str:
        """Where an order is by now: open or history."""
        ...

    def invoice(self, number: str) -> str:
        """The warehouse puts all of an order on an invoice that is not posted yet; the invoice's number."""
        ...

    def release(self, number: str) -> None:
        """A clerk takes an order's hold off."""
        ...

    def remove(self, number: str) -> None:
        """A clerk cancels an order."""
        ...


def withdrawal(of: ErpWrite, record_id: int = 90, **header: str) -> ErpWrite:
    """The withdrawal of an order, by default its hold."""
    return ErpWrite(record_id, CANCEL, of.number, of.stamp, header or HOLD)


def key_of(write: ErpWrite) -> ProbeKey:
    """What decides a doubt about a withdrawal."""
    columns = {name: str(value) for name, value in write.header.items()}
    return ProbeKey(write.record_id, write.number, write.stamp, columns)


def written(session: ErpSession, batch_id: int = 1) -> ErpWrite:
    """An order that the ERP has."""
    write = order(7, session.reserve(ORDER, 1)[0], Comment="Web order 700")
    [line] = session.write(batch_id, [write])
    assert line.outcome is Outcome.CONFIRMED
    return write


def told(line: ResultLine) -> tuple[Outcome, str | None, str | None]:
    """What is said of a withdrawal."""
    return line.outcome, line.field, line.value


class CancelContract:
    """The promises of `Erp` for withdrawals. Fixtures: `erp`, `lane`, `door`."""

    @pytest.fixture
    def session(self, erp: Erp, lane: str) -> ErpSession:
        """A writer's session; the lane's next fence ends it."""
        return erp.open(lane, fence=1, purpose="write")

    def test_withdrawals_are_among_the_documents_of_the_road(self, erp: Erp) -> None:
        assert CANCEL in erp.capabilities.documents

    def test_an_order_is_held_with_the_reason_and_else_as_it_was(self, session: ErpSession, door: CancelDoor) -> None:
        with session:
            sold = written(session)
            before = door.kept(ORDER, sold.number)
            [line] = session.write(2, [withdrawal(sold)])
        assert (line.record_id, line.number, told(line)) == (90, sold.number, (Outcome.CONFIRMED, None, None))
        held = door.kept(ORDER, sold.number)
        assert before
        assert held
        assert (door.place(sold.number), held.stamp, held.lines) == ("open", sold.stamp, before.lines)
        assert {name: held.header[name] for name in HOLD} == HOLD
        assert held.header["CustomerPONo"] == "PO-7"

    def test_a_removed_order_is_in_history_as_cancelled_with_the_reason_code(
        self, session: ErpSession, door: CancelDoor
    ) -> None:
        with session:
            sold = written(session)
            [line] = session.write(2, [withdrawal(sold, **REMOVE)])
            [order_found] = session.probe(ORDER, [ProbeKey(7, sold.number, sold.stamp)])
        assert told(line) == (Outcome.CONFIRMED, None, None)
        kept = door.kept(ORDER, sold.number)
        assert kept
        assert {name: kept.header[name] for name in REMOVE} == REMOVE
        assert (door.place(sold.number), order_found.verdict) == ("history", Verdict.OURS)

    @pytest.mark.parametrize("header", [HOLD, REMOVE], ids=["hold", "cancel"])
    def test_the_same_withdrawal_twice_changes_nothing(
        self, session: ErpSession, door: CancelDoor, header: dict[str, str]
    ) -> None:
        with session:
            sold = written(session)
            wish = withdrawal(sold, **header)
            list(session.write(2, [wish]))
            before = door.kept(ORDER, sold.number)
            [again] = session.write(3, [wish])
        assert again.outcome is Outcome.CONFIRMED
        assert door.kept(ORDER, sold.number) == before
        assert again.text

    @pytest.mark.parametrize("header", [HOLD, REMOVE], ids=["hold", "cancel"])
    def test_a_probe_says_whether_it_was_done(
        self, session: ErpSession, door: CancelDoor, header: dict[str, str]
    ) -> None:
        with session:
            wish = withdrawal(written(session), **header)
            [before] = session.probe(CANCEL, [key_of(wish)])
            list(session.write(2, [wish]))
            [after] = session.probe(CANCEL, [key_of(wish)])
        assert (before.record_id, before.verdict, before.place) == (90, Verdict.ABSENT, "open")
        assert (after.verdict, after.place) == (Verdict.OURS, door.place(wish.number))
        assert not after.on_hold, "a hold that was wished for is no remark"

    def test_a_hold_that_was_taken_off_is_not_there_any_more(self, session: ErpSession, door: CancelDoor) -> None:
        with session:
            wish = withdrawal(written(session))
            list(session.write(2, [wish]))
            door.release(wish.number)
            [finding] = session.probe(CANCEL, [key_of(wish)])
        assert finding.verdict is Verdict.ABSENT

    @pytest.mark.parametrize("header", [HOLD, REMOVE], ids=["hold", "cancel"])
    def test_an_order_that_a_clerk_has_cancelled_needs_nothing_more(
        self, session: ErpSession, door: CancelDoor, header: dict[str, str]
    ) -> None:
        with session:
            wish = withdrawal(written(session), **header)
            door.remove(wish.number)
            [finding] = session.probe(CANCEL, [key_of(wish)])
            [line] = session.write(2, [wish])
        assert (finding.verdict, line.outcome) == (Verdict.OURS, Outcome.CONFIRMED)

    @pytest.mark.parametrize("header", [HOLD, REMOVE], ids=["hold", "cancel"])
    def test_an_order_on_an_invoice_is_left_alone_and_the_invoice_named(
        self, session: ErpSession, door: CancelDoor, header: dict[str, str]
    ) -> None:
        with session:
            wish = withdrawal(written(session), **header)
            invoice = door.invoice(wish.number)
            before = door.kept(ORDER, wish.number)
            [line] = session.write(2, [wish])
            [finding] = session.probe(CANCEL, [key_of(wish)])
        assert told(line) == (Outcome.REJECTED, "CurrentInvoiceNo", invoice)
        assert finding.verdict is Verdict.ABSENT
        assert door.kept(ORDER, wish.number) == before

    def test_a_completed_order_is_left_alone(self, session: ErpSession, door: CancelDoor) -> None:
        with session:
            wish = withdrawal(written(session))
            door.move_to_history(wish.number)
            [line] = session.write(2, [wish])
            [finding] = session.probe(CANCEL, [key_of(wish)])
        assert told(line) == (Outcome.REJECTED, "OrderStatus", "C")
        assert (finding.verdict, finding.place) == (Verdict.ABSENT, "history")

    def test_an_order_under_another_stamp_is_nobodys_to_withdraw(self, session: ErpSession, door: CancelDoor) -> None:
        with session:
            sold = written(session)
            theirs = ErpWrite(90, CANCEL, sold.number, "site-1:8", REMOVE)
            [line] = session.write(2, [theirs])
            [finding] = session.probe(CANCEL, [key_of(theirs)])
        assert told(line) == (Outcome.REJECTED, "UDF_WEB_ORDER_ID", "site-1:7")
        assert finding.verdict is Verdict.ANOTHERS
        assert door.place(sold.number) == "open"

    def test_an_order_that_is_nowhere_is_told_and_the_next_goes_on(self, session: ErpSession, door: CancelDoor) -> None:
        with session:
            sold, [unused] = written(session), session.reserve(ORDER, 1)
            nobodys = ErpWrite(89, CANCEL, unused, "site-1:9", HOLD)
            first, second = session.write(2, [nobodys, withdrawal(sold)])
        assert told(first) == (Outcome.REJECTED, "SalesOrderNo", unused)
        assert second.outcome is Outcome.CONFIRMED
        assert door.count() == 1, "no order has come to be by asking for one"

    def test_an_order_that_a_clerk_has_open_is_busy(self, session: ErpSession, door: CancelDoor) -> None:
        with session:
            wish = withdrawal(written(session))
            door.make_busy(wish)
            [busy] = session.write(2, [wish])
            [line] = session.write(3, [wish])
        assert (busy.outcome, line.outcome) == (Outcome.RECORD_BUSY, Outcome.CONFIRMED)
