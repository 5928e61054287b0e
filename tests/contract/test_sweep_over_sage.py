"""What a bulk load changes in the simulated Sage is found through the real agent, and told from what bears a stamp."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.documents import Customer, CustomerTerms
from bridge.erp.sage100.agent_client import SageAgentErp
from bridge.flows.price import PriceRules
from bridge.flows.settings import ReaderSettings
from bridge.flows.terms import TermsRules
from bridge.ledger.store import Database
from bridge.ledger.trace import open_alarms
from bridge.shown import Shown
from mappings.settings import LaneMapping
from mappings.terms import TermsView
from tasks.storefront_show import show_all
from tasks.terms_read import read
from tests.builders import SITE, a_customer
from tests.contract.sage_lab import SageLab
from tests.ledger_walks import change
from tests.task_rig import LANE, TaskRig, a_task_rig

NUMBERS = ("ACME", "RISKY")
ALWAYS = ReaderSettings.model_validate({"page_rows": 1, "sweep": {"hours": [{"start": "00:00", "end": "00:00"}]}})


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[SageLab]:
    with SageLab(tmp_path) as lab:
        yield lab


@pytest.fixture
def erp(lab: SageLab) -> Iterator[SageAgentErp]:
    erp = lab.client(session_limit=3)
    yield erp
    erp.close()


@pytest.fixture
def rig(sqlite_database: Database, erp: SageAgentErp) -> Iterator[TaskRig]:
    """Two customers with an account each."""
    views = {Shown.TERMS: TermsView(LaneMapping(), TermsRules(), PriceRules().list_of)}
    with a_task_rig(sqlite_database) as rig:
        rig.clock.set(datetime.now(UTC))
        lane = replace(rig.ports.lanes[LANE], erp=erp, views=views, has_reader_seat=True, reading=ALWAYS)
        rig.change(lanes={LANE: lane})
        for number in NUMBERS:
            rig.shop.put_customer(Customer(source_id=number, site_id=SITE, name=number))
            change(rig.database, a_customer(rig.database, number), state="CONFIRMED", number=number)
        yield rig


def limits(rig: TaskRig) -> dict[str, int]:
    """The credit limits that the storefront shows now."""
    show_all("clarity")
    found = rig.shop.shown(CustomerTerms, NUMBERS)
    return {key: int(each.credit_limit or 0) for key, each in found.items() if isinstance(each, CustomerTerms)}


def test_a_bulk_load_is_found_and_what_a_person_typed_in_is_not_taken_for_one(rig: TaskRig, lab: SageLab) -> None:
    assert read(LANE)
    assert limits(rig) == {"ACME": 5000, "RISKY": 0}
    lab.admin.add_customers("ABC", [{"CustomerNo": "ACME", "CustomerName": "Acme Tools", "CreditLimit": "7000"}])
    lab.admin.office("ABC").enter("AR_Customer", ARDivisionNo="00", CustomerNo="RISKY", CreditLimit="900")
    rig.pass_time(hours=24)
    assert read(LANE)
    assert limits(rig) == {"ACME": 7000, "RISKY": 900}
    told = {alarm.key: alarm.text for alarm in open_alarms(rig.database)}
    assert told == {f"drift:{LANE}:terms": "1 customer's terms changed in Sage without a stamp"}
