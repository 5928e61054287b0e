"""`customers.read`: a registration becomes a customer by its site's rule, and what is the ERP's stays the ERP's."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bridge.documents import Address, Customer, CustomerTerms
from bridge.documents.base import Document
from bridge.erp.sage100.dictionary import SageDictionary
from bridge.errors import Refused, Throttled, Unauthorised, Unreachable
from bridge.events.pending import LONGEST_WAIT_S, PATIENCE, WAIT_S
from bridge.flows.registrations import Registration
from bridge.flows.showing import Figure, keep
from bridge.ledger.people import discard, replay
from bridge.ledger.rows import Record
from bridge.ports.events import Event
from bridge.shown import Shown
from bridge.states import State
from bridge.writing.mapped import Mapped
from mappings.mapping_set import MappingSet
from mappings.registering import Registering
from tasks import customers_read
from tasks.batch_write import write
from tasks.customers_read import read
from tasks.documents_read import read as read_orders
from tasks.events_intake import intake
from tasks.ledger_sweep import sweep
from tasks.storefront_show import show_all
from tests.builders import SITE, a_customer, an_arrival, take
from tests.ledger_walks import change
from tests.task_rig import LANE, SITE_LANE, TaskRig
from tests.unit import mapping_samples

HOME = Address(line1="1 Main Street", city="Austin", region_code="TX", postal_code="78701", country_code="US")


def use(rig: TaskRig, rule: Registration) -> None:
    """The site's accounts are taken by this rule; those that register get terms of their own."""
    mappings = [
        MappingSet.load(mapping_samples.LANE.model_copy(update={"terms_code": terms_code}), SageDictionary.load("2018"))
        for terms_code in ("30", "01")
    ]
    rules = {("clarity", SITE): rule}
    lane = rig.ports.lanes[LANE]
    approving = frozenset(rules if rule is Registration.APPROVE else ())
    settling = replace(lane.settling, approving=approving)
    rig.change(lanes={LANE: replace(lane, registering=Registering(*mappings, rules), settling=settling)})
    rig.change_connection(registrations={SITE: rule})


def register(rig: TaskRig, source_id: str = "c1", *, version: int = 1, **facts: Any) -> None:
    """The site has this account, and its webhook speaks of it."""
    facts = {"name": "Acme Inc.", "email": "ann@acme.example", "address": HOME, **facts}
    rig.shop.put_customer(Customer(source_id=source_id, site_id=SITE, **facts))
    announce(rig, source_id, version=version)


def announce(rig: TaskRig, source_id: str = "c1", *, version: int = 1, site: str = SITE) -> None:
    resource = {"type": "customer", "id": source_id, "version": version}
    body = json.dumps({"siteId": site, "resource": resource}).encode()
    topic = "customer.created" if version == 1 else "customer.updated"
    rig.door.append([Event("clarity", f"evt_{source_id}_{version}", topic, body, rig.clock.now())])
    intake()


def account(rig: TaskRig) -> Record:
    [record] = rig.records("customer")
    return record


def write_all(rig: TaskRig) -> None:
    rig.open_window()
    write(LANE)
    rig.pass_time(minutes=15)


def in_erp(rig: TaskRig) -> dict[str, dict[str, Any]]:
    """The columns of the customers that were created."""
    stored = rig.erp.company(LANE).records.values()
    return {row.number: dict(row.header) for row in stored if row.document == "customer"}


def test_a_registration_becomes_a_minimal_customer_with_provisional_terms(rig: TaskRig) -> None:
    use(rig, Registration.CREATE)
    register(rig)
    assert rig.nudges() == [("documents.read", ["clarity"]), ("customers.read", ["clarity"])]
    assert (read("clarity"), read("clarity")) == (1, 0)
    write_all(rig)
    record = account(rig)
    assert (record.state, record.version, record.needs_read) == (State.CONFIRMED, 1, False)
    assert in_erp(rig)[record.number or ""]["TermsCode"] == "01"


def test_an_account_is_left_alone_unless_told_otherwise(rig: TaskRig) -> None:
    announce(rig)
    assert [(row.topic, row.record_id) for row in rig.rows("event")] == [("customer.created", None)]
    assert (rig.records("customer"), read("clarity")) == ([], 0)


