"""The in-memory ERP keeps the port's promises."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bridge.erp.memory import MemoryErp
from bridge.errors import Uncertain
from bridge.outcomes import Outcome
from bridge.ports.erp import ORDER, ErpWrite, FieldValue
from tests.contract.erp_cancel_contract import CancelContract
from tests.contract.erp_contract import ErpContract, Kept, order
from tests.contract.erp_deposit_contract import DepositContract
from tests.contract.erp_stamped_contract import StampedContract

LANE = "sage100:ABC"


class MemoryDoor:
    """The back door of a `MemoryErp`."""

    def __init__(self, erp: MemoryErp) -> None:
        self._erp = erp

    def kept(self, document: str, number: str) -> Kept | None:
        found = self._erp.stored(LANE, number, document)
        return Kept(found.stamp, dict(found.header), [dict(line) for line in found.lines]) if found else None

    def count(self) -> int:
        return sum(1 for document, _ in self._erp.company(LANE).records if document == ORDER)

    def hold_next(self, stamp: str) -> None:
        self._erp.faults.put_on_hold(stamp)

    def move_to_history(self, number: str) -> None:
        self._erp.move(LANE, number, "history")

    def lock(self) -> None:
        self._erp.faults.lock(LANE)

    def refuse_logon(self) -> None:
        self._erp.faults.refuse_logon(LANE)

    def make_busy(self, write: ErpWrite) -> None:
        self._erp.faults.answer(write.stamp, Outcome.RECORD_BUSY)

    def lose_stream_at(self, write: ErpWrite) -> None:
        self._erp.faults.fail_after_commit(write.stamp)

    def settle(self) -> None:
        """Nothing to wait for."""

    def place(self, number: str) -> str:
        found = self._erp.stored(LANE, number)
        assert found
        return found.place

    def invoice(self, number: str) -> str:
        self._set(number, CurrentInvoiceNo="0000050")
        return "0000050"

    def release(self, number: str) -> None:
        self._set(number, OrderStatus="O")

    def remove(self, number: str) -> None:
        self._set(number, OrderStatus="X")
        self._erp.move(LANE, number, "history")

    def change_deposit(self, number: str, amount: Decimal) -> None:
        self._set(number, DepositAmt=amount)

    def _set(self, number: str, **columns: FieldValue) -> None:
        records = self._erp.company(LANE).records
        found = records[ORDER, number]
        records[ORDER, number] = replace(found, header={**found.header, **columns})


class TestMemoryErp(ErpContract, StampedContract, CancelContract, DepositContract):
    @pytest.fixture
    def lane(self) -> str:
        return LANE

    @pytest.fixture
    def erp(self) -> MemoryErp:
        erp = MemoryErp(seats=3, lanes=[LANE])
        company = erp.company(LANE)
        acme = {"CustomerName": "Acme Tools", "EmailAddress": "buyer@acme.example", "ZipCode": "53202"}
        company.add_customer("ACME", acme, credit_limit=Decimal(5000))
        company.add_customer("RISKY", {"CustomerName": "Risky Ltd"}, on_credit_hold=True)
        for code in ("WIDGET", "GADGET"):
            company.add_item(code, Decimal(100))
        return erp

    @pytest.fixture
    def door(self, erp: MemoryErp) -> MemoryDoor:
        return MemoryDoor(erp)

    def test_a_connection_lost_between_records_leaves_the_rest_unbegun(self, erp: MemoryErp, lane: str) -> None:
        erp.faults.lose_connection_after(1)
        with self.open(erp, lane) as session, pytest.raises(Uncertain, match="lost between"):
            list(session.write(1, [order(1, "0000001"), order(2, "0000002")]))
        assert erp.notes(lane, 1).begun == {1}
