"""When an invoice is due (reference 2.5: terms codes have days before the due and the discount date)."""

from datetime import datetime, timedelta

from sandbox.sage100.books import Books
from sandbox.sage100.totals import number


def due_days(books: Books, terms_code: str, invoice_day: str) -> tuple[str, str]:
    """The due day and the last day of the discount, both YYYYMMDD. Unknown terms are due at once."""
    terms = books.get("AR_TermsCode", terms_code) or {}
    start = datetime.strptime(invoice_day, "%Y%m%d")  # noqa: DTZ007 - a day has no zone
    waits = (int(number(terms, column)) for column in ("DaysBeforeDue", "DaysBeforeDiscountDue"))
    due, discount_due = ((start + timedelta(days=days)).strftime("%Y%m%d") for days in waits)
    return due, discount_due
