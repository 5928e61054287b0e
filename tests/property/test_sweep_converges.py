"""Whatever was changed in Sage, with a stamp or without: in the end both sides agree, and no count is too high."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from bridge.documents import Customer, CustomerTerms
from bridge.flows.price import PriceRules
from bridge.flows.settings import ReaderSettings
from bridge.flows.terms import TermsRules
from bridge.ledger import schema
from bridge.ledger.migrate import migrate
from bridge.ledger.store import Database
from bridge.ledger.sweeps import found_in
from bridge.ports.reading import CUSTOMER, SHIP_TO, ErpRow
from bridge.shown import Shown
from mappings.terms import TermsView
from tasks.storefront_show import show_all
from tasks.terms_read import read
from tests.builders import SITE, a_customer
from tests.databases import delete_rows
from tests.effort import effort, weighed
from tests.task_rig import LANE, TaskRig, a_task_rig
from tests.unit import mapping_samples

NUMBERS = ("ACME", "BOLTS", "CORDS", "DOORS")
Deeds = Sequence[tuple[str, tuple[int, ...]]]

CUSTOMERS, LIMITS = st.integers(0, len(NUMBERS) - 1), st.integers(1, 9)
DEEDS = {
    "change": (3, st.tuples(CUSTOMERS, LIMITS)), "change in bulk": (3, st.tuples(CUSTOMERS, LIMITS)),
    "sleep": (4, st.tuples(st.sampled_from([10, 61, 200, 700]))), "read": (5, st.tuples()), "show": (1, st.tuples()),
}  # fmt: skip


class Office:
    """Four customers in Sage, each with an account at the storefront, and what is done with them."""

    def __init__(self, rig: TaskRig, page_rows: int, pages: int) -> None:
        self.rig = rig
        self.limits = [1] * len(NUMBERS)
        self.bulk_changes = 0
        settings = ReaderSettings.model_validate({"page_rows": page_rows, "sweep": {"pages": pages}})
        views = {Shown.TERMS: TermsView(mapping_samples.LANE, TermsRules(), PriceRules().list_of)}
        lane = replace(rig.ports.lanes[LANE], views=views, has_reader_seat=True, reading=settings)
        rig.change(lanes={LANE: lane})
        rig.erp.company(LANE).shelves.rows[SHIP_TO] = {}
        for place, number in enumerate(NUMBERS):
            rig.shop.put_customer(Customer(source_id=number, site_id=SITE, name=number))
            is_it = schema.record.c.id == a_customer(rig.database, number).id
            with rig.database.write() as connection:
                connection.execute(update(schema.record).where(is_it).values(state="CONFIRMED", number=number))
            self.change(place, 1)

    def do(self, deed: str, *told: int) -> None:
        """One of the deeds below."""
        getattr(self, deed.replace(" ", "_"))(*told)

    def change(self, customer: int, limit: int) -> None:
        """In Sage's own window, which stamps it."""
        self._put(customer, limit, is_stamped=True)

    def change_in_bulk(self, customer: int, limit: int) -> None:
        """By an import, which does not."""
        self.bulk_changes += limit != self.limits[customer]
        self._put(customer, limit, is_stamped=False)

    def _put(self, customer: int, limit: int, *, is_stamped: bool) -> None:
        self.limits[customer], key = limit, f"00|{NUMBERS[customer]}"
        shelf = self.rig.erp.company(LANE).shelves
        changed_at = self.rig.clock.now() if is_stamped else shelf.rows[CUSTOMER][key].changed_at
        columns = {
            "ARDivisionNo": "00", "CustomerNo": NUMBERS[customer], "CreditHold": "N", "CreditLimit": Decimal(limit),
        }  # fmt: skip
        shelf.put(CUSTOMER, ErpRow(key, columns, {SHIP_TO: ()}, changed_at))

    def read(self) -> None:
        read(LANE)

    def show(self) -> None:
        show_all("clarity")

    def sleep(self, minutes: int) -> None:
        self.rig.pass_time(minutes=minutes)

    def to_the_next_night(self) -> None:
        """One o'clock in the morning."""
        self.rig.clock.set(self.rig.clock.now().replace(hour=1, minute=0) + timedelta(days=1))

    def found(self) -> int:
        """What the present sweep has taken for a change without a stamp."""
        with self.rig.database.read() as connection:
            return found_in(connection, LANE, "terms")

    def on_show(self) -> list[int]:
        """The credit limits that the storefront shows."""
        found = self.rig.shop.shown(CustomerTerms, NUMBERS)
        return [int(found[number].credit_limit) for number in NUMBERS]  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def in_memory() -> Iterator[Database]:
    database = Database("sqlite://")
    migrate(database)
    yield database
    database.close()


@effort(examples=30)
@given(deeds=st.lists(weighed(DEEDS), max_size=30), page_rows=st.integers(1, 5), pages=st.integers(1, 3))
def test_both_sides_agree_after_enough_nights(in_memory: Database, deeds: Deeds, page_rows: int, pages: int) -> None:
    delete_rows(in_memory)
    with a_task_rig(in_memory) as rig:
        office = Office(rig, page_rows, pages)
        office.read()
        for deed, told in deeds:
            office.do(deed, *told)
            assert office.found() <= office.bulk_changes
        for _ in range(3 * len(NUMBERS)):
            office.to_the_next_night()
            office.read()
            office.show()
        assert office.on_show() == office.limits
        assert rig.alarms() == {}, "a sweep that found nothing has closed what was told"
