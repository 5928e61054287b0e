"""What every road into an ERP must do for readers. A subclass gives `erp`, `lane` and a back door to the stock."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Protocol

import pytest

from bridge.errors import LaneLocked, Misconfigured, StaleFence, Unreachable
from bridge.ports.erp import Erp
from bridge.ports.reading import STOCK, ErpPage, ErpReader, ReadAsk

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
CODES = ("AXE", "BOLT", "CORD", "DRILL", "EDGER")


class StockDoor(Protocol):
    """The back door: puts an item on hand in a warehouse, with the time at which the ERP says it was changed."""

    def put(self, code: str, warehouse: str, on_hand: Decimal, changed_at: datetime) -> None: ...

    def lock(self) -> None: ...


class ReadingContract:
    @pytest.fixture
    def shop(self, stock: StockDoor) -> StockDoor:
        """Five items, one hour apart."""
        for hour, code in enumerate(CODES):
            stock.put(code, "000", Decimal(10 + hour), NOON + timedelta(hours=hour))
        return stock

    @pytest.fixture
    def reader(self, erp: Erp, lane: str, shop: StockDoor) -> Iterator[ErpReader]:
        with erp.open_reader(lane, fence=1, flow="stock") as reader:
            yield reader

    def test_all_pages_together_hold_every_row_once_in_order_of_the_keys(self, reader: ErpReader) -> None:
        pages = list(_pages(reader, limit=2))
        assert [len(page.rows) for page in pages] == [2, 2, 1]
        assert [row.key for page in pages for row in page.rows] == [f"{code}|000" for code in CODES]

    def test_a_row_has_the_erps_columns_exactly_and_its_time(self, reader: ErpReader) -> None:
        [page] = _pages(reader)
        row = page.rows[1]
        assert (row.columns["ItemCode"], row.columns["QuantityOnHand"]) == ("BOLT", Decimal(11))
        assert row.changed_at == NOON + timedelta(hours=1)
        assert abs(page.as_of - datetime.now(UTC)) < timedelta(minutes=1)

    def test_only_what_was_changed_since(self, reader: ErpReader) -> None:
        [page] = _pages(reader, since=NOON + timedelta(hours=3))
        assert [row.columns["ItemCode"] for row in page.rows] == ["DRILL", "EDGER"]

    def test_the_hour_before_and_after_the_clock_goes_back_is_not_lost(
        self, erp: Erp, lane: str, stock: StockDoor
    ) -> None:
        """01:30 in New York comes twice that night, and Sage's stamp says only 01:30."""
        twice = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
        stock.put("AXE", "000", Decimal(1), twice - timedelta(hours=1))
        stock.put("BOLT", "000", Decimal(1), twice)
        with erp.open_reader(lane, fence=1, flow="stock") as reader:
            [page] = _pages(reader, since=twice - timedelta(hours=1))
        assert [row.columns["ItemCode"] for row in page.rows] == ["AXE", "BOLT"]

    def test_a_pass_that_was_cut_goes_on_in_another_session(self, erp: Erp, lane: str, shop: StockDoor) -> None:
        with erp.open_reader(lane, fence=1, flow="stock") as reader:
            first = reader.read(ReadAsk(STOCK, limit=2))
        with erp.open_reader(lane, fence=2, flow="stock") as reader:
            rest = reader.read(ReadAsk(STOCK, after=first.after, limit=10))
        assert [row.columns["ItemCode"] for row in (*first.rows, *rest.rows)] == list(CODES)

    def test_by_the_beginning_of_a_key_come_all_warehouses_of_an_item(
        self, erp: Erp, lane: str, shop: StockDoor
    ) -> None:
        shop.put("BOLT", "001", Decimal(7), NOON)
        with erp.open_reader(lane, fence=1, flow="stock") as reader:
            page = reader.read(ReadAsk(STOCK, keys=("BOLT", "NO-SUCH")))
        found = {row.columns["WarehouseCode"]: row.columns["QuantityOnHand"] for row in page.rows}
        assert found == {"000": Decimal(11), "001": Decimal(7)}
        assert page.after is None

    def test_a_newer_reader_of_the_flow_ends_an_older_one_and_an_older_one_is_refused(
        self, erp: Erp, lane: str, reader: ErpReader
    ) -> None:
        with erp.open_reader(lane, fence=2, flow="stock") as newer:
            with pytest.raises((StaleFence, Unreachable)):
                reader.read(ReadAsk(STOCK))
            with pytest.raises(StaleFence):
                erp.open_reader(lane, fence=1, flow="stock")
            assert newer.read(ReadAsk(STOCK)).rows

    def test_readers_and_a_writer_leave_each_other_alone(self, erp: Erp, lane: str, reader: ErpReader) -> None:
        with (
            erp.open(lane, fence=7, purpose="writer") as writer,
            erp.open_reader(lane, fence=1, flow="price") as another,
        ):
            assert reader.read(ReadAsk(STOCK, limit=1)).rows
            assert another.read(ReadAsk(STOCK, limit=1)).rows
            assert writer.facts([], ["BOLT"]).items.keys() <= {"BOLT"}

    def test_a_kind_that_cannot_be_read_is_told_with_those_that_can(self, reader: ErpReader) -> None:
        with pytest.raises(Misconfigured, match=r"weather.*stock"):
            reader.read(ReadAsk("weather"))

    def test_nobody_reads_while_the_erp_is_locked(self, erp: Erp, lane: str, shop: StockDoor) -> None:
        shop.lock()
        with pytest.raises(LaneLocked):
            erp.open_reader(lane, fence=1, flow="stock")


def _pages(reader: ErpReader, since: datetime | None = None, limit: int = 250) -> Iterator[ErpPage]:
    after = None
    while True:
        page = reader.read(ReadAsk(STOCK, since=since, after=after, limit=limit))
        yield page
        if page.after is None:
            return
        after = page.after
