"""What the dictionary says of each version, and what an installation may say over it."""

import pytest

from bridge.erp.sage100.dictionary import ColumnType, SageDictionary
from bridge.errors import Misconfigured

HEADER, DETAIL, CUSTOMER = "SO_SalesOrderHeader", "SO_SalesOrderDetail", "AR_Customer"


@pytest.mark.parametrize(
    ("version", "po", "name", "address", "city"),
    [("4.40", 15, 30, 30, 20), ("2018", 15, 30, 30, 20), ("2023", 30, 50, 40, 30), ("2026", 30, 50, 40, 30)],
)
def test_widths_by_version(version: str, po: int, name: int, address: int, city: int) -> None:
    columns = SageDictionary.load(version).table(HEADER).columns
    found = [columns[column].width for column in ("CustomerPONo", "ShipToName", "ShipToAddress1", "ShipToCity")]
    assert found == [po, name, address, city]


def test_columns_come_and_go_with_versions() -> None:
    old, new = SageDictionary.load("4.40"), SageDictionary.load("2018")
    assert "BillToCustomerNo" not in old.table(HEADER).columns
    assert "BillToCustomerNo" in new.table(HEADER).columns
    assert "TemporaryCustomer" in old.table(CUSTOMER).columns
    assert "TemporaryCustomer" not in new.table(CUSTOMER).columns


def test_numbers_know_their_places() -> None:
    price = SageDictionary.load("2025").table(DETAIL).columns["UnitPrice"]
    assert (price.type, price.whole_digits, price.scale) == (ColumnType.NUMBER, 9, 6)


def test_keys_read_only_and_valid_values() -> None:
    columns = SageDictionary.load("2025").table(HEADER).columns
    assert columns["SalesOrderNo"].is_key
    assert columns["SalesTaxAmt"].is_read_only
    assert columns["OrderStatus"].values == frozenset("NOCH")
    assert columns["BatchEmail"].values == frozenset("YN")


def test_an_installations_own_widths_and_udfs() -> None:
    widths = {f"{HEADER}.CustomerPONo": 22, f"{HEADER}.UDF_GIFT": 60}
    columns = SageDictionary.load("2018", widths).table(HEADER).columns
    assert (columns["CustomerPONo"].width, columns["UDF_GIFT"].width) == (22, 60)


@pytest.mark.parametrize(
    ("version", "widths", "text"),
    [
        ("2024", {}, "version '2024' is not known"),
        ("2025", {f"{HEADER}.CustomerPO": 30}, "no such column"),
        ("2025", {"CustomerPONo": 30}, "write Table.Column"),
        ("2025", {f"{DETAIL}.UnitPrice": 30}, "only text columns"),
        ("2025", {f"{HEADER}.FOB": 0}, "not a width"),
    ],
)
def test_what_is_wrong_is_said(version: str, widths: dict[str, int], text: str) -> None:
    with pytest.raises(Misconfigured, match=text):
        SageDictionary.load(version, widths)


def test_an_unknown_table_is_named() -> None:
    with pytest.raises(Misconfigured, match="AP_Vendor"):
        SageDictionary.load("2025").table("AP_Vendor")
