"""Values on their way to and from COM."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.erp.sage100.com import load_factory, return_code
from bridge.erp.sage100.values import com_name, com_value, number_of, split_rows, text_of
from bridge.erp.sage100.wire import columns_from_wire, columns_to_wire
from bridge.errors import Misconfigured, Refused


def test_text_columns_carry_the_mark_and_numbers_do_not() -> None:
    assert com_name("CustomerNo", "ACME") == "CustomerNo$"
    assert com_name("UnitPrice", Decimal(1)) == "UnitPrice"


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=6))
def test_every_price_of_six_places_is_carried_exactly(value: Decimal) -> None:
    assert number_of(com_value("UnitPrice", value)) == value


def test_a_number_that_com_would_round_is_refused_by_name() -> None:
    with pytest.raises(Refused) as refused:
        com_value("UnitPrice", Decimal("0.1234567890123456789"))
    assert (refused.value.field, refused.value.value) == ("UnitPrice", "0.1234567890123456789")
    with pytest.raises(Refused):
        com_value("UnitPrice", Decimal("NaN"))


@pytest.mark.parametrize("text", ["a\x8ab", "aŠb", "a\x00b", "漢", "a\x1bb"])
def test_text_that_sage_would_garble_is_refused_by_name(text: str) -> None:
    with pytest.raises(Refused) as refused:
        com_value("ShipToName", text)
    assert (refused.value.field, refused.value.value) == ("ShipToName", text)


def test_text_of_the_code_page_goes_as_it_is() -> None:
    assert com_value("ShipToName", 'Zoë "Z" O’Neil €5;') == 'Zoë "Z" O’Neil €5;'


def test_what_comes_back_loses_only_its_padding() -> None:
    assert text_of("ACME \x00\xa0 ") == "ACME"
    assert text_of(None) == ""
    assert number_of(12.5) == Decimal("12.5")
    assert number_of("") == 0
    with pytest.raises(Refused, match="twelve"):
        number_of("twelve")


def test_joined_rows_are_split_with_and_without_a_separator_at_the_end() -> None:
    assert split_rows("aŠb") == split_rows("a\x8ab\x8a") == ["a", "b"]
    assert split_rows("") == []


def test_columns_cross_the_wire_as_they_were_and_in_order() -> None:
    columns = {"CustomerNo": "12.50", "UnitPrice": Decimal("12.50"), "Comment": ""}
    back = columns_from_wire(columns_to_wire(columns))
    assert list(back.items()) == list(columns.items())
    assert str(back["UnitPrice"]) == "12.50"


def test_a_wire_number_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(Refused) as refused:
        columns_from_wire({"UnitPrice": "cheap"})
    assert refused.value.field == "UnitPrice"


@pytest.mark.parametrize("name", ["win32com-dispatch", "no_such_module:connect", "bridge.errors:no_such", "nonsense"])
def test_a_script_factory_that_cannot_be_had_says_the_way_out(name: str) -> None:
    with pytest.raises(Misconfigured, match="module:function"):
        load_factory(name)


@pytest.mark.parametrize(("result", "code"), [(None, 0), ("", 0), (2, 2), (-1, -1), ("x", 0)])
def test_an_empty_result_counts_as_failure(result: object, code: int) -> None:
    assert return_code(result) == code
