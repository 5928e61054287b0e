"""Mapping files are checked when they are loaded: every complaint names file and line, and says the way out."""

from pathlib import Path
from textwrap import dedent

import pytest

from bridge.erp.sage100.dictionary import SageDictionary
from bridge.errors import Misconfigured
from mappings import LaneMapping, MappingSet
from tests.unit.mapping_samples import CONTEXT, LANE, order

DICTIONARY = SageDictionary.load("2018", {"SO_SalesOrderHeader.UDF_GIFT": 20})


def overlay(folder: Path, text: str) -> Path:
    path = folder / "site.yaml"
    path.write_text(dedent(text), encoding="utf-8")
    return path


def header_rows(folder: Path, rows: str, document: str = "order") -> Path:
    indented = dedent(rows).replace("\n", "\n  ")
    return overlay(folder, f"document: {document}\nheader:\n  {indented}\n")


def load(path: Path, lane: LaneMapping = LANE) -> MappingSet:
    return MappingSet.load(lane, DICTIONARY, [path])


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("- {to: Coment, from: comments}", r"site.yaml:3: SO_SalesOrderHeader has no column Coment"),
        ("- {to: SalesOrderNo, from: order_number}", r"site.yaml:3: SalesOrderNo is the record's key"),
        ("- {to: SalesTaxAmt, from: totals.tax}", r"site.yaml:3: SalesTaxAmt is worked out by Sage"),
        ("- {to: FOB, from: ship_to.town}", r"site.yaml:3: source 'ship_to.town': 'town' is no field of Address"),
        ("- {to: FOB, from: 'lines[].sku'}", r"site.yaml:3: source 'lines\[\].sku': lines\[\] is not what"),
        ("- {to: FOB, from: order_number, with: shout}", r"site.yaml:3: no converter is called 'shout'; there are"),
        ("- {to: FOB, from: order_number, with: {cut: 3}}", r"site.yaml:3: converter cut: too many positional"),
        ("- {to: FOB, from: order_number, with: {lookup: fobs}}", r"'fobs' is no table of the lane"),
        ("- {to: FOB, from: order_number, with: {words: x}}", r"the template 'x' needs one \{\}"),
        ("- {to: FOB, from: totals.tax, with: cut}", r"site.yaml:3: cut takes str, and totals.tax is Decimal"),
        ("- {to: FOB, from: totals.tax}", r"site.yaml:3: FOB holds a text, and this gives a number"),
        ("- {to: FOB, from: ship_to}", r"ship_to is Address, which needs a converter"),
        ("- {to: [FOB, Comment], from: order_number}", r"only a converter can fill several columns"),
        ("- {to: [FOB, Comment], from: ship_to, with: address}", r"address fills 8 columns, and `to` lists 2"),
        ("- {to: FOB, from: order_number, when: by_magic}", r"no condition is called 'by_magic'; there are"),
        ("- {to: FOB, from: order_number, when: {version: one}}", r"version is int and never equals 'one'"),
        ("- {to: FOB, from: order_number, when: {colour: red}}", r"'colour' is no field of Order"),
        ("- {to: FOB}", r"site.yaml:3: the row sets nothing"),
        ("- {to: FOB, default: 7}", r"FOB holds text, and 7 is not text; put it in quotes"),
        ("- {to: FOB, default: far too long for it}", r"FOB takes 15 characters"),
        ("- {to: BatchEmail, default: 'X'}", r"BatchEmail takes only N, Y"),
        ("- {to: PromotedDate, default: today}", r"no column PromotedDate in this version"),
        ("- {to: ShipExpireDate, default: today}", r"'today' is not of the form YYYYMMDD"),
        ("- {to: Weight, default: 1.5}", r"1.5 is no exact number; write it in quotes"),
        ("- {to: Weight, default: '1.505'}", r"Weight holds 2 decimals"),
        ("- {to: Weight, default: '12345678901'}", r"Weight holds numbers below"),
        ("- {from: order_number}", r"site.yaml:3: the row has no `to:`"),
        ("- {to: FOB, form: order_number}", r"site.yaml:3: unknown key 'form'; use one of default, from"),
        ("- {to: FOB, to: Comment}", r"site.yaml:3: 'to' stands here twice"),
        ("- {to: 7}", r"site.yaml:3: expected text, not 7; put it in quotes"),
        ("- {to: FOB, with: {cut: 1, words: 2}}", r"`with` names one converter"),
        ("- FOB", r"site.yaml:3: expected `key: value` pairs here"),
        ("- {to: FOB, default: a}\n- {to: FOB, default: b}", r"site.yaml:4: FOB is set at site.yaml:3 already"),
    ],
)
def test_a_wrong_row_names_its_file_and_line(tmp_path: Path, row: str, complaint: str) -> None:
    with pytest.raises(Misconfigured, match=complaint):
        load(header_rows(tmp_path, row))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "site.yaml: is empty; begin with"),
        ("header: []\n", "site.yaml:1: has no `document:`"),
        ("document: order\nheaders: []\n", "site.yaml:2: unknown key 'headers'"),
        ("document: order\nlines:\n  - {to: FOB, default: x}\n", "SO_SalesOrderDetail has no column FOB"),
        ("document: order\nheader: {}\n", "site.yaml:2: expected a list here"),
        ("document: [order\n", "is no YAML"),
        ("document: weather\n", "no document is called 'weather'; write order or customer"),
        ("document: order\ndrop:\n  header:\n    - FOB\n", "site.yaml:4: no row of header sets FOB"),
        ("document: order\ndrop: {header: [CustomerNo]}\n", "CustomerNo must be set first(.|\n)*requires CustomerNo"),
        ("document: customer\ndrop: {header: [CustomerName]}\n", "Sage requires CustomerName of AR_Customer"),
        (
            "document: customer\nlines:\n  - {to: FOB, default: x}\n",
            "unknown key 'lines'; use one of document, drop, header",
        ),
    ],
)
def test_a_wrong_file_is_said_so(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(Misconfigured, match=complaint):
        load(overlay(tmp_path, text))


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as wrong:
        load(header_rows(tmp_path, "- {to: Coment, from: comments}\n- {to: FOB, from: nowhere}"))
    assert [text.split(": ")[0] for text in str(wrong.value).splitlines()] == ["site.yaml:3", "site.yaml:4"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"none.yaml: cannot be read \(No such file"):
        load(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("lane", "complaint"),
    [({"warehouse": "0001"}, r"order.clarity.sage100.yaml:\d+: .*WarehouseCode takes 3"), ({"division": ""}, "set it")],
)
def test_the_lanes_own_settings_are_checked_at_start(lane: dict[str, str], complaint: str) -> None:
    with pytest.raises(Misconfigured, match=complaint):
        MappingSet.load(LaneMapping(**lane), DICTIONARY)  # type: ignore[arg-type]


def test_an_overlay_adds_changes_and_drops_rows_in_place(tmp_path: Path) -> None:
    path = overlay(
        tmp_path,
        """
        document: order
        drop:
          header: [ConfirmTo, ShipToName]
        header:
          - {to: Comment, from: order_number}
          - {to: UDF_GIFT, from: comments, with: cut, when: {status: Processing}}
          - {to: BillToCity, from: bill_to.city, with: cut}
        """,
    )
    shipped = MappingSet.load(LANE, DICTIONARY).map_order(order(comments="Happy birthday, Ann!!"), CONTEXT)
    changed = load(path).map_order(order(comments="Happy birthday, Ann!!"), CONTEXT)
    expected = {**shipped.header, "Comment": "100234", "UDF_GIFT": "Happy birthday, Ann!"}
    del expected["ConfirmTo"], expected["ShipToName"]
    assert changed.header == expected
    assert list(changed.header)[-1] == "UDF_GIFT"
    assert list(changed.header).index("Comment") < list(changed.header).index("PaymentType")
    assert changed.version != shipped.version


@pytest.mark.parametrize("version", ["4.40", "2018", "2023", "2025", "2026"])
def test_the_shipped_files_fit_every_version(version: str) -> None:
    result = MappingSet.load(LANE, SageDictionary.load(version)).map_order(order(), CONTEXT)
    assert result.header["CustomerNo"] == "ACME"


def test_an_empty_overlay_changes_only_the_version(tmp_path: Path) -> None:
    shipped = MappingSet.load(LANE, DICTIONARY).map_order(order(), CONTEXT)
    same = load(overlay(tmp_path, "document: order\n")).map_order(order(), CONTEXT)
    assert (same.header, same.lines) == (shipped.header, shipped.lines)
    again = load(overlay(tmp_path, "document: order\n")).map_order(order(), CONTEXT)
    assert same.version == again.version != shipped.version


@pytest.mark.parametrize(
    ("row", "guest", "expected"),
    [
        ("- {to: FOB, default: WEB, when: by_guest}", True, "WEB"),
        ("- {to: FOB, default: WEB, when: by_guest}", False, None),
        ("- {to: FOB, from: comments, default: none}", False, "none"),
        ("- {to: FOB, from: [comments, order_number]}", False, "100234"),
        ("- {to: ResidentialAddress, from: customer.is_guest}", True, "Y"),
        ("- {to: ResidentialAddress, from: customer.is_guest}", False, "N"),
        ("- {to: ShipExpireDate, from: updated_at}", False, "20260301"),
    ],
)
def test_conditions_defaults_and_plain_types(tmp_path: Path, row: str, guest: bool, expected: str | None) -> None:
    given = order()
    given = given.model_copy(update={"customer": given.customer.model_copy(update={"is_guest": guest})})
    header = load(header_rows(tmp_path, row)).map_order(given, CONTEXT).header
    column = row.removeprefix("- {to: ").partition(",")[0]
    assert header.get(column) == expected
