"""What the ledger keeps of a mapped document is what the ERP gets: exact numbers, text as text, columns in order."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.ports.erp import FieldValue
from bridge.writing.mapped import CUSTOMER_PLACEHOLDER, Mapped, with_customer

VALUES: st.SearchStrategy[FieldValue] = st.text() | st.decimals(allow_nan=False, allow_infinity=False)
COLUMNS = st.dictionaries(st.text(min_size=1), VALUES, max_size=5)


@given(header=COLUMNS, lines=st.lists(COLUMNS, max_size=3))
def test_it_reads_back_as_it_was_kept(header: dict[str, FieldValue], lines: list[dict[str, FieldValue]]) -> None:
    mapped = Mapped(header, tuple(lines))
    again = Mapped.from_json(mapped.to_json())
    assert again == mapped
    assert [list(columns.items()) for columns in (again.header, *again.lines)] == [
        list(columns.items()) for columns in (mapped.header, *mapped.lines)
    ]
    assert again.content_hash() == mapped.content_hash()


def test_text_that_looks_like_a_number_stays_text() -> None:
    again = Mapped.from_json(Mapped({"PO": "007", "Amount": Decimal("7.10"), "Large": Decimal("1E+3")}).to_json())
    assert again.header == {"PO": "007", "Amount": Decimal("7.10"), "Large": Decimal(1000)}
    assert [type(value) for value in again.header.values()] == [str, Decimal, Decimal]


def test_a_change_of_one_column_is_another_content() -> None:
    hashes = {Mapped({"PO": value}).content_hash() for value in ("1", "2", Decimal(1))}
    assert len(hashes) == 3


def test_the_customers_number_takes_its_place() -> None:
    mapped = Mapped({"CustomerNo": CUSTOMER_PLACEHOLDER, "PO": "1"}, ({"ItemCode": "A"},))
    assert with_customer(mapped, "ACME") == Mapped({"CustomerNo": "ACME", "PO": "1"}, mapped.lines)
    with pytest.raises(ValueError, match="has no number yet"):
        with_customer(mapped, None)
    known = Mapped({"CustomerNo": "ACME"})
    assert with_customer(known, None) is known
