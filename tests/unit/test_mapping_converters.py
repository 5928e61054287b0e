"""One test per rule of the order's mapping: what a storefront's word, sum or date becomes in Sage."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bridge.documents import Customer, Order, Payment, ShippingMethod
from bridge.erp.sage100.dictionary import SageDictionary
from bridge.errors import Refused
from mappings import LaneMapping, MapContext, MappingSet, customer_number, customer_query
from mappings.sums import price_line
from tests.unit.mapping_samples import ADDRESS, LANE, line, mapped, order, sage_total


def lane(**changes: object) -> LaneMapping:
    return LaneMapping.model_validate(LANE.model_dump() | changes)


def refused(given: Order, settings: LaneMapping = LANE, version: str = "2018") -> Refused:
    with pytest.raises(Refused) as refusal:
        mapped(given, settings, version)
    return refusal.value


def test_a_whole_order() -> None:
    result = mapped(order(line(discount_total=Decimal("-1.50")), totals={"shipping": "5.00"}, discount="2.00"))
    assert list(result.header)[:2] == ["ARDivisionNo", "CustomerNo"]
    assert result.header == {
        "ARDivisionNo": "00", "CustomerNo": "ACME", "OrderDate": "20260301", "OrderType": "S", "OrderStatus": "O",
        "ShipExpireDate": "20260301", "BillToName": "Acme Inc.", "BillToAddress1": "Attn Ann Lee",
        "BillToAddress2": "1 Main Street", "BillToCity": "Austin", "BillToState": "TX", "BillToZipCode": "78701",
        "BillToCountryCode": "USA", "ShipToName": "Acme Inc.", "ShipToAddress1": "Attn Ann Lee",
        "ShipToAddress2": "1 Main Street", "ShipToCity": "Austin", "ShipToState": "TX", "ShipToZipCode": "78701",
        "ShipToCountryCode": "USA", "ShipVia": "UPS GROUND", "WarehouseCode": "001", "ConfirmTo": "Ann Lee",
        "EmailAddress": "ann@acme.example", "Comment": "Web order 100234", "PaymentType": "STRIP",
        "FreightAmt": Decimal("5.00"), "DiscountAmt": Decimal("2.00"),
    }  # fmt: skip
    assert result.lines == (
        {"ItemCode": "A-1", "WarehouseCode": "001", "UnitOfMeasure": "EACH", "QuantityOrdered": Decimal(2),
         "UnitPrice": Decimal(10), "LineDiscountPercent": Decimal("7.5")},
    )  # fmt: skip
    assert next(iter(result.lines[0])) == "ItemCode"
    assert result.notes == ()


@pytest.mark.parametrize(("status", "code"), [("Confirmed", "N"), ("processing", "O"), ("OnHold", "H")])
def test_statuses(status: str, code: str) -> None:
    assert mapped(order(status=status)).header["OrderStatus"] == code


@pytest.mark.parametrize("status", ["Shipped", "PartiallyShipped", "Completed", "Backordered", "Teleported"])
def test_a_status_that_is_not_imported_is_refused(status: str) -> None:
    refusal = refused(order(status=status))
    assert (refusal.field, refusal.value, refusal.code) == ("status", status, "unmapped")
    assert "the table statuses of this lane does not know it; add it there" in str(refusal)


def test_the_buyers_purchase_order_number_is_theirs_and_never_cut() -> None:
    assert mapped(order(purchase_order_number="PO 4711/2026-A")).header["CustomerPONo"] == "PO 4711/2026-A"
    assert "CustomerPONo" not in mapped(order()).header
    refusal = refused(order(purchase_order_number="PO-4711/2026-ABC"))
    assert (refusal.field, refusal.value, refusal.code) == ("purchase_order_number", "PO-4711/2026-ABC", "too_long")
    assert "CustomerPONo takes 15 characters, this has 16" in str(refusal)
    assert mapped(order(purchase_order_number="PO-4711/2026-ABC"), version="2023").header["CustomerPONo"]


def test_dates_are_the_companys_own_days() -> None:
    header = mapped(order(placed_at=datetime(2026, 3, 2, 3, 30, tzinfo=UTC)), lane(time_zone="America/Chicago")).header
    assert (header["OrderDate"], header["ShipExpireDate"]) == ("20260301", "20260301")
    wanted = order(requested_ship_date=datetime(2026, 4, 1, tzinfo=UTC))
    assert mapped(wanted, lane(time_zone="America/Chicago")).header["ShipExpireDate"] == "20260401"


def test_items_are_capitals_or_their_alias() -> None:
    aliases = lane(items={"old-1": "NEW-1"}, units={"Stück": "EA"})
    result = mapped(order(line(sku="ab-9"), line(sku="OLD-1", uom="stück")), aliases)
    assert [(each["ItemCode"], each["UnitOfMeasure"]) for each in result.lines] == [("AB-9", "EACH"), ("NEW-1", "EA")]


def test_a_line_without_an_item_is_refused_by_its_position() -> None:
    refusal = refused(order(line(), line(sku="")))
    assert (refusal.field, refusal.code) == ("lines[1].sku", "missing")


def test_a_unit_or_item_that_does_not_fit_is_refused() -> None:
    assert refused(order(line(), line(uom="pallet"))).field == "lines[1].uom"
    assert refused(order(line(sku="X" * 31))).code == "too_long"


def test_kits_are_left_to_sage_and_new_kinds_to_a_person() -> None:
    free = line(sku="PART", kind="kitComponent", unit_price=Decimal(0))
    result = mapped(order(free, line(kind="kitParent"), line(sku="A-2", uom="pallets"[:4])))
    assert [each["ItemCode"] for each in result.lines] == ["A-1", "A-2"]
    assert result.notes == ("lines[0]: PART is part of a kit and is left to Sage",)
    assert refused(order(free, line(sku=""))).field == "lines[1].sku"
    assert refused(order(line(kind="kitComponent"))).code == "unmapped"
    assert refused(order(line(), line(kind="subscription"))).field == "lines[1].kind"


def test_shipping_methods() -> None:
    assert refused(order(shipping_method=ShippingMethod(code="DRONE"))).field == "shipping_method.code"
    assert "ShipVia" not in mapped(order(shipping_method=None)).header
    others = lane(ship_via={"*": "BEST WAY"})
    assert mapped(order(shipping_method=ShippingMethod(code="DRONE")), others).header["ShipVia"] == "BEST WAY"


@pytest.mark.parametrize(
    ("payment", "code"),
    [
        (Payment(kind="card", gateway="stripe", amount=1), "STRIP"),
        (Payment(kind="check", gateway="Mailroom", amount=1), "CHECK"),
        (Payment(kind="onAccount", amount=1), None),
        (Payment(kind="card", gateway="Unknown", amount=1, state="voided"), None),
    ],
)
def test_payment_types_by_gateway_then_kind(payment: Payment, code: str | None) -> None:
    assert mapped(order(payments=(payment,))).header.get("PaymentType") == code


def test_the_largest_payment_names_the_type_and_the_others_are_noted() -> None:
    both = (Payment(kind="check", amount=5), Payment(kind="card", gateway="Stripe", amount=15))
    result = mapped(order(payments=both))
    assert result.header["PaymentType"] == "STRIP"
    assert result.notes == ("payments: 2 payments, of which the largest (card) names the type",)


def test_an_unknown_payment_is_refused() -> None:
    refusal = refused(order(payments=(Payment(kind="barter", gateway="Cow", amount=1),)))
    assert (refusal.field, refusal.value, refusal.code) == ("payments", "Cow, barter", "unmapped")


@pytest.mark.parametrize(
    ("quantity", "price", "net", "expected"),
    [
        ("2", "10", "20.00", ("10", "0", "0")),
        ("12", "14", "142.80", ("14", "15", "0")),
        ("1", "33.33", "28.33", ("33.33", "15", "0")),
        ("3", "9.99", "24.98", ("9.99", "16.65", "0")),
        ("1", "0.10", "0.09", ("0.10", "10", "0")),
        ("7", "1000000.01", "6999999.99", ("999999.998571", "0", "0")),
        ("1000000", "1", "999999.99", ("1", "0", "-0.01")),
        ("0", "5", "-1.00", ("5", "0", "-1.00")),
        ("2", "10", "21.00", ("10.5", "0", "0")),
    ],
)
def test_the_plainest_way_to_a_lines_net(quantity: str, price: str, net: str, expected: tuple[str, ...]) -> None:
    found = price_line(Decimal(quantity), Decimal(price), Decimal(net))
    assert (found.unit_price, found.percent, found.remainder) == tuple(Decimal(each) for each in expected)


def test_what_no_price_can_carry_becomes_a_discount_line() -> None:
    given = order(line(quantity=Decimal(1000000), unit_price=Decimal(1), discount_total=Decimal("-0.01")))
    result = mapped(given)
    assert result.lines[1] == {
        "ItemCode": "/DISCOUNT", "QuantityOrdered": Decimal(1), "UnitPrice": Decimal("-0.01"),
        "CommentText": "Discount on line 1, A-1",
    }  # fmt: skip
    assert sage_total(result) == given.totals.total
    assert refused(given, lane(charge_items={})).field == "lines[0].discount_total"


def test_part_of_a_cent_is_refused() -> None:
    assert refused(order(line(discount_total=Decimal("-0.005")))).field == "lines[0].extended"
    assert refused(order(totals={"shipping": "4.999"})).code == "too_precise"


def test_an_order_that_takes_off_less_than_its_lines_is_refused() -> None:
    assert refused(order(line(discount_total=Decimal(-1)), discount="-0.50")).field == "totals.discounts"


def test_handling_fees_and_tax_are_lines_of_their_own_items() -> None:
    given = order(totals={"handling": "3.00", "fees": "1.25", "tax": "1.65"})
    result = mapped(given, lane(tax="line", charge_items={"handling": "/HAND", "fees": "/FEE", "tax": "/TAX"}))
    assert [(each["ItemCode"], each["UnitPrice"]) for each in result.lines[1:]] == [
        ("/HAND", Decimal("3.00")), ("/FEE", Decimal("1.25")), ("/TAX", Decimal("1.65")),
    ]  # fmt: skip
    assert result.header["TaxSchedule"] == "NONTAX"
    assert sage_total(result) == given.totals.total
    assert refused(given, lane(charge_items={"fees": "/FEE"})).field == "totals.handling"


def test_tax_is_sages_or_not_sold() -> None:
    taxed = order(totals={"tax": "1.65"})
    schedules = lane(tax_schedules={"US-TX": "TX", "US": "USOTHER"})
    assert mapped(taxed, schedules).header["TaxSchedule"] == "TX"
    assert len(mapped(taxed, schedules).lines) == 1
    spelled = ADDRESS.model_copy(update={"region_code": None, "region_name": "Texas"})
    assert mapped(order(ship_to=spelled), schedules).header["TaxSchedule"] == "TX"
    elsewhere = ADDRESS.model_copy(update={"region_code": "NM"})
    assert mapped(order(ship_to=elsewhere), schedules).header["TaxSchedule"] == "USOTHER"
    assert "TaxSchedule" not in mapped(taxed).header
    assert refused(taxed, lane(tax="none")).field == "totals.tax"
    assert mapped(order(), lane(tax="none")).header["TaxSchedule"] == "NONTAX"


def test_what_is_cut_or_left_out_is_noted() -> None:
    person = ADDRESS.model_copy(update={"name": "Wolfeschlegelsteinhausenbergerdorff", "company": None})
    long_mail = order().customer.model_copy(update={"email": "x" * 250 + "@acme.example"})
    result = mapped(order(bill_to=person, customer=long_mail))
    assert result.header["ConfirmTo"] == "Wolfeschlegelsteinhausenberger"
    assert "EmailAddress" not in result.header
    assert any("ConfirmTo" in note and "Wolfeschlegelsteinhausenbergerdorff" in note for note in result.notes)
    assert any("does not fit in EmailAddress and is left out" in note for note in result.notes)


def new_customer(**changes: object) -> Customer:
    facts = {"source_id": "c1", "site_id": "main", "name": "Acme Inc.", "email": "Ann@Acme.example", "address": ADDRESS}
    return Customer.model_validate(facts | changes)


def test_a_new_customer_has_the_least_that_sage_needs() -> None:
    settings = lane(terms_code="02", salesperson_division="00", salesperson="0100", tax_schedules={"US": "DEFAULT"})
    phone = ADDRESS.model_copy(update={"phone": "512 555 0100"})
    result = MappingSet.load(settings, SageDictionary.load("2018")).map_customer(
        new_customer(address=phone), MapContext("")
    )
    assert result.header == {
        "CustomerName": "Acme Inc.", "AddressLine1": "1 Main Street", "City": "Austin", "State": "TX",
        "ZipCode": "78701", "CountryCode": "USA", "TelephoneNo": "512 555 0100", "EmailAddress": "Ann@Acme.example",
        "TermsCode": "02", "TaxSchedule": "DEFAULT", "SalespersonDivisionNo": "00", "SalespersonNo": "0100",
        "Comment": "Web account c1",
    }  # fmt: skip
    assert result.lines == ()


def test_a_customer_without_any_name_is_refused() -> None:
    nobody = Customer(source_id="c1", site_id="main")
    with pytest.raises(Refused, match="Sage requires CustomerName"):
        MappingSet.load(LANE, SageDictionary.load("2018")).map_customer(nobody, MapContext(""))


@pytest.mark.parametrize(
    ("account", "number"),
    [("acme", "ACME"), ("01-A", "01-A"), ("TOOLONG8", "0042"), ("A B", "0042"), ("Ä1", "0042"), (None, "0042")],
)
def test_a_new_customers_number(account: str | None, number: str) -> None:
    assert customer_number(new_customer(account_number=account), "0042", LANE) == number


def test_how_a_buyer_is_looked_up() -> None:
    query = customer_query(order(), 7)
    assert (query.record_id, query.number, query.email, query.name, query.postal_code) == (
        7, None, "ann@acme.example", "Acme Inc.", "78701",
    )  # fmt: skip
    known = customer_query(new_customer(account_number="acme", name=None), 8)
    assert (known.number, known.email, known.name) == ("ACME", "ann@acme.example", "Acme Inc.")


def test_every_setting_of_the_lane_has_a_sentence() -> None:
    assert all(field.description and field.description.endswith(".") for field in LaneMapping.model_fields.values())


@pytest.mark.parametrize(
    "wrong",
    [{"time_zone": "Mars/Base"}, {"charge_items": {"tax": "TAX"}}, {"statuses": {"Shipped": "C"}}, {"itms": {}}],
)
def test_a_wrong_setting_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        lane(**wrong)
