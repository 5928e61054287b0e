"""Any order whose totals add up either maps, or is refused by field; what maps fits Sage and adds up to the cent."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.documents import Address, CustomerRef, Line, Order, OrderTotals
from bridge.erp.sage100.dictionary import Column, ColumnType, SageDictionary, Table
from bridge.errors import Refused
from bridge.ports.erp import FieldValue
from bridge.rules import check_totals
from mappings import LaneMapping, MapContext, Mapped, MappingSet
from mappings.sums import extension, price_line, to_cent
from tests.unit.mapping_samples import sage_total

_LANE = LaneMapping(tax="line", payment_types_by_kind={"*": ""}, ship_via={"*": ""})
_VERSIONS = {
    version: (dictionary, MappingSet.load(_LANE, dictionary))
    for version in ("4.40", "2018", "2026")
    for dictionary in [SageDictionary.load(version)]
}
_LETTERS = st.characters(codec="utf-8", exclude_categories=["Cs"])
_texts = st.none() | st.text(st.sampled_from("abc XYZ-,.'éŁŠ\n\u00a0") | _LETTERS, max_size=60)
_cents = st.decimals(0, 99999, places=2, allow_nan=False)
_addresses = st.builds(
    Address, name=_texts, company=_texts, line1=_texts, line2=_texts, line3=_texts, city=_texts,
    region_name=_texts, region_code=_texts, postal_code=_texts, country_code=st.sampled_from([None, "US", "GB", "de"]),
)  # fmt: skip


@st.composite
def _lines(draw: st.DrawFn) -> Line:
    quantity = draw(st.decimals("0.0001", 9999, places=4))
    price = draw(st.decimals(0, 9999, places=4) | st.decimals(0, 99, places=2))
    extended = to_cent(quantity * price)
    percent = draw(st.sampled_from([0, 0, 5, 10, 15, 33]) | st.decimals(0, 100, places=2))
    discount = draw(st.just(to_cent(extended * percent / 100)) | st.decimals(0, max(extended, Decimal(0)), places=2))
    return Line(
        id="x", line_number=1, sku=draw(st.sampled_from(["NW-001", "a b", "x" * 30])), quantity=quantity,
        unit_price=price, extended=extended, discount_total=-min(discount, extended),
    )  # fmt: skip


@st.composite
def _orders(draw: st.DrawFn, *, with_texts: bool) -> Order:
    lines = tuple(draw(st.lists(_lines(), min_size=1, max_size=4)))
    off = draw(_cents)
    parts = {
        "items": sum((line.extended for line in lines), Decimal(0)),
        "discounts": sum((line.discount_total for line in lines), Decimal(0)) - off,
        **{name: draw(_cents) for name in ("shipping", "handling", "fees", "tax")},
    }
    text, address = (_texts, _addresses) if with_texts else (st.none(), st.just(Address()))
    return Order(
        source_id="o", order_number=draw(text) or "1", site_id="main", version=1, status="Confirmed",
        placed_at=datetime(2026, 1, 1, tzinfo=UTC), updated_at=datetime(2026, 1, 1, tzinfo=UTC), currency="USD",
        customer=CustomerRef(name=draw(text), email=draw(text)), purchase_order_number=draw(text),
        bill_to=draw(address), ship_to=draw(address), lines=lines,
        totals=OrderTotals(**parts, total=sum(parts.values(), Decimal(0))),
    )  # fmt: skip


def _mapped_or_refused(mappings: MappingSet, order: Order) -> Mapped | Refused:
    try:
        return mappings.map_order(order, MapContext("ACME"))
    except Refused as refusal:
        return refusal


def _assert_fits(columns: dict[str, FieldValue], table: Table) -> None:
    for name, value in columns.items():
        column = table.columns[name]
        assert not column.is_read_only
        assert not column.values or value in column.values
        _assert_number(column, value) if column.type is ColumnType.NUMBER else _assert_text(column, value)


def _assert_number(column: Column, value: FieldValue) -> None:
    assert isinstance(value, Decimal)
    assert round(value, column.scale) == value
    assert column.whole_digits is not None
    assert abs(value) < 10**column.whole_digits


def _assert_text(column: Column, value: FieldValue) -> None:
    assert isinstance(value, str)
    assert value
    assert column.width is not None
    assert len(value) <= column.width
    assert b"\x8a" not in value.encode("cp1252"), "the separator of Sage's own records"
    assert value.isprintable()


@pytest.mark.parametrize("version", _VERSIONS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(order=_orders(with_texts=False))
def test_sages_total_is_the_storefronts_to_the_cent(version: str, order: Order) -> None:
    dictionary, mappings = _VERSIONS[version]
    assert check_totals(order) is None
    mapped = mappings.map_order(order, MapContext("ACME"))
    _assert_fits(mapped.header, dictionary.table("SO_SalesOrderHeader"))
    for columns in mapped.lines:
        _assert_fits(columns, dictionary.table("SO_SalesOrderDetail"))
    assert sage_total(mapped) == order.totals.total


@pytest.mark.parametrize("version", _VERSIONS)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(order=_orders(with_texts=True))
def test_any_text_fits_or_is_refused_by_field(version: str, order: Order) -> None:
    dictionary, mappings = _VERSIONS[version]
    result = _mapped_or_refused(mappings, order)
    if isinstance(result, Refused):
        assert result.field
        assert result.code in {"too_long", "characters", "unmapped"}
    else:
        _assert_fits(result.header, dictionary.table("SO_SalesOrderHeader"))


@settings(max_examples=150, deadline=None)
@given(line=_lines())
def test_a_line_always_comes_out_at_its_net(line: Line) -> None:
    net = line.extended + line.discount_total
    found = price_line(line.quantity, line.unit_price, net)
    assert extension(line.quantity, found.unit_price, found.percent) + found.remainder == net
