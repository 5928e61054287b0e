"""What an account is told of a customer's codes: the lane's words, and nothing that Sage does not say."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.documents import CustomerTerms
from bridge.flows.price import PriceRules
from bridge.flows.terms import Standing, TermsRules, Words, terms_for
from bridge.ledger.rows import Record
from bridge.ledger.store import Database
from bridge.ports.erp import FieldValue
from bridge.ports.reading import ErpRow
from mappings.addresses import iso_country
from mappings.terms import TermsView
from tests.builders import a_customer
from tests.unit import mapping_samples

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
CODES = st.one_of(st.none(), st.text(min_size=1, max_size=15))


@pytest.fixture
def account(sqlite_database: Database) -> Record:
    """The account c1, which is customer ACME."""
    return a_customer(sqlite_database, "c1", number="ACME")


def terms(account: Record, **columns: FieldValue) -> CustomerTerms:
    """What the account is shown of such a customer."""
    facts: dict[str, FieldValue] = {"ARDivisionNo": "00", "CustomerNo": "ACME", **columns}
    view = TermsView(mapping_samples.LANE, TermsRules(), PriceRules().list_of)
    [figure] = view.figures([ErpRow("00|ACME", facts)], {"ACME": [account]}, NOON)
    assert isinstance(figure.document, CustomerTerms)
    assert figure.owner == account
    return figure.document


def test_a_customer_of_whom_nothing_is_said_has_no_terms_and_no_hold(account: Record) -> None:
    bare = CustomerTerms(customer_id="c1", account_number="ACME", is_on_hold=False, tax_exempt=False)
    assert terms(account) == bare
    assert terms(account, TaxExemptNo="", SalespersonDivisionNo="", SalespersonNo="", PriceLevel="") == bare


@pytest.mark.parametrize(
    ("columns", "field", "value"),
    [
        ({"CreditLimit": Decimal("2500.00")}, "credit_limit", Decimal(2500)),
        ({"CreditLimit": Decimal(0)}, "credit_limit", None),
        ({"CreditHold": "Y"}, "is_on_hold", True),
        ({"TaxSchedule": "WI"}, "tax_exempt", False),
        ({"TaxSchedule": "NONTAX"}, "tax_exempt", True),
        ({"TaxSchedule": "WI", "TaxExemptNo": "77"}, "tax_exempt", True),
        ({"SalespersonNo": "0100"}, "salesperson", "0100"),
        ({"SalespersonDivisionNo": "01", "SalespersonNo": "0100"}, "salesperson", "01-0100"),
    ],
)
def test_a_column_says(account: Record, columns: dict[str, FieldValue], field: str, value: object) -> None:
    assert getattr(terms(account, **columns), field) == value


@pytest.mark.parametrize(("code", "iso"), [("USA", "US"), ("CAN", "CA"), ("DE", "DE"), ("XKX", None), ("UK", "GB")])
def test_a_country_by_its_iso_code(code: str, iso: str | None) -> None:
    lane = mapping_samples.LANE.model_copy(update={"countries": {"GB": "UK"}})
    assert (iso_country(code, lane), iso_country(None, lane)) == (iso, None)


@given(st.one_of(st.none(), st.decimals(0, 10**9, places=2)), CODES, CODES, st.booleans())
def test_the_rules_never_invent_a_limit_or_an_exemption(
    limit: Decimal | None, schedule: str | None, number: str | None, is_on_hold: bool
) -> None:
    standing = Standing("00", "ACME", is_on_hold, limit, None, schedule, number, None, None)
    made = terms_for("c1", standing, Words(None, None), (), untaxed_schedule="NONTAX")
    assert made.credit_limit in {None, limit}
    assert (made.credit_limit is None) == (not limit)
    assert made.tax_exempt == (number is not None or schedule == "NONTAX")
    assert made.is_on_hold is is_on_hold
