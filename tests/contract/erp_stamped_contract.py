"""What every road into an ERP must list of what carries our stamp. Subclass it with the fixtures of `ErpContract`."""

from datetime import date

from bridge.ports.erp import CUSTOMER, ORDER, Erp, ErpSession, ErpWrite, Stamped, StampedPage
from tests.contract.erp_contract import Door, order

LONG_AGO = date(2020, 1, 1)


def listed(session: ErpSession, document: str, limit: int = 200) -> list[Stamped]:
    """Every page of what carries a stamp."""
    page = session.stamped(document, LONG_AGO, limit=limit)
    rows = list(page.rows)
    while page.after is not None:
        page = session.stamped(document, LONG_AGO, page.after, limit)
        assert len(page.rows) <= limit
        rows += page.rows
    return rows


class StampedContract:
    """The promises of `ErpSession.stamped`. Fixtures: `erp`, `lane`, `door`."""

    def test_what_carries_a_stamp_is_listed_wherever_it_is_with_the_name_of_its_web_order(
        self, erp: Erp, lane: str, door: Door
    ) -> None:
        with erp.open(lane, fence=1, purpose="write") as session:
            numbers = session.reserve(ORDER, 3)
            writes = [order(n, number, Comment=f"Web order {n}00") for n, number in enumerate(numbers, start=1)]
            list(session.write(1, writes))
            door.move_to_history(numbers[1])
            rows = listed(session, ORDER)
            assert session.stamped(ORDER, date(2999, 1, 1)) == StampedPage(())
        assert {row.number: (row.stamp, row.text) for row in rows} == {
            number: (write.stamp, write.header["Comment"]) for number, write in zip(numbers, writes, strict=True)
        }
        assert "history" in {row.place for row in rows if row.number == numbers[1]}

    def test_the_list_of_what_carries_a_stamp_comes_in_pages_that_leave_nothing_out(self, erp: Erp, lane: str) -> None:
        with erp.open(lane, fence=1, purpose="write") as session:
            numbers = session.reserve(ORDER, 5)
            list(session.write(1, [order(n, number) for n, number in enumerate(numbers, start=1)]))
            assert len(session.stamped(ORDER, LONG_AGO, limit=2).rows) == 2
            for limit in (1, 2, 5, 6):
                assert {row.number for row in listed(session, ORDER, limit)} == set(numbers), limit

    def test_a_customer_is_listed_with_the_name_of_its_web_account(self, erp: Erp, lane: str) -> None:
        header = {"CustomerName": "New Co", "ZipCode": "10001", "TermsCode": "00", "Comment": "Web account 17"}
        with erp.open(lane, fence=1, purpose="write") as session:
            [customer] = session.reserve(CUSTOMER, 1)
            list(session.write(1, [ErpWrite(5, CUSTOMER, customer, "site-1:5", header)]))
            [row] = listed(session, CUSTOMER)
        assert (row.number, row.stamp, row.text) == (customer, "site-1:5", "Web account 17")
