"""The road through the real agent process into the simulated Sage keeps the port's promises."""

import threading
from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest

from bridge.erp.sage100.agent_client import SageAgentErp
from bridge.ports.erp import ORDER, ErpWrite
from sandbox.sage100.admin import SageAdmin
from tests.contract.erp_cancel_contract import CancelContract
from tests.contract.erp_contract import ErpContract, Kept
from tests.contract.erp_deposit_contract import DepositContract
from tests.contract.erp_stamped_contract import StampedContract
from tests.contract.sage_lab import SageLab, await_true

COMPANIES = [f"T{number:02}" for number in range(80)]
_next_company = count()


class SageDoor:
    """The back door of one company of the simulated Sage."""

    def __init__(self, lab: SageLab, company: str) -> None:
        self._lab = lab
        self._company = company
        self._loss: threading.Thread | None = None

    def kept(self, document: str, number: str) -> Kept | None:
        if document == ORDER:
            found = [o for o in self._lab.admin.orders(self._company) if o["header"]["SalesOrderNo"] == number]
            return (
                Kept(str(found[0]["header"]["UDF_WEB_ORDER_ID"]), found[0]["header"], found[0]["lines"])  # type: ignore[arg-type]
                if found
                else None
            )
        rows = [row for row in self._lab.admin.customers(self._company) if row["CustomerNo"] == number]
        return Kept(str(rows[0]["UDF_WEB_CUSTOMER_ID"]), rows[0], []) if rows else None

    def count(self) -> int:
        return len(self._lab.admin.orders(self._company))

    def hold_next(self, stamp: str) -> None:
        self._lab.admin.set_option("credit_hold", "hold")

    def move_to_history(self, number: str) -> None:
        self._lab.admin.move_to_history(self._company, number)

    def lock(self) -> None:
        self._lab.admin.maintenance(True)

    def refuse_logon(self) -> None:
        self._lab.admin.user_refused("WEB", True)

    def make_busy(self, write: ErpWrite) -> None:
        self._lab.admin.add_fault("before_set_key", "busy", company=self._company, key=write.number)

    def lose_stream_at(self, write: ErpWrite) -> None:
        fault = self._lab.admin.add_fault("before_header_write", "pause", company=self._company, stamp=write.stamp)
        self._loss = threading.Thread(target=self._lose_at, args=(fault,))
        self._loss.start()

    def _lose_at(self, fault: int) -> None:
        admin = SageAdmin(self._lab.store)
        try:
            await_true("the record is being written", lambda: any(h["fault_id"] == fault for h in admin.fault_hits()))
            self._lab.kill_agent()
            admin.release_fault(fault)
            self._lab.start_agent()
        finally:
            admin.close()

    def settle(self) -> None:
        if self._loss:
            self._loss.join()
            self._loss = None

    def place(self, number: str) -> str:
        [place] = [
            order["place"]
            for order in self._lab.admin.orders(self._company)
            if order["header"]["SalesOrderNo"] == number
        ]
        return place

    def invoice(self, number: str) -> str:
        return self._lab.admin.make_invoice(self._company, number)

    def release(self, number: str) -> None:
        self._lab.admin.office(self._company).release(number)

    def remove(self, number: str) -> None:
        self._lab.admin.office(self._company).cancel(number, "CLERK")

    def change_deposit(self, number: str, amount: Decimal) -> None:
        self._lab.admin.office(self._company).enter("SO_SalesOrderHeader", SalesOrderNo=number, DepositAmt=amount)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SageLab]:
    folder: Path = tmp_path_factory.mktemp("sage")
    with SageLab(folder, companies=COMPANIES, seats=10) as lab:
        yield lab


class TestSageAgentErp(ErpContract, StampedContract, CancelContract, DepositContract):
    @pytest.fixture
    def company(self, lab: SageLab) -> str:
        """A company of its own for each test."""
        company = COMPANIES[next(_next_company)]
        lab.fill(company)
        return company

    @pytest.fixture
    def lane(self, company: str) -> str:
        return f"sage100:{company}"

    @pytest.fixture
    def erp(self, lab: SageLab) -> Iterator[SageAgentErp]:
        erp = lab.client(session_limit=3)
        yield erp
        erp.close()

    @pytest.fixture
    def door(self, lab: SageLab, company: str) -> Iterator[SageDoor]:
        door = SageDoor(lab, company)
        yield door
        door.settle()
        lab.admin.clear_faults()
        lab.admin.maintenance(False)
        lab.admin.user_refused("WEB", False)
        lab.admin.set_option("credit_hold", "accept")
