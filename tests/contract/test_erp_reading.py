"""Readers: in memory, and through the real agent process out of the simulated Sage."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bridge.erp.memory import MemoryErp
from bridge.erp.sage100.agent_client import SageAgentErp
from bridge.erp.sage100.readable import readables
from bridge.errors import Misconfigured
from bridge.ports.reading import CUSTOMER, ITEM, PRICE, SHIP_TO, STOCK, ErpRow, ReadAsk
from tests.contract.erp_contract import order
from tests.contract.erp_reading_contract import ReadingContract
from tests.contract.sage_lab import SageLab

LANE = "sage100:ABC"
COMPANIES = [f"R{number:02}" for number in range(20)]
_next_company = count()


class MemoryStock:
    """The back door of a `MemoryErp`."""

    def __init__(self, erp: MemoryErp) -> None:
        self._erp = erp

    def put(self, code: str, warehouse: str, on_hand: Decimal, changed_at: datetime) -> None:
        columns = {"ItemCode": code, "WarehouseCode": warehouse, "QuantityOnHand": on_hand}
        self._erp.company(LANE).shelves.put(STOCK, ErpRow(f"{code}|{warehouse}", columns, changed_at=changed_at))

    def lock(self) -> None:
        self._erp.faults.lock(LANE)


class TestMemoryReaders(ReadingContract):
    @pytest.fixture
    def lane(self) -> str:
        return LANE

    @pytest.fixture
    def erp(self) -> MemoryErp:
        return MemoryErp(seats=5)

    @pytest.fixture
    def stock(self, erp: MemoryErp) -> MemoryStock:
        return MemoryStock(erp)


class SageStock:
    """The back door of one company of the simulated Sage, which stamps in New York's time."""

    def __init__(self, lab: SageLab, company: str) -> None:
        self._lab = lab
        self._company = company

    def put(self, code: str, warehouse: str, on_hand: Decimal, changed_at: datetime) -> None:
        local = changed_at.astimezone(ZoneInfo(self._lab.admin.options().time_zone))
        hours = (local.hour * 3600 + local.minute * 60 + local.second) / 3600
        row = {
            "ItemCode": code, "WarehouseCode": warehouse, "QuantityOnHand": on_hand,
            "DateUpdated": local.strftime("%Y%m%d"), "TimeUpdated": f"{hours:.5f}",
        }  # fmt: skip
        self._lab.admin.add_rows(self._company, "IM_ItemWarehouse", [row])

    def lock(self) -> None:
        self._lab.admin.maintenance(True)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SageLab]:
    folder: Path = tmp_path_factory.mktemp("sage")
    with SageLab(folder, companies=[LANE.partition(":")[2], *COMPANIES], seats=10) as lab:
        yield lab


class TestSageAgentReaders(ReadingContract):
    @pytest.fixture
    def company(self) -> str:
        return COMPANIES[next(_next_company)]

    @pytest.fixture
    def lane(self, company: str) -> str:
        return f"sage100:{company}"

    @pytest.fixture
    def erp(self, lab: SageLab) -> Iterator[SageAgentErp]:
        erp = lab.client(session_limit=3)
        yield erp
        erp.close()

    @pytest.fixture
    def stock(self, lab: SageLab, company: str) -> Iterator[SageStock]:
        yield SageStock(lab, company)
        lab.admin.maintenance(False)

    def test_a_readers_session_may_not_write(self, lab: SageLab, erp: SageAgentErp, lane: str) -> None:
        reader = erp.open_reader(lane, fence=1, flow="stock")
        writer = erp.open(lane, fence=1, purpose="writer")
        with reader, writer:
            writer._id, writer._headers = reader._id, reader._headers
            with pytest.raises(Misconfigured, match="only reads"):
                list(writer.write(1, [order(1, "0000001")]))
        assert lab.admin.orders(lane.partition(":")[2]) == []

    def test_what_an_items_price_is_made_of(self, lab: SageLab, erp: SageAgentErp, lane: str, company: str) -> None:
        """A price row's key has six parts, some of them blank, and is found by how it begins."""
        keys = [
            {"PriceCodeRecord": "0", "PriceCode": "STD", "CustomerPriceLevel": "A"},
            {"PriceCodeRecord": "1", "ItemCode": "PIPE"},
            {"PriceCodeRecord": "1", "ItemCode": "PIPE", "CustomerPriceLevel": "B"},
            {"PriceCodeRecord": "1", "ItemCode": "PIPES"},
            {"PriceCodeRecord": "2", "ItemCode": "PIPE", "ARDivisionNo": "00", "CustomerNo": "ACME"},
        ]
        rule = {"PricingMethod": "O", "BreakQuantity1": 99_999_999, "DiscountMarkup1": "7.125"}
        lab.admin.add_rows(company, "IM_PriceCode", [{**key, **rule} for key in keys])
        lab.admin.add_items(company, [{"ItemCode": "PIPE", "ShipWeight": "2.5", "StandardUnitPrice": "9.95"}])
        with erp.open_reader(lane, fence=1, flow="price") as reader:
            found = reader.read(ReadAsk(PRICE, keys=("1||PIPE", "2||PIPE", "0|STD"))).rows
            first = reader.read(ReadAsk(PRICE, limit=2))
            rest = reader.read(ReadAsk(PRICE, limit=9, after=first.after))
            [item] = reader.read(ReadAsk(ITEM, keys=("PIPE",))).rows
        assert [row.key for row in found] == ["1||PIPE|B||", "1||PIPE|||", "2||PIPE||00|ACME", "0|STD||A||"]
        assert {row.columns["DiscountMarkup1"] for row in found} == {Decimal("7.125")}
        assert len({row.key for row in (*first.rows, *rest.rows)}) == len(keys)
        assert (item.columns["ShipWeight"], item.columns["StandardUnitPrice"]) == ("2.5", Decimal("9.95"))
        for kind, row in ((PRICE, found[0]), (ITEM, item)):
            assert readables()[kind].columns.keys() <= row.columns.keys(), (
                "Sage has every column that mappings may read"
            )

    def test_a_customer_comes_with_its_delivery_addresses_which_are_found_by_their_own_stamps(
        self, lab: SageLab, erp: SageAgentErp, lane: str, company: str
    ) -> None:
        lab.admin.add_customers(company, [{"CustomerNo": number, "CreditLimit": "500"} for number in ("ACME", "ACM")])
        start = datetime.now(UTC) - timedelta(minutes=1)
        with erp.open_reader(lane, fence=1, flow="terms") as reader:
            for code, city in (("DOCK", "Austin"), ("HQ", "Dallas")):
                address = {"ARDivisionNo": "00", "CustomerNo": "ACME", "ShipToCode": code, "ShipToCity": city}
                lab.admin.office(company).enter("SO_ShipToAddress", **address)
            changed = reader.read(ReadAsk(SHIP_TO, since=start))
            page = reader.read(ReadAsk(CUSTOMER, keys=("00|ACME", "00|ACM")))
        assert [row.key for row in changed.rows] == ["00|ACME|DOCK", "00|ACME|HQ"]
        places = {row.key: [place["ShipToCity"] for place in row.parts[SHIP_TO]] for row in page.rows}
        assert places == {"00|ACME": ["Austin", "Dallas"], "00|ACM": []}
