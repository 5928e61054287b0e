"""Whenever the backup was taken, and whatever happened before and after: every order is in the ERP once, and told."""

from collections import Counter
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.ledger.migrate import migrate
from bridge.ledger.store import Database
from bridge.states import State
from tests.recovery_rig import RecoveryRig
from tests.task_rig import LANE, SITE_LANE, a_task_rig

STEPS = st.sampled_from(["place", "place two", "write", "lost before", "lost after", "read nothing"])


class History:
    """A fleet to which things happen."""

    def __init__(self, fleet: RecoveryRig) -> None:
        self.fleet = fleet
        self.placed = 0

    def happen(self, step: str) -> None:
        """One thing; a write that gets no answer before or after the ERP has stored it leaves a doubt."""
        if step.startswith("place"):
            many = 2 if step.endswith("two") else 1
            self.fleet.place(*(str(self.placed + number) for number in range(1, many + 1)))
            self.placed += many
        elif step == "read nothing":
            self.fleet.read()
        else:
            self._spoil(step)
            self.fleet.write()

    def _spoil(self, step: str) -> None:
        faults = self.fleet.rig.erp.faults
        ready = [record for record in self.fleet.rig.records() if record.state is State.READY]
        if ready and step != "write":
            (faults.fail_before_commit if step == "lost before" else faults.fail_after_commit)(ready[0].stamp)


@settings(max_examples=12, deadline=None)
@given(before=st.lists(STEPS, max_size=6), after=st.lists(STEPS, max_size=6), again=st.booleans())
def test_every_order_is_in_the_erp_once(before: list[str], after: list[str], again: bool) -> None:
    with TemporaryDirectory() as name:
        database = Database(f"sqlite:///{Path(name) / 'first.db'}")
        migrate(database)
        with a_task_rig(database) as rig:
            history = History(RecoveryRig(rig, Path(name), count()))
            fleet = history.fleet
            for step in before:
                history.happen(step)
            backup = fleet.back_up()
            for step in after:
                history.happen(step)
            for _ in range(2 if again else 1):  # the same backup may have to be brought back twice
                fleet.bring_back(backup)
                rig.resume(SITE_LANE)
                fleet.read()
                assert fleet.recover().unsettled == []
                rig.resume(LANE)
                for _ in range(4):
                    fleet.write()
            stored = [row for row in rig.erp.company(LANE).records.values() if row.document == "order"]
            names = Counter(str(row.header["Comment"]).split()[-1] for row in stored)
            assert names == Counter(str(number) for number in range(1, history.placed + 1))
            assert {record.source_id: record.state for record in rig.records()} == dict.fromkeys(names, State.CONFIRMED)
            numbers = {str(row.header["Comment"]).split()[-1]: row.number for row in stored}
            assert fleet.in_ledger() == numbers
            told = {told.order_id: told.document_number for told in rig.shop.acknowledgements.values()}
            assert told == numbers
            rig.database.close()
