"""What counts as drift: every field that is not the same, and nothing else."""

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bridge.documents import Address, CustomerTerms, ShipTo
from bridge.flows.drift import differences

WORDS = st.one_of(st.none(), st.sampled_from(["Net 30", "Prepaid"]))
FIELDS = st.fixed_dictionaries(
    {
        "is_on_hold": st.booleans(), "tax_exempt": st.booleans(), "terms": WORDS, "salesperson": WORDS,
        "credit_limit": st.one_of(st.none(), st.decimals(0, 100, places=2)),
    }
)  # fmt: skip
SHIP_TO = ShipTo(code="DOCK", address=Address(city="Austin"))


def terms(**fields: Any) -> CustomerTerms:
    return CustomerTerms.model_validate(
        {"customer_id": "c1", "account_number": "ACME", "is_on_hold": False, "tax_exempt": False, **fields}
    )


@given(FIELDS, FIELDS)
def test_every_field_that_differs_is_told_and_no_other(here: dict[str, Any], there: dict[str, Any]) -> None:
    found = differences(terms(**here), terms(**there))
    assert set(found) == {name for name in here if here[name] != there[name]}


def test_an_amount_is_the_same_however_it_is_written() -> None:
    assert differences(terms(credit_limit=Decimal("5000")), terms(credit_limit=Decimal("5000.00"))) == {}


def test_a_drift_says_what_the_site_had_and_what_the_erp_has() -> None:
    assert differences(terms(ship_to=(SHIP_TO,)), terms()).keys() == {"ship_to"}
    assert differences(terms(credit_limit=Decimal(5)), terms()) == {
        "credit_limit": "the site had credit_limit none, the ERP has 5"
    }
