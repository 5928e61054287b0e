"""A fleet of one whose ledger, or whose ERP, can be lost and brought back from a backup."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from bridge.ledger.backup import write_backup
from bridge.ledger.migrate import migrate
from bridge.ledger.restore import restore
from bridge.ledger.store import Database
from bridge.ports.erp import Erp
from bridge.recovery.comparison import Report
from bridge.recovery.recover import Recovery
from tasks.batch_write import write
from tasks.documents_read import read
from tasks.storefront_poll import poll
from tasks.storefront_tell import tell
from tests.contract.sage_lab import COMPANY, SageLab
from tests.task_rig import LANE, SITE_LANE, TaskRig


def stock(lab: SageLab) -> None:
    """What the rig's orders need in Sage."""
    lab.admin.add_items(COMPANY, [{"ItemCode": "A-1", "StandardUnitOfMeasure": "EACH", "QuantityOnHand": 10_000}])
    lab.admin.add_rows(COMPANY, "IM_Warehouse", [{"WarehouseCode": "001"}])
    lab.admin.add_rows(COMPANY, "SO_ShippingRateHeader", [{"ShippingCode": "UPS GROUND"}])
    lab.admin.add_rows(COMPANY, "AR_PaymentType", [{"PaymentType": "STRIP"}])


def quiet(_table: str, _rows: int) -> None:
    """Progress that nobody looks at."""


@dataclass
class RecoveryRig:
    """The fleet, and a folder for its ledgers."""

    rig: TaskRig
    folder: Path
    _serial: "count[int]" = field(default_factory=count)

    def place(self, *source_ids: str, **changes: object) -> None:
        """Orders are placed at the site and read."""
        for source_id in source_ids:
            self.rig.shop.put_order(self.rig.order(source_id, **changes))
        self.read()

    def read(self) -> None:
        """The fleet asks the site what has changed."""
        self.rig.pass_time(minutes=10)
        poll("clarity")
        read("clarity")

    def write(self) -> str | None:
        """One window, and what became of its orders is told."""
        self.rig.pass_time(minutes=15)
        self.rig.open_window()
        ended_by = write(LANE)
        tell("clarity")
        return ended_by

    def in_ledger(self) -> dict[str, str | None]:
        """The number that the ledger has for every order."""
        return {record.source_id: record.number for record in self.rig.records()}

    def back_up(self) -> Path:
        """A backup of the present ledger."""
        path = self.folder / f"{next(self._serial)}.backup"
        write_backup(self.rig.database, path, now=self.rig.clock.now(), force=False, progress=quiet)
        return path

    def bring_back(self, backup: Path) -> None:
        """The ledger is lost; a new one is filled from the backup."""
        self.rig.database.close()
        database = Database(f"sqlite:///{self.folder / f'{next(self._serial)}.db'}")
        migrate(database)
        restore(database, backup, [LANE, SITE_LANE], by="Ann", now=self.rig.clock.now(), progress=quiet)
        self.rig.change(database=database)

    def recovery(self, **changes: object) -> Recovery:
        """The recovery of the lane, as the command line makes it."""
        lane = self.rig.ports.lanes[LANE]
        made = Recovery(
            self.rig.database, lane.erp, lane.seats, self.rig.clock, lane.writer, LANE, "recover@test", ["clarity"]
        )
        return replace(made, **changes)  # type: ignore[arg-type]

    def recover(self, **changes: object) -> Report:
        """Runs it."""
        return self.recovery(**changes).run()

    def use(self, erp: Erp) -> None:
        """Lets the lane's writer and its recovery take another road."""
        self.rig.change(lanes={LANE: replace(self.rig.ports.lanes[LANE], erp=erp)})


@dataclass
class SageRig(RecoveryRig):
    """The fleet before a real Sage agent."""

    lab: SageLab = field(kw_only=True)

    def in_sage(self) -> dict[str, str]:
        """The number that Sage has for every web order; fails for one that it has twice."""
        rows = [row["header"] for row in self.lab.admin.orders(COMPANY)]
        found = {str(row["Comment"]).removeprefix("Web order "): str(row["SalesOrderNo"]) for row in rows}
        assert len(found) == len(rows), "a web order is in Sage twice"
        return found


@contextmanager
def a_sage_rig(rig: TaskRig, lab: SageLab, folder: Path) -> Iterator[SageRig]:
    """The rig on the lab's road."""
    stock(lab)
    made = SageRig(rig, folder, lab=lab)
    made.use(lab.erp)
    yield made
    made.rig.database.close()