def test_an_account_of_a_site_without_a_lane_is_no_dead_letter(rig: TaskRig) -> None:
    announce(rig, site="elsewhere")
    assert [len(rig.rows(table)) for table in ("event", "record", "dead_letter")] == [1, 0, 0]


def test_an_account_waits_for_approval_and_its_orders_with_it(rig: TaskRig) -> None:
    use(rig, Registration.APPROVE)
    register(rig)
    read("clarity")
    record = account(rig)
    assert (record.state, record.reason_code) == (State.REVIEW, "approval")
    assert list(rig.alarms()) == ["review:approval/customer"]
    order(rig)
    sweep()
    assert rig.records()[0].condition == f"customer:{record.id}"
    assert (rig.states(), account(rig).state) == ({"10025": "HELD"}, State.REVIEW)
    replay(rig.database, [record.id], by="Ann", why="a good firm", now=rig.clock.now())
    write_all(rig)
    assert (account(rig).state, rig.states()) == (State.CONFIRMED, {"10025": "CONFIRMED"})


def order(rig: TaskRig) -> None:
    """An order of the account c1, read and settled."""
    rig.shop.put_order(rig.order())
    take(rig.database, [an_arrival()], [], by="intake", now=rig.clock.now())
    read_orders("clarity")


def test_an_order_does_not_slip_past_the_approval_of_its_account(rig: TaskRig) -> None:
    use(rig, Registration.APPROVE)
    order(rig)
    record = account(rig)
    assert (record.state, record.reason_code, rig.states()) == (State.REVIEW, "approval", {"10025": "HELD"})
    discard(rig.database, record.id, by="Ann", why="nobody knows them", now=rig.clock.now())
    sweep()
    assert rig.states() == {"10025": "REVIEW"}


def test_a_changed_account_still_waits_and_an_approved_one_is_not_asked_about_again(rig: TaskRig) -> None:
    use(rig, Registration.APPROVE)
    register(rig)
    read("clarity")
    register(rig, version=2, name="Acme Ltd.")
    read("clarity")
    record = account(rig)
    assert (record.state, record.reason_code, record.version) == (State.REVIEW, "approval", 2)
    replay(rig.database, [record.id], by="Ann", why="a good firm", now=rig.clock.now())
    register(rig, version=3, name="Acme Corp.")
    assert account(rig).state is State.HELD
    read("clarity")
    assert (account(rig).state, "Acme Corp." in (account(rig).mapped or "")) == (State.READY, True)


@pytest.mark.parametrize("facts", [{"account_number": "ACME"}, {"external_refs": ("sage100:XYZ/NO", f"{LANE}/ACME")}])
def test_who_names_its_number_is_matched_without_a_word(rig: TaskRig, facts: dict[str, Any]) -> None:
    use(rig, Registration.APPROVE)
    rig.erp.company(LANE).add_customer("ACME")
    register(rig, **facts)
    read("clarity")
    write_all(rig)
    assert (account(rig).state, account(rig).number, in_erp(rig)) == (State.CONFIRMED, "ACME", {})


def test_a_single_hit_by_e_mail_is_the_customer_and_two_hits_are_for_a_person(rig: TaskRig) -> None:
    use(rig, Registration.CREATE)
    rig.erp.company(LANE).add_customer("ACME", {"EmailAddress": "ann@acme.example"})
    register(rig)
    read("clarity")
    write_all(rig)
    assert account(rig).number == "ACME"
    rig.erp.company(LANE).add_customer("TWIN", {"EmailAddress": "ann@acme.example"})
    register(rig, "c2")
    read("clarity")
    write_all(rig)
    record = rig.records("customer")[1]
    assert (record.state, record.reason_field) == (State.REVIEW, "email")
    register(rig, "c2", version=2, email="bob@acme.example")
    read("clarity")
    assert rig.records("customer")[1].state is State.READY, "other facts are another chance"


def test_a_name_without_a_postal_code_is_for_a_person(rig: TaskRig) -> None:
    use(rig, Registration.CREATE)
    register(rig, address=HOME.model_copy(update={"postal_code": None}))
    read("clarity")
    assert (account(rig).state, account(rig).reason_code) == (State.REVIEW, "name without postal code")
    register(rig, version=2)
    read("clarity")
    assert account(rig).state is State.READY


