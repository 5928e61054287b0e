"""Sage's texts and numbers, and what each comes to."""

import pytest

from bridge.erp.sage100.classify import Meaning, fault_number, field_in, meaning_of_fault, meaning_of_refusal

M = Meaning


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("The Item Code NO-SUCH is not on file.", M.REFUSED),
        ("CustomerPONo is greater than 15 characters.", M.REFUSED),
        ("TaxableAmt is read only", M.REFUSED),
        ("ResidentialAddress failed validation on Y,N", M.REFUSED),
        ("Customer does not exist", M.CUSTOMER_MISSING),
        ("All licensed users are in use.", M.NO_SEAT),
        ("The maximum number of users has been exceeded.", M.NO_SEAT),
        ("No more licenses available.", M.NO_SEAT),
        ("User limit exceeded", M.NO_SEAT),
        ("The logon or password is incorrect.", M.UNAUTHORISED),
        ("Logon failure: no access to this company.", M.UNAUTHORISED),
        ("The user has no permission for this task.", M.UNAUTHORISED),
        ("A system backup is in progress. Try again later.", M.LOCKED),
        ("Period end processing is in progress", M.LOCKED),
        ("The file is open for exclusive use", M.LOCKED),
        ("The journal is being posted by another user", M.LOCKED),
        ("The record is locked, it is in use by another user.", M.BUSY),
        ("Error #0: Record or file is busy.", M.BUSY),
        ("The customer is over the credit limit.", M.REFUSED),
        ("Something nobody has ever seen", M.REFUSED),
    ],
)
def test_a_refusals_text_tells_its_meaning(text: str, meaning: Meaning) -> None:
    assert meaning_of_refusal(text) is meaning


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Item BACKUP is in progress is not on file", "BACKUP is in progress"),
        ("The ship-via users exceeded seats in use is invalid", "users exceeded seats in use"),
        ("Set the tax class up in Item Maintenance first", "TX"),
        ("The posting account of this item is missing", "4000"),
        ("The credit card is not authorized", "4111"),
    ],
)
def test_one_records_words_never_close_or_halt_a_lane(text: str, value: str) -> None:
    assert meaning_of_refusal(text, column="ShipVia", value=value) is M.REFUSED


def test_a_column_cannot_be_refused_for_want_of_a_log_on() -> None:
    assert meaning_of_refusal("The web password is too short", column="UDF_WEB_PASSWORD", value="x") is M.REFUSED


def test_only_the_customers_own_column_means_a_missing_customer() -> None:
    text = "00-NOBODY is not on file."
    assert meaning_of_refusal(text, column="CustomerNo", value="NOBODY") is M.CUSTOMER_MISSING
    assert meaning_of_refusal(text, column="ItemCode", value="NOBODY") is M.REFUSED


@pytest.mark.parametrize(
    ("text", "member", "meaning"),
    [
        ("Error #95: Bad object handle.", "nSetValue", M.BROKEN),
        ("Error #-2147023174: The RPC server is unavailable.", "nWrite", M.BROKEN),
        ("(-2147417848, 'The object invoked has disconnected from its clients.')", "nSetKey", M.BROKEN),
        ("Error #90: Class not found.", "NewObject", M.UNAUTHORISED),
        ("Error 200 in SY_Session.pvc line 120", "NewObject", M.UNAUTHORISED),
        ("Error #0: busy", "nSetKey", M.BUSY),
        ("Error #12: File does not exist: C:\\Home", "Init", M.SET_UP),
        ("Error #110: keyed file", "nWrite", M.LOCKED),
        ("Error #26: variable type mismatch", "nSetValue", M.REFUSED),
        ("(-2147221164, 'Class not registered')", "ProvideX.Script", M.SET_UP),
        ("Error #88: bad property", "nSetValue", M.REFUSED),
        ("Error #88: bad property", "nSetKey", M.BROKEN),
        ("Error #77: never heard of", "nSetKey", M.UNKNOWN),
    ],
)
def test_a_raised_error_tells_its_meaning(text: str, member: str, meaning: Meaning) -> None:
    assert meaning_of_fault(text, member=member) is meaning


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("Could not set SO_SalesOrder_bus column ZipCode$: invalid", "ZipCode"),
        ("The TermsCode is not on file", "TermsCode"),
        ("OrderDate is required", "OrderDate"),
        ("nothing to see", None),
    ],
)
def test_the_field_is_read_out_of_a_text(text: str, field: str | None) -> None:
    assert field_in(text) == field


def test_a_number_is_found_with_and_without_its_mark() -> None:
    assert fault_number("Error #95: x") == 95
    assert fault_number("ERROR 12 in SO.pvc") == 12
    assert fault_number("no number") is None
