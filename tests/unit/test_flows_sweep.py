"""The sweep: what was changed without a stamp is found at night, told and shown, and nothing else is taken for it."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from bridge.documents import Customer, CustomerTerms
from bridge.flows.price import PriceRules
from bridge.flows.reading import EVERYTHING, Beside, Keep, lane_reader
from bridge.flows.settings import ReaderSettings
from bridge.flows.showing import keeping
from bridge.flows.sweep import read_everything
from bridge.flows.terms import TermsRules
from bridge.ledger.accounts import accounts_of
from bridge.ledger.trace import open_alarms
from bridge.ports.reading import CUSTOMER, SHIP_TO, ErpPage, ErpReader, ErpRow
from bridge.shown import Shown
from bridge.windows.calendar import LaneCalendar
from mappings.terms import TermsView
from tasks.storefront_show import show_all
from tasks.terms_read import read
from tests.builders import NOW, SITE, a_customer
from tests.ledger_walks import change
from tests.task_rig import LANE, TaskRig
from tests.unit import mapping_samples

LONG_AGO = NOW - timedelta(days=9)
NUMBERS = ("ACME", "BOLTS", "CORDS", "DOORS", "EARTH")


@pytest.fixture
def rig(rig: TaskRig) -> TaskRig:
    """Five customers with an account each and a credit limit of 100; all is read and shown, and it is midnight."""
    use(rig)
    for number in NUMBERS:
        rig.shop.put_customer(Customer(source_id=number.lower(), site_id=SITE, name=number))
        change(rig.database, a_customer(rig.database, number.lower()), state="CONFIRMED", number=number)
        put(rig, number, 100)
    rig.erp.company(LANE).shelves.rows[SHIP_TO] = {}
    assert read(LANE)
    show_all("clarity")
    rig.clock.set(NOW.replace(hour=0) + timedelta(days=1))
    return rig


def use(rig: TaskRig, pages: int = 200, **reading: object) -> None:
    settings = ReaderSettings.model_validate({"sweep": {"pages": pages}, **reading})
    views = {Shown.TERMS: TermsView(mapping_samples.LANE, TermsRules(), PriceRules().list_of)}
    rig.change(lanes={LANE: replace(rig.ports.lanes[LANE], views=views, has_reader_seat=True, reading=settings)})


def put(rig: TaskRig, number: str, limit: int, changed_at: datetime = LONG_AGO) -> None:
    """Sage has this credit limit; nothing but `changed_at` tells of it."""
    columns = {"ARDivisionNo": "00", "CustomerNo": number, "CreditHold": "N", "CreditLimit": Decimal(limit)}
    rig.erp.company(LANE).shelves.put(CUSTOMER, ErpRow(f"00|{number}", columns, {SHIP_TO: ()}, changed_at))


def shown(rig: TaskRig) -> list[int]:
    """The credit limits that the storefront shows now, in order of the customers."""
    show_all("clarity")
    found = rig.shop.shown(CustomerTerms, [number.lower() for number in NUMBERS])
    return [int(found[number.lower()].credit_limit or 0) for number in NUMBERS]  # type: ignore[attr-defined]


def read_for(rig: TaskRig, hours: int) -> None:
    """Looks each hour, as many times."""
    for _ in range(hours):
        rig.pass_time(hours=1)
        read(LANE)


def told(rig: TaskRig) -> dict[str, str]:
    return {alarm.key: alarm.text for alarm in open_alarms(rig.database)}


def test_a_bulk_change_is_found_at_night_told_and_shown(rig: TaskRig) -> None:
    for number in ("ACME", "CORDS", "EARTH"):
        put(rig, number, 200)
    assert read(LANE)
    assert shown(rig) == [100] * 5, "the night has not begun"
    rig.pass_time(hours=1)
    assert read(LANE)
    assert shown(rig) == [200, 100, 200, 100, 200]
    assert told(rig) == {f"drift:{LANE}:terms": "3 customers' terms changed in Sage without a stamp"}


def test_a_later_clean_sweep_closes_the_alarm(rig: TaskRig) -> None:
    put(rig, "ACME", 200)
    read_for(rig, 4)
    assert told(rig) == {f"drift:{LANE}:terms": "1 customer's terms changed in Sage without a stamp"}
    read_for(rig, 20)
    assert len(told(rig)) == 1, "no sweep has looked since"
    read_for(rig, 1)
    assert told(rig) == {}


def test_everything_is_read_once_a_night(rig: TaskRig) -> None:
    read_for(rig, 1)
    put(rig, "ACME", 200)
    read_for(rig, 3)
    assert shown(rig)[0] == 100
    read_for(rig, 21)
    assert shown(rig)[0] == 200


def test_a_night_reads_so_many_pages_and_the_next_one_goes_on(rig: TaskRig) -> None:
    use(rig, pages=2, page_rows=1)
    for number in NUMBERS:
        put(rig, number, 200)
    nights = []
    for _ in range(3):
        read_for(rig, 5)
        nights.append(shown(rig))
        read_for(rig, 19)
    assert nights == [[200, 200, 100, 100, 100], [200, 200, 200, 200, 100], [200] * 5]
    assert told(rig)[f"drift:{LANE}:terms"].startswith("5 "), "the pass of three nights is one"


def test_what_bears_a_stamp_is_no_drift(rig: TaskRig) -> None:
    put(rig, "ACME", 200, rig.clock.now() + timedelta(minutes=50))
    rig.pass_time(hours=1)
    assert read(LANE)
    assert shown(rig)[0] == 200
    assert told(rig) == {}


def test_what_bears_a_stamp_that_has_not_been_read_yet_is_left_to_it(rig: TaskRig) -> None:
    read(LANE)
    put(rig, "ACME", 200, rig.pass_time(minutes=30))
    put(rig, "BOLTS", 300)
    view, ports = rig.ports.lanes[LANE].views[Shown.TERMS], rig.ports

    def take(_: ErpReader, page: ErpPage) -> Keep:
        with rig.database.read() as connection:
            accounts = accounts_of(connection, LANE, NUMBERS)
        return keeping(ports, LANE, Shown.TERMS, view.figures(page.rows, accounts, page.as_of))

    assert read_everything(lane_reader(ports, LANE), Shown.TERMS, CUSTOMER, take, beside=Beside(EVERYTHING))
    assert shown(rig) == [100, 300, 100, 100, 100]
    assert told(rig)[f"drift:{LANE}:terms"].startswith("1 ")
    rig.pass_time(minutes=30)
    read(LANE)
    assert shown(rig)[0] == 200


def test_without_hours_nothing_is_swept(rig: TaskRig) -> None:
    use(rig, sweep={"hours": []})
    put(rig, "ACME", 200)
    read_for(rig, 30)
    assert shown(rig)[0] == 100


@pytest.mark.parametrize(
    ("hour", "began"), [(3, None), (4, (2, 4)), (7, (2, 4)), (8, None)], ids=["before", "at its start", "late", "after"]
)
def test_a_night_begins_by_the_lanes_own_clock_and_may_run_past_midnight(
    rig: TaskRig, hour: int, began: tuple[int, int] | None
) -> None:
    """From 22:00 to 02:00 in Chicago, which is six hours behind."""
    use(rig, sweep={"hours": [{"start": "22:00", "end": "02:00"}]})
    calendar = LaneCalendar(time_zone="America/Chicago")
    rig.change(lanes={LANE: replace(rig.ports.lanes[LANE], calendar=calendar)})
    night = lane_reader(rig.ports, LANE).turn.night_of(NOW.replace(hour=hour))
    assert night == (NOW.replace(day=began[0], hour=began[1]) if began else None)


def test_a_pass_by_stamps_that_is_cut_comes_to_its_end_first(rig: TaskRig) -> None:
    """As long as it is under way nobody can say what it will find."""
    use(rig, page_rows=1, hold_s=1e-9)
    for number in NUMBERS:
        put(rig, number, 200, rig.clock.now())
    rig.pass_time(hours=1)
    while not read(LANE):
        assert told(rig) == {}
    assert shown(rig) == [200] * 5
    assert told(rig) == {}
