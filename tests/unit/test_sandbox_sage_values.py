"""Points 6 and 15 of reference sage100.md section 6: what nSetValue takes, by column and by release."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sandbox.sage100.com import ComError
from sandbox.sage100.layouts import layout
from sandbox.sage100.options import Options
from tests.unit.sandbox_sage_rig import Clerk, add_line, begin_order, make_sage, value, write_order


def new_order(folder: Path, **options: Any) -> Any:
    return begin_order(Clerk(make_sage(folder, **options)).orders(), "0000001")


@pytest.mark.parametrize(
    ("column", "given", "text"),
    [
        ("CustomerPONo$", "P" * 31, "CustomerPONo is greater than 30 character(s)."),
        ("SalesTaxAmt", 1.0, "SalesTaxAmt is read only."),
        ("SalesOrderNo$", "0000009", "SalesOrderNo is read only."),
        ("UDF_NO_SUCH$", "x", "Column UDF_NO_SUCH$ is invalid."),
        ("Comment", "x", "Column Comment is invalid."),
        ("Comment$", 5, "Comment$ takes text."),
        ("FreightAmt", "5.00", "FreightAmt takes a number."),
        ("FreightAmt", 1e9, "FreightAmt is greater than 9 digit(s) before the point."),
        ("OrderType$", "Z", "OrderType failed validation on S,B,M,R,Q,P"),
        ("ResidentialAddress$", "Yes", "ResidentialAddress is greater than 1 character(s)."),
        ("OrderDate$", "20261301", "OrderDate: 20261301 is an invalid date."),
        ("CustomerNo$", "NOBODY", "The customer does not exist."),
        ("TermsCode$", "77", "TermsCode 77 is not on file."),
        ("TaxSchedule$", "MOON", "TaxSchedule MOON is not on file."),
        ("ShipVia$", "PIGEON", "ShipVia PIGEON is not on file."),
        ("WarehouseCode$", "999", "WarehouseCode 999 is not on file."),
        ("PaymentType$", "SHELL", "PaymentType SHELL is not on file."),
        (
            "BillToCustomerNo$",
            "ZETA",
            "BillToCustomerNo cannot be set when A/R option Bill To Customer Reporting is No.",
        ),
    ],
)
def test_a_bad_value_is_refused_and_the_old_one_stays(tmp_path: Path, column: str, given: object, text: str) -> None:
    bus = new_order(tmp_path)
    known = bus.nGetValue(column, None) == 1
    before = value(bus, column) if known else None
    assert bus.nSetValue(column, given) == 0
    assert bus.sLastErrorMsg == text
    assert not known or value(bus, column) == before


def test_a_value_needs_a_key_first(tmp_path: Path) -> None:
    assert Clerk(make_sage(tmp_path)).orders().nSetValue("Comment$", "x") == 0


def test_zip_codes_are_checked_only_by_option(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    bus = begin_order(Clerk(admin).orders(), "0000001")
    assert bus.nSetValue("ShipToZipCode$", "00000") == 1
    admin.set_option("check_zip", True)
    assert bus.nSetValue("ShipToZipCode$", "00000") == 0
    admin.add_rows("ABC", "SY_ZipCode", [{"ZipCode": "00000"}])
    assert bus.nSetValue("ShipToZipCode$", "00000") == 1


def test_a_wrong_type_may_raise_by_option(tmp_path: Path) -> None:
    bus = new_order(tmp_path, type_mismatch="raise")
    with pytest.raises(ComError, match="Error #26"):
        bus.nSetValue("FreightAmt", "5.00")


def test_text_outside_the_code_page(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    bus = begin_order(Clerk(admin).orders(), "0000001")
    assert bus.nSetValue("ShipToName$", "Łódź Café") == 1
    assert value(bus, "ShipToName$") == "?ód? Café"
    admin.set_option("unmappable_text", "refuse")
    assert bus.nSetValue("ShipToName$", "Łódź") == 0


def test_the_customer_loads_defaults_over_what_was_set(tmp_path: Path) -> None:
    bus = Clerk(make_sage(tmp_path)).orders()
    bus.nSetKey("0000001")
    bus.nSetValue("ShipVia$", "PICKUP")
    assert bus.nSetValue("CustomerNo$", "acme") == 1
    loaded = {name: value(bus, f"{name}$") for name in ("CustomerNo", "ShipVia", "TermsCode", "TaxSchedule")}
    assert loaded == {"CustomerNo": "ACME", "ShipVia": "FEDEX", "TermsCode": "01", "TaxSchedule": "WI"}
    assert (value(bus, "BillToName$"), value(bus, "ShipToCity$")) == ("Acme Co.", "Madison")
    assert (value(bus, "OrderDate$"), value(bus, "OrderStatus$"), value(bus, "WarehouseCode$")) == (
        "20261121",
        "N",
        "000",
    )


def test_the_item_loads_defaults_over_what_was_set(tmp_path: Path) -> None:
    bus = new_order(tmp_path)
    lines = bus.oLines
    lines.nAddLine()
    lines.nSetValue("ItemCodeDesc$", "mine")
    lines.nSetValue("UnitPrice", 9.0)
    assert lines.nSetValue("ItemCode$", "bolt") == 1
    assert (value(lines, "ItemCodeDesc$"), value(lines, "UnitPrice"), value(lines, "UnitOfMeasure$")) == (
        "A bolt",
        2.5,
        "EACH",
    )
    assert value(lines, "PriceOverridden$") == "N"
    lines.nSetValue("UnitPrice", 3.0)
    assert value(lines, "PriceOverridden$") == "Y"
    assert lines.nSetValue("ItemCode$", "NO-SUCH") == 0
    assert lines.sLastErrorMsg == "ItemCode NO-SUCH is not on file."
    assert value(lines, "ItemCode$") == "BOLT"


@pytest.mark.parametrize(("reaction", "answer"), [("refuse", 0), ("warn", -1), ("accept", 1)])
def test_an_inactive_item_by_option(tmp_path: Path, reaction: str, answer: int) -> None:
    bus = new_order(tmp_path, inactive_item=reaction)
    bus.oLines.nAddLine()
    assert bus.oLines.nSetValue("ItemCode$", "OLD") == answer
    assert value(bus.oLines, "ItemCode$") == ("" if answer == 0 else "OLD")


def test_a_duplicate_purchase_order_warns_and_keeps_the_value(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    bus = Clerk(admin).orders()
    assert write_order(bus, "0000001", po="PO-7") == 1
    begin_order(bus, "0000002")
    assert bus.nSetValue("CustomerPONo$", "PO-7") == -1
    assert "already exists" in bus.sLastErrorMsg
    assert value(bus, "CustomerPONo$") == "PO-7"
    add_line(bus, "BOLT", 1.0)
    assert bus.nWrite() == 1
    begin_order(bus, "0000003", customer="ZETA")
    assert bus.nSetValue("CustomerPONo$", "PO-7") == 1, "another customer's"
    invoice = admin.make_invoice("ABC", "0000001")
    admin.post_invoice("ABC", invoice)
    admin.move_to_history("ABC", "0000002")
    begin_order(bus, "0000004")
    assert bus.nSetValue("CustomerPONo$", "PO-7") == -1, "on a posted invoice"


def test_units_of_measure_convert(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    unit = {"StandardUnitOfMeasure": "EACH", "SalesUnitOfMeasure": "BOX", "SalesUMConvFctr": 12}
    admin.add_items("ABC", [{"ItemCode": "SCREW", "StandardUnitPrice": "0.5", **unit}])
    bus = begin_order(Clerk(admin).orders(), "0000001")
    add_line(bus, "SCREW", 2.0)
    assert (value(bus.oLines, "UnitPrice"), value(bus.oLines, "ExtensionAmt")) == (6.0, 12.0)
    assert bus.oLines.nSetValue("UnitOfMeasure$", "CASE") == 0
    assert bus.oLines.nSetValue("UnitOfMeasure$", "EACH") == 1
    assert value(bus.oLines, "ExtensionAmt") == 1.0


@pytest.mark.parametrize(
    ("version", "widths"),
    [
        ("4.40", {"CustomerPONo": 15, "ShipToName": 30, "ShipToAddress1": 30, "BillToCustomerNo": None}),
        ("2018", {"CustomerPONo": 15, "ShipToName": 30, "BillToCustomerNo": 20, "PromotedDate": None}),
        ("2023", {"CustomerPONo": 30, "ShipToName": 50, "ShipToAddress1": 40, "CurrentInvoiceNo": 7, "PayBalance": 1}),
        ("2025", {"CustomerPONo": 30, "CurrentInvoiceNo": 7}),
        ("2026", {"CustomerPONo": 30, "CurrentInvoiceNo": 7}),
    ],
)
def test_widths_and_columns_by_release(version: Any, widths: dict[str, int | None]) -> None:
    columns = layout("SO_SalesOrderHeader", Options(version=version)).columns
    found = {name: column.width if (column := columns.get(f"{name.lower()}$")) else None for name in widths}
    assert found == widths


def test_expanded_invoice_numbers_from_2025_on(tmp_path: Path) -> None:
    assert layout("SO_InvoiceHeader", Options(version="2023", expanded_invoice_no=True)).key[0].width == 7
    admin = make_sage(tmp_path, version="2025", expanded_invoice_no=True)
    write_order(Clerk(admin).orders(), "0000001")
    assert admin.make_invoice("ABC", "0000001") == "1".zfill(20)


def test_old_widths_bite(tmp_path: Path) -> None:
    bus = new_order(tmp_path, version="2018")
    assert bus.nSetValue("CustomerPONo$", "P" * 16) == 0
    assert bus.sLastErrorMsg == "CustomerPONo is greater than 15 character(s)."


def test_udfs_are_declared_per_table(tmp_path: Path) -> None:
    bus = new_order(tmp_path, udfs={"SO_SalesOrderHeader": {"UDF_WEB_ORDER_ID": 30, "UDF_NOTE$": 5}})
    assert bus.nSetValue("UDF_NOTE$", "short") == 1
    assert bus.nSetValue("UDF_NOTE$", "longer") == 0


def test_rows_of_the_administrator_are_checked_too(tmp_path: Path) -> None:
    admin = make_sage(tmp_path)
    with pytest.raises(ValueError, match="no column 'Colour'"):
        admin.add_items("ABC", [{"ItemCode": "X", "Colour": "red"}])
    with pytest.raises(ValueError, match="'much' is not a number"):
        admin.add_items("ABC", [{"ItemCode": "X", "StandardUnitPrice": "much"}])
    with pytest.raises(ValueError, match="no_such_option"):
        admin.set_option("no_such_option", 1)
    assert admin.rows("ABC", "CI_Item")[-1]["StandardUnitPrice"] == Decimal("2.5")
