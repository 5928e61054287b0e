"""What every road into an ERP must do, whatever is behind it. Subclass it with the three fixtures."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

import pytest

from bridge.errors import LaneLocked, Misconfigured, NoSeat, StaleFence, TidegateError, Unauthorised, Uncertain
from bridge.outcomes import Outcome
from bridge.ports.erp import (
    CUSTOMER,
    ORDER,
    CustomerQuery,
    Erp,
    ErpSession,
    ErpWrite,
    FieldValue,
    ProbeKey,
    ResultLine,
    Verdict,
)

WRITTEN = {Outcome.CONFIRMED, Outcome.CONFIRMED_FLAGGED}


@dataclass(frozen=True)
class Kept:
    """One record as the ERP itself has it, seen through a back door."""

    stamp: str
    header: dict[str, FieldValue]
    lines: list[dict[str, FieldValue]]


class Door(Protocol):
    """The tester's way round the adapter: look at what is kept, and make things go wrong.

    Customer ACME (Acme Tools, buyer@acme.example, 53202), customer RISKY on credit hold, items WIDGET and GADGET exist.
    """

    def kept(self, document: str, number: str) -> Kept | None:
        """What is kept under a number."""
        ...

    def count(self) -> int:
        """How many orders there are."""
        ...

    def hold_next(self, stamp: str) -> None:
        """The ERP will put this order, which RISKY placed, on hold."""
        ...

    def move_to_history(self, number: str) -> None:
        """The warehouse completes an order."""
        ...

    def lock(self) -> None:
        """A backup begins."""
        ...

    def refuse_logon(self) -> None:
        """The user is locked out."""
        ...

    def make_busy(self, write: ErpWrite) -> None:
        """Somebody has that record open, once."""
        ...

    def lose_stream_at(self, write: ErpWrite) -> None:
        """The connection is lost while this record is being written."""
        ...

    def settle(self) -> None:
        """Waits until the road works again after a lost stream."""
        ...


def order(record_id: int, number: str, **changed: object) -> ErpWrite:
    """An order of two widgets at 10.01 for ACME; keywords change the header, `lines` replaces the lines."""
    lines = changed.pop(
        "lines", ({"ItemCode": "WIDGET", "QuantityOrdered": Decimal(2), "UnitPrice": Decimal("10.01")},)
    )
    header = {
        "CustomerNo": "ACME",
        "OrderDate": "20261121",
        "ShipExpireDate": "20261124",
        "CustomerPONo": f"PO-{record_id}",
        **changed,
    }
    return ErpWrite(record_id, ORDER, number, f"site-1:{record_id}", header, lines)  # type: ignore[arg-type]


def outcomes(lines: list[ResultLine]) -> dict[int, Outcome]:
    """Outcome by record id."""
    return {line.record_id: line.outcome for line in lines}


class ErpContract:
    """The promises of `Erp` and `ErpSession`. Fixtures: `erp`, `lane`, `door`."""

    def open(self, erp: Erp, lane: str, fence: int = 1, purpose: str = "write") -> ErpSession:
        """A session, by default the first writer's."""
        return erp.open(lane, fence=fence, purpose=purpose)

    def test_a_written_order_is_kept_whole_and_a_probe_says_ours(self, erp: Erp, lane: str, door: Door) -> None:
        with self.open(erp, lane) as session:
            [number] = session.reserve(ORDER, 1)
            write = order(7, number)
            [line] = session.write(1, [write])
            [finding] = session.probe(ORDER, [ProbeKey(7, number, write.stamp)])
        assert (line.record_id, line.outcome, line.number, line.total) == (
            7, Outcome.CONFIRMED, number, Decimal("20.02"),
        )  # fmt: skip
        assert (finding.verdict, finding.place, finding.total) == (Verdict.OURS, "open", Decimal("20.02"))
        kept = door.kept(ORDER, number)
        assert kept
        assert kept.stamp == write.stamp
        assert kept.header["CustomerPONo"] == "PO-7"
        assert [(each["ItemCode"], each["QuantityOrdered"]) for each in kept.lines] == [("WIDGET", Decimal(2))]

    def test_a_probe_follows_an_order_into_history(self, erp: Erp, lane: str, door: Door) -> None:
        with self.open(erp, lane) as session:
            [number] = session.reserve(ORDER, 1)
            write = order(7, number)
            list(session.write(1, [write]))
            door.move_to_history(number)
            [finding] = session.probe(ORDER, [ProbeKey(7, number, write.stamp)])
        assert (finding.verdict, finding.place) == (Verdict.OURS, "history")

    def test_a_completed_orders_number_is_free_again_so_only_a_probe_keeps_it_from_being_written_twice(
        self, erp: Erp, lane: str, door: Door
    ) -> None:
        with self.open(erp, lane) as session:
            [number] = session.reserve(ORDER, 1)
            list(session.write(1, [order(7, number)]))
            door.move_to_history(number)
            [line] = session.write(2, [order(7, number)])
        assert line.outcome is Outcome.CONFIRMED

    def test_a_number_under_another_stamp_is_anothers_and_an_unused_one_absent(self, erp: Erp, lane: str) -> None:
        with self.open(erp, lane) as session:
            taken, free = session.reserve(ORDER, 2)
            list(session.write(1, [order(7, taken)]))
            found = session.probe(ORDER, [ProbeKey(8, taken, "site-1:8"), ProbeKey(9, free, "site-1:9")])
        assert [(each.record_id, each.verdict) for each in found] == [(8, Verdict.ANOTHERS), (9, Verdict.ABSENT)]
        assert found[0].found_stamp == "site-1:7"

    def test_the_same_number_twice_is_a_conflict_and_still_one_order(self, erp: Erp, lane: str, door: Door) -> None:
        with self.open(erp, lane) as session:
            [number] = session.reserve(ORDER, 1)
            list(session.write(1, [order(7, number)]))
            [line] = session.write(2, [order(8, number)])
        assert line.outcome is Outcome.CONFLICT
        assert door.count() == 1
        kept = door.kept(ORDER, number)
        assert kept
        assert kept.stamp == "site-1:7"

    def test_a_refused_order_leaves_nothing_behind_and_the_next_goes_on(self, erp: Erp, lane: str, door: Door) -> None:
        with self.open(erp, lane) as session:
            first, second = session.reserve(ORDER, 2)
            lines = (
                {"ItemCode": "WIDGET", "QuantityOrdered": Decimal(1), "UnitPrice": Decimal(1)},
                {"ItemCode": "NO-SUCH", "QuantityOrdered": Decimal(1), "UnitPrice": Decimal(1)},
            )
            told = list(session.write(1, [order(7, first, lines=lines), order(8, second)]))
        assert outcomes(told) == {7: Outcome.REJECTED, 8: Outcome.CONFIRMED}
        assert (told[0].field, told[0].value) == ("ItemCode", "NO-SUCH")
        assert told[0].text
        assert door.kept(ORDER, first) is None
        kept = door.kept(ORDER, second)
        assert kept
        assert len(kept.lines) == 1

    def test_an_order_of_an_unknown_customer_says_so(self, erp: Erp, lane: str, door: Door) -> None:
        with self.open(erp, lane) as session:
            first, second = session.reserve(ORDER, 2)
            told = list(session.write(1, [order(7, first, CustomerNo="NOBODY"), order(8, second)]))
        assert outcomes(told) == {7: Outcome.CUSTOMER_MISSING, 8: Outcome.CONFIRMED}
        assert (told[0].field, told[0].value) == ("CustomerNo", "NOBODY")
        assert door.count() == 1

    def test_reserved_numbers_are_never_given_twice(self, erp: Erp, lane: str) -> None:
        with self.open(erp, lane) as session:
            numbers = session.reserve(ORDER, 3) + session.reserve(ORDER, 2)
        with self.open(erp, lane, fence=2) as session:
            numbers += session.reserve(ORDER, 1)
        assert len(set(numbers)) == 6

    def test_an_older_fence_is_refused_at_the_door_and_in_its_session(self, erp: Erp, lane: str, door: Door) -> None:
        with self.open(erp, lane, fence=4) as old:
            numbers = old.reserve(ORDER, 1)
            with self.open(erp, lane, fence=5) as new:
                with pytest.raises(StaleFence):
                    self.open(erp, lane, fence=4)
                with pytest.raises(StaleFence):
                    old.reserve(ORDER, 1)
                with pytest.raises(StaleFence):
                    list(old.write(1, [order(7, numbers[0])]))
                assert new.reserve(ORDER, 1)
        assert door.count() == 0

    def test_a_batch_in_a_session_that_a_newer_fence_ended_is_closed(self, erp: Erp, lane: str) -> None:
        with self.open(erp, lane, fence=4) as old:
            [number] = old.reserve(ORDER, 1)
            list(old.write(1, [order(7, number)]))
            with self.open(erp, lane, fence=5):
                notes = erp.notes(lane, 1)
        assert notes.closed
        assert notes.begun == {7}

    def test_a_batch_asked_for_before_it_came_can_never_begin(self, erp: Erp, lane: str, door: Door) -> None:
        with self.open(erp, lane) as session:
            assert erp.notes(lane, 9).closed
            [number] = session.reserve(ORDER, 1)
            with pytest.raises(Uncertain):
                list(session.write(9, [order(7, number)]))
        assert erp.notes(lane, 9).begun == frozenset()
        assert door.count() == 0

    def test_a_batch_sent_twice_is_written_once(self, erp: Erp, lane: str, door: Door) -> None:
        with self.open(erp, lane) as session:
            numbers = session.reserve(ORDER, 2)
            list(session.write(1, [order(7, numbers[0])]))
            with pytest.raises(Uncertain):
                list(session.write(1, [order(8, numbers[1])]))
        assert door.count() == 1

    def test_a_batch_sent_behind_another_is_written_after_it(self, erp: Erp, lane: str, door: Door) -> None:
        with self.open(erp, lane) as session:
            writes = [order(n, number) for n, number in enumerate(session.reserve(ORDER, 4), start=1)]
            first, second = session.write(1, writes[:2]), session.write(2, writes[2:])
            [late] = session.reserve(ORDER, 1)
            told = [line.record_id for answer in (first, second) for line in answer]
        assert told == [1, 2, 3, 4]
        assert late not in {write.number for write in writes}
        assert door.count() == 4

    def test_a_lost_stream_is_uncertain_and_the_notes_tell_what_was_begun(
        self, erp: Erp, lane: str, door: Door
    ) -> None:
        told: list[ResultLine] = []
        with self.open(erp, lane) as session:
            writes = [order(n, number) for n, number in enumerate(session.reserve(ORDER, 4), start=1)]
            door.lose_stream_at(writes[1])
            with pytest.raises(Uncertain):
                told.extend(session.write(1, writes))
        door.settle()
        assert outcomes(told) == {1: Outcome.CONFIRMED}
        with self.open(erp, lane, fence=2) as session:
            notes = erp.notes(lane, 1)
            found = session.probe(ORDER, [ProbeKey(each.record_id, each.number, each.stamp) for each in writes])
        assert notes.closed
        assert notes.begun in ({1, 2}, {1, 2, 3}), "the next one may have been noted already"
        assert [found[place].verdict for place in (0, 2, 3)] == [Verdict.OURS, Verdict.ABSENT, Verdict.ABSENT]
        assert [door.kept(ORDER, writes[place].number) for place in (2, 3)] == [None, None]

    def test_money_keeps_its_cents(self, erp: Erp, lane: str, door: Door) -> None:
        lines = tuple(
            {"ItemCode": "GADGET", "QuantityOrdered": Decimal(quantity), "UnitPrice": Decimal(price)}
            for quantity, price in (("3", "0.10"), ("1", "1234567.89"), ("7", "19.99"))
        )
        with self.open(erp, lane) as session:
            [number] = session.reserve(ORDER, 1)
            [line] = session.write(1, [order(7, number, lines=lines, FreightAmt=Decimal("4.35"))])
        assert line.total == Decimal("1234712.47")
        kept = door.kept(ORDER, number)
        assert kept
        assert [each["UnitPrice"] for each in kept.lines] == [Decimal("0.10"), Decimal("1234567.89"), Decimal("19.99")]

    @pytest.mark.parametrize(
        "name",
        [
            'O"Neil; DROP "x" ',
            "a;b,c|d'e",
            "two\nlines",
            "byte \x8a here",
            "Škoda",
            "漢字",
            "nul\x00end",
            '" OR "1"="1',
        ],
    )
    def test_a_hostile_text_survives_or_is_refused_by_its_name(
        self, erp: Erp, lane: str, door: Door, name: str
    ) -> None:
        with self.open(erp, lane) as session:
            first, second = session.reserve(ORDER, 2)
            told = list(session.write(1, [order(7, first, ShipToName=name), order(8, second)]))
        assert told[1].outcome is Outcome.CONFIRMED
        kept = door.kept(ORDER, first)
        if told[0].outcome in WRITTEN:
            assert kept
            assert kept.header["ShipToName"] == name
        else:
            assert (told[0].outcome, told[0].field) == (Outcome.REJECTED, "ShipToName")
            assert kept is None

    def test_an_order_that_the_erp_holds_is_confirmed_with_a_flag(self, erp: Erp, lane: str, door: Door) -> None:
        with self.open(erp, lane) as session:
            [number] = session.reserve(ORDER, 1)
            write = order(7, number, CustomerNo="RISKY")
            door.hold_next(write.stamp)
            [line] = session.write(1, [write])
            [finding] = session.probe(ORDER, [ProbeKey(7, number, write.stamp)])
        assert line.outcome is Outcome.CONFIRMED_FLAGGED
        assert line.on_hold
        assert finding.on_hold

    def test_a_record_open_elsewhere_is_busy_and_the_next_goes_on(self, erp: Erp, lane: str, door: Door) -> None:
        with self.open(erp, lane) as session:
            first, second = session.reserve(ORDER, 2)
            door.make_busy(order(7, first))
            told = list(session.write(1, [order(7, first), order(8, second)]))
        assert outcomes(told) == {7: Outcome.RECORD_BUSY, 8: Outcome.CONFIRMED}

    def test_a_backup_during_a_batch_ends_it_and_then_refuses_log_ons(self, erp: Erp, lane: str, door: Door) -> None:
        with self.open(erp, lane) as session:
            first, second = session.reserve(ORDER, 2)
            door.lock()
            told = list(session.write(1, [order(7, first), order(8, second)]))
        assert told[0].outcome is Outcome.LOCKED
        assert told[1].outcome in {Outcome.LOCKED, Outcome.NEVER_BEGUN}
        assert door.count() == 0
        with pytest.raises(LaneLocked):
            self.open(erp, lane, fence=2)

    def test_a_refused_log_on_is_unauthorised(self, erp: Erp, lane: str, door: Door) -> None:
        door.refuse_logon()
        with pytest.raises(Unauthorised):
            self.open(erp, lane)

    def test_sessions_are_limited_and_come_back(self, erp: Erp, lane: str) -> None:
        limit = erp.capabilities.session_limit
        open_ones = [self.open(erp, lane, purpose=f"reader {n}") for n in range(limit)]
        with pytest.raises(NoSeat):
            self.open(erp, lane, purpose="one too many")
        for session in open_ones:
            session.__exit__(None, None, None)
        with self.open(erp, lane) as session:
            assert session.reserve(ORDER, 1)

    def test_the_same_fence_and_purpose_replaces_its_session(self, erp: Erp, lane: str) -> None:
        with self.open(erp, lane) as given_up, self.open(erp, lane) as session:
            assert session.reserve(ORDER, 1)
            with pytest.raises(TidegateError):
                given_up.reserve(ORDER, 1)

    def test_a_new_customer_is_kept_found_and_may_order(self, erp: Erp, lane: str, door: Door) -> None:
        header: dict[str, FieldValue] = {
            "CustomerName": "New Co", "ZipCode": "10001", "EmailAddress": "new@co.example", "TermsCode": "00",
        }  # fmt: skip
        with self.open(erp, lane) as session:
            [customer] = session.reserve(CUSTOMER, 1)
            [line] = session.write(1, [ErpWrite(5, CUSTOMER, customer, "site-1:c5", header)])
            [finding] = session.probe(CUSTOMER, [ProbeKey(5, customer, "site-1:c5")])
            [number] = session.reserve(ORDER, 1)
            [ordered] = session.write(2, [order(7, number, CustomerNo=customer)])
            hits = session.match_customers([CustomerQuery(1, email="new@co.example")])
        assert line.outcome is Outcome.CONFIRMED
        assert (finding.verdict, finding.place) == (Verdict.OURS, "customer")
        assert ordered.outcome is Outcome.CONFIRMED
        assert [(hit.number, hit.by) for hit in hits[1]] == [(customer, "email")]
        kept = door.kept(CUSTOMER, customer)
        assert kept
        assert kept.stamp == "site-1:c5"

    def test_customers_are_matched_by_number_then_email_then_name_with_postal_code(self, erp: Erp, lane: str) -> None:
        queries = [
            CustomerQuery(1, number="ACME", email="wrong@x.example"),
            CustomerQuery(2, number="NOBODY", email="buyer@acme.example"),
            CustomerQuery(3, email="none@x.example", name="ACME tools", postal_code="53202"),
            CustomerQuery(4, email='" OR "1"="1', name='"', postal_code='" OR "1"="1'),
        ]
        with self.open(erp, lane) as session:
            hits = session.match_customers(queries)
        assert {record_id: [(hit.number, hit.by) for hit in found] for record_id, found in hits.items()} == {
            1: [("ACME", "number")],
            2: [("ACME", "email")],
            3: [("ACME", "name")],
            4: [],
        }

    def test_facts_tell_credit_and_stock_and_leave_out_what_is_unknown(self, erp: Erp, lane: str) -> None:
        with self.open(erp, lane) as session:
            facts = session.facts(["ACME", "RISKY", "NOBODY"], ["WIDGET", "NO-SUCH"])
        assert set(facts.customers) == {"ACME", "RISKY"}
        assert facts.customers["ACME"].credit_limit == Decimal(5000)
        assert facts.customers["RISKY"].on_credit_hold
        assert set(facts.items) == {"WIDGET"}
        assert facts.items["WIDGET"].available == Decimal(100)
        assert facts.items["WIDGET"].is_active

    def test_an_unknown_company_is_a_matter_of_settings(self, erp: Erp) -> None:
        with pytest.raises(Misconfigured):
            erp.open("sage100:ZZZ", fence=1, purpose="write")