def test_the_same_facts_again_change_nothing_for_who_waits(rig: TaskRig) -> None:
    use(rig, Registration.APPROVE)
    register(rig)
    read("clarity")
    moves = len(rig.rows("move"))
    announce(rig, version=2)
    assert read("clarity") == 1
    assert (len(rig.rows("move")), account(rig).needs_read, account(rig).version) == (moves, False, 2)


def test_an_account_that_the_site_does_not_show_yet_is_asked_for_again_then_shown_to_a_person(rig: TaskRig) -> None:
    use(rig, Registration.CREATE)
    announce(rig)
    assert read("clarity") == 0
    assert account(rig).due_at == rig.clock.now() + timedelta(seconds=WAIT_S)
    rig.pass_time(seconds=PATIENCE.total_seconds() + LONGEST_WAIT_S)
    assert read("clarity") == 1
    assert (account(rig).state, account(rig).reason_code) == (State.REVIEW, "not shown")


def test_one_that_nobody_can_read_holds_up_no_other(rig: TaskRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(customers_read, "PAGE", 2)
    use(rig, Registration.CREATE)
    for each in ("c1", "c2", "c3"):
        register(rig, each)
    rig.shop.fail_next("read_customer", Refused("addresses is a text", field="addresses", code="unreadable"))
    assert read("clarity") == 3
    assert rig.states("customer") == {"c1": "REVIEW", "c2": "READY", "c3": "READY"}
    assert rig.records("customer")[0].reason_field == "addresses"


def test_a_fault_of_ours_with_one_holds_up_no_other(rig: TaskRig, monkeypatch: pytest.MonkeyPatch) -> None:
    use(rig, Registration.CREATE)
    for each in ("c1", "c2"):
        register(rig, each)
    whole = Registering.settlement

    def breaks(self: Registering, connection: Any, record: Record, account_: Customer) -> Any:
        return whole(self, connection, record, account_) if record.source_id == "c2" else 1 // 0

    monkeypatch.setattr(Registering, "settlement", breaks)
    assert read("clarity") == 2
    assert rig.states("customer") == {"c1": "DEAD", "c2": "READY"}


@pytest.mark.parametrize("error", [Unreachable("connection refused"), Throttled("slow down", after_s=30)])
def test_while_the_site_is_away_the_rest_waits(rig: TaskRig, error: Unreachable) -> None:
    use(rig, Registration.CREATE)
    for each in ("c1", "c2"):
        register(rig, each)
    rig.shop.fail_next("read_customer", error)
    assert read("clarity") == 0
    due = {record.due_at for record in rig.records("customer")}
    assert due == {rig.clock.now() + timedelta(seconds=error.after_s or WAIT_S)}
    rig.pass_time(minutes=1)
    assert read("clarity") == 2


def test_a_refused_logon_halts_the_connection(rig: TaskRig) -> None:
    use(rig, Registration.CREATE)
    register(rig)
    rig.shop.fail_next("read_customer", Unauthorised("the secret has expired"))
    assert read("clarity") == 0
    assert rig.alarms() == {f"halted:{SITE_LANE}": "at once"}
    rig.pass_time(minutes=1)
    assert read("clarity") == 0
    rig.resume(SITE_LANE)
    assert read("clarity") == 1


def test_an_account_that_was_never_mapped_is_read_and_mapped_when_it_is_replayed(rig: TaskRig) -> None:
    use(rig, Registration.CREATE)
    register(rig, address=HOME.model_copy(update={"country_code": "XX"}))
    read("clarity")
    assert (account(rig).state, account(rig).mapped) == (State.REVIEW, None)
    rig.shop.put_customer(Customer(source_id="c1", site_id=SITE, name="Acme Inc.", address=HOME))
    replay(rig.database, [account(rig).id], by="Ann", why="mended at the site", now=rig.clock.now())
    read("clarity")
    assert (account(rig).state, Mapped.from_json(account(rig).mapped or "").header["ZipCode"]) == (State.READY, "78701")


TERMS = CustomerTerms(
    customer_id="c1", account_number="ACME", is_on_hold=False, credit_limit=Decimal(5000), tax_exempt=False
)


def show_terms(rig: TaskRig) -> Record:
    """The account c1 is customer ACME and has been shown its terms; gives the record of those."""
    customer = change(rig.database, a_customer(rig.database), state="CONFIRMED", number="ACME")
    rig.shop.put_customer(Customer(source_id="c1", site_id=SITE))
    with rig.database.write() as connection:
        keep(connection, rig.ports, LANE, Shown.TERMS, [Figure(TERMS, rig.clock.now(), owner=customer)])
    show_all("clarity")
    [record] = rig.records("terms")
    assert record.state is State.CONFIRMED
    return record


def meddle(rig: TaskRig, version: int, **fields: Any) -> None:
    """A shopkeeper changes what is the ERP's, and the site tells of it."""
    rig.shop.shelf.documents[CustomerTerms]["c1"] = TERMS.model_copy(update=fields)
    announce(rig, version=version)


def on_show(rig: TaskRig) -> Document:
    return rig.shop.shown(CustomerTerms, ["c1"])["c1"]


def why(rig: TaskRig, record: Record) -> str:
    """The latest line of the record's journal that speaks of drift."""
    [*_, last] = [row.why for row in rig.rows("move") if row.record_id == record.id and "drift" in row.why]
    return str(last)


def test_what_is_the_erps_is_shown_again_and_never_copied_back(rig: TaskRig) -> None:
    record = show_terms(rig)
    meddle(rig, 2, credit_limit=Decimal(9000), terms="Net 90")
    assert read("clarity") == 1
    assert why(rig, record) == (
        "drift: the site had credit_limit 9000, the ERP has 5000; the site had terms Net 90, the ERP has none"
    )
    assert show_all("clarity") == 1
    assert on_show(rig) == TERMS
    customer = account(rig)
    assert (customer.state, customer.needs_read, customer.version) == (State.CONFIRMED, False, 2)
    assert rig.records("order.change") == []


def test_our_own_change_is_no_drift(rig: TaskRig) -> None:
    show_terms(rig)
    meddle(rig, 2)
    assert read("clarity") == 1
    assert rig.states("terms") == {"c1": "CONFIRMED"}


def test_a_site_that_does_not_keep_what_it_is_shown_is_not_fought_with(rig: TaskRig) -> None:
    show_terms(rig)
    for version in (2, 3):
        meddle(rig, version, is_on_hold=True)
        read("clarity")
        show_all("clarity")
        sweep()
    [record] = rig.records("terms")
    assert (record.state, record.reason_code, record.reason_field) == (State.REVIEW, "drift", "is_on_hold")
    assert "review:drift/is_on_hold" in rig.alarms()
    replay(rig.database, [record.id], by="Ann", why="the site is mended", now=rig.clock.now())
    assert show_all("clarity") == 1
    assert on_show(rig) == TERMS


def test_a_drift_that_comes_back_after_a_while_is_answered_again(rig: TaskRig) -> None:
    show_terms(rig)
    for version in (2, 3):
        meddle(rig, version, is_on_hold=True)
        read("clarity")
        show_all("clarity")
        rig.pass_time(hours=2)
    assert (rig.states("terms"), on_show(rig)) == ({"c1": "CONFIRMED"}, TERMS)


def test_what_was_never_shown_is_not_compared(rig: TaskRig) -> None:
    change(rig.database, a_customer(rig.database), state="CONFIRMED", number="ACME")
    announce(rig, version=2)
    rig.shop.fail_next("shown", Unauthorised("asked for nothing"))
    assert read("clarity") == 1
    assert (rig.records("terms"), rig.alarms()) == ([], {})


def test_a_fault_of_ours_in_a_comparison_holds_up_no_other(rig: TaskRig, monkeypatch: pytest.MonkeyPatch) -> None:
    show_terms(rig)
    meddle(rig, 2, is_on_hold=True)

    def breaks(*_: object, **__: object) -> Sequence[object]:
        raise KeyError("of ours")

    monkeypatch.setattr(customers_read, "answer", breaks)
    assert read("clarity") == 1
    assert (account(rig).needs_read, list(rig.alarms())) == (False, [f"fault:{SITE_LANE}"])
