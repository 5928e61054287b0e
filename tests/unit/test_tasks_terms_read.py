"""`terms.read`: every account that is a customer sees its terms, whatever of it changed; nobody sees another's."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from bridge.documents import Address, Customer, CustomerTerms, ShipTo
from bridge.flows.price import PriceRules
from bridge.flows.terms import TermsRules
from bridge.ports.erp import FieldValue
from bridge.ports.reading import CUSTOMER, SHIP_TO, Columns, ErpRow
from bridge.shown import Shown
from mappings.terms import TermsView
from tasks.storefront_show import show_all
from tasks.terms_read import read
from tests.builders import SITE, a_customer
from tests.ledger_walks import change
from tests.task_rig import LANE, TaskRig
from tests.unit import mapping_samples

NUMBERED = {"terms": {"02": "Net 30"}}
PRICES = PriceRules(lists={"1": "WHOLESALE"})


def use(rig: TaskRig, **reading: object) -> None:
    mapping = mapping_samples.LANE.model_copy(update=NUMBERED)
    lane = rig.ports.lanes[LANE]
    settings = lane.reading.model_copy(update=reading)
    views = {Shown.TERMS: TermsView(mapping, TermsRules(), PRICES.list_of)}
    rig.change(lanes={LANE: replace(lane, views=views, has_reader_seat=True, reading=settings)})
    rig.erp.company(LANE).shelves.rows |= {CUSTOMER: {}, SHIP_TO: {}}


def put(rig: TaskRig, number: str, *places: Columns, at: datetime | None = None, **columns: FieldValue) -> None:
    """Sage has this customer, changed at that time (now unless told)."""
    facts: dict[str, FieldValue] = {"ARDivisionNo": "00", "CustomerNo": number, "CreditHold": "N", **columns}
    changed_at = at or rig.clock.now()
    row = ErpRow(f"{facts['ARDivisionNo']}|{number}", facts, {SHIP_TO: places}, changed_at)
    rig.erp.company(LANE).shelves.put(CUSTOMER, row)


def put_place(rig: TaskRig, number: str, code: str, **columns: FieldValue) -> Columns:
    """Sage has this delivery address, changed now."""
    facts: dict[str, FieldValue] = {"ARDivisionNo": "00", "CustomerNo": number, "ShipToCode": code, **columns}
    row = ErpRow(f"00|{number}|{code}", facts, changed_at=rig.clock.now())
    rig.erp.company(LANE).shelves.put(SHIP_TO, row)
    return facts


def join(rig: TaskRig, source_id: str, number: str, **more: object) -> None:
    """An account of the site has been found to be this customer."""
    rig.shop.put_customer(Customer(source_id=source_id, site_id=SITE, name=source_id))
    change(rig.database, a_customer(rig.database, source_id), state="CONFIRMED", number=number, **more)


def shown(rig: TaskRig, *accounts: str) -> dict[str, CustomerTerms]:
    """What the storefront shows now."""
    show_all("clarity")
    found = rig.shop.shown(CustomerTerms, accounts)
    return {key: each for key, each in found.items() if isinstance(each, CustomerTerms)}


def test_an_account_sees_the_terms_of_its_customer(rig: TaskRig) -> None:
    use(rig)
    join(rig, "c1", "ACME")
    dock = put_place(
        rig, "ACME", "DOCK", ShipToName="Acme Dock", ShipToCity="Austin", ShipToState="TX", ShipToCountryCode="USA"
    )
    put(
        rig, "ACME", dock, CreditLimit=Decimal(5000), CreditHold="Y", TermsCode="02", TaxExemptNo="TX-77",
        PriceLevel="1", SalespersonDivisionNo="01", SalespersonNo="0100",
    )  # fmt: skip
    assert read(LANE)
    assert rig.nudges() == [("storefront.show", ["clarity"])]
    place = Address(name="Acme Dock", city="Austin", region_code="TX", country_code="US")
    assert shown(rig, "c1") == {
        "c1": CustomerTerms(
            customer_id="c1", account_number="ACME", is_on_hold=True, credit_limit=Decimal(5000), terms="Net 30",
            tax_exempt=True, tax_exemption_number="TX-77", price_list_code="WHOLESALE", salesperson="01-0100",
            ship_to=(ShipTo(code="DOCK", address=place),),
        )
    }  # fmt: skip


def test_who_has_no_account_is_shown_nowhere(rig: TaskRig) -> None:
    use(rig)
    for number in ("ACME", "WAITS", "GUEST"):
        put(rig, number)
    a_customer(rig.database, "c1", number="WAITS")
    join(rig, "guest:ann@acme.example", "GUEST")
    assert read(LANE)
    assert rig.records("terms") == []


def test_a_namesake_in_another_division_is_another_customer(rig: TaskRig) -> None:
    use(rig)
    join(rig, "c1", "ACME")
    put(rig, "ACME", ARDivisionNo="01", CreditLimit=Decimal(9))
    assert read(LANE)
    assert shown(rig, "c1") == {}


def test_each_site_is_shown_its_own_accounts(rig: TaskRig) -> None:
    use(rig)
    rig.change_connection(lanes={SITE: LANE, "b2b": LANE})
    join(rig, "c1", "ACME")
    join(rig, "c2", "ACME", site="b2b")
    put(rig, "ACME")
    assert read(LANE)
    assert {(record.site, record.source_id) for record in rig.records("terms")} == {(SITE, "c1"), ("b2b", "c2")}


def test_only_what_changed_is_read_and_sent_again(rig: TaskRig) -> None:
    use(rig, overlap_s=0)
    for account, number in (("c1", "ACME"), ("c2", "BOLTS")):
        join(rig, account, number)
        put(rig, number, CreditLimit=Decimal(100))
    assert read(LANE)
    show_all("clarity")
    assert not read(LANE), "not before an hour is over"
    rig.pass_time(hours=1)
    put(rig, "ACME", CreditLimit=Decimal(200))
    put(rig, "BOLTS", CreditLimit=Decimal(200), at=rig.clock.now() - timedelta(hours=3))
    assert read(LANE)
    assert rig.states("terms") == {"c1": "READY", "c2": "CONFIRMED"}


def test_a_changed_address_is_found_though_its_customer_bears_no_new_stamp(rig: TaskRig) -> None:
    use(rig, overlap_s=0)
    join(rig, "c1", "ACME")
    put(rig, "ACME", put_place(rig, "ACME", "DOCK", ShipToCity="Austin"))
    put_place(rig, "NOBODY", "DOCK")
    before = rig.clock.now()
    assert read(LANE)
    rig.pass_time(hours=1)
    put(rig, "ACME", put_place(rig, "ACME", "DOCK", ShipToCity="Dallas"), at=before - timedelta(days=1))
    assert read(LANE)
    [place] = shown(rig, "c1")["c1"].ship_to
    assert place.address.city == "Dallas"


def test_an_account_that_became_a_customer_later_is_shown_its_terms(rig: TaskRig) -> None:
    use(rig, overlap_s=0)
    put(rig, "ACME", CreditLimit=Decimal(100))
    assert read(LANE)
    join(rig, "c1", "ACME")
    join(rig, "c2", "NOT-IN-SAGE")
    rig.pass_time(hours=1)
    assert read(LANE)
    assert shown(rig, "c1", "c2")["c1"].credit_limit == 100
    assert rig.states("terms") == {"c1": "CONFIRMED"}


def test_a_code_without_a_word_is_shown_as_it_is(rig: TaskRig) -> None:
    use(rig)
    join(rig, "c1", "ACME")
    put(rig, "ACME", PriceLevel="7", TermsCode="99")
    assert read(LANE)
    terms = shown(rig, "c1")["c1"]
    assert (terms.price_list_code, terms.terms) == ("7", "99")


def test_a_pass_that_was_cut_goes_on_later(rig: TaskRig) -> None:
    use(rig, page_rows=1, hold_s=1e-9)
    for account, number in (("c1", "ACME"), ("c2", "BOLTS")):
        join(rig, account, number)
        put(rig, number)
    assert not read(LANE)
    assert rig.states("terms") == {"c1": "READY"}
    assert read(LANE)
    assert set(rig.states("terms")) == {"c1", "c2"}
    assert rig.seats.held() == []
