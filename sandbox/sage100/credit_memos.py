"""Credit memos: goods that come back, on an unposted invoice of type CM (reference 2.9).

Its quantities and amounts are below 0 and it names the order of the invoice that it credits; both are inferred.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from sandbox.sage100.books import Books
from sandbox.sage100.layouts import Row, rounded
from sandbox.sage100.receivables import FIRST_HEADER
from sandbox.sage100.shipping import charge
from sandbox.sage100.totals import extension, number

_ZERO = Decimal(0)


def enter_credit(books: Books, invoice_no: str, quantities: Mapping[str, Decimal] | None = None) -> str:
    """Makes an unposted credit memo for a posted invoice, and gives its number; posting puts the goods back in stock.

    `quantities` are by DetailSeqNo of invoice history; without them the whole invoice is credited, with its freight.
    A second identical call is a second credit. Raises KeyError for an invoice or line that is not there, ValueError
    for more than was shipped.
    """
    posted = books.existing("AR_InvoiceHistoryHeader", invoice_no, FIRST_HEADER)
    lines = {str(line["DetailSeqNo"]): line for line in books.rows("AR_InvoiceHistoryDetail", invoice_no, FIRST_HEADER)}
    whole = {key: number(line, "QuantityShipped") for key, line in lines.items()}
    returned = whole if quantities is None else dict(quantities)
    for key, quantity in returned.items():
        if not 0 <= quantity <= whole[key]:
            raise ValueError(f"line {key} of invoice {invoice_no} has {whole[key]}, not {quantity}")
    number_width = books.store.layout("SO_InvoiceHeader").key[0].width
    memo_no = books.next_number("InvoiceNo", number_width)
    details = [
        _returned_line(lines[key], -quantity, memo_no, place)
        for place, (key, quantity) in enumerate(sorted(returned.items()), start=1)
    ]
    memo: Row = {
        **posted,
        "InvoiceNo": memo_no,
        "InvoiceType": "CM",
        "ApplyToInvoiceNo": invoice_no,
        "InvoiceDate": books.today,
        "ShipStatus": "N",
        "NumberofPackages": _ZERO,
        "FreightAmt": _ZERO if quantities else -number(posted, "FreightAmt"),
        "DepositAmt": _ZERO,
        "DiscountAmt": _discount_share(posted, list(lines.values()), details),
    }
    charge(books, memo, details)
    books.save("SO_InvoiceHeader", memo)
    for detail in details:
        books.save("SO_InvoiceDetail", detail)
    return memo_no


def _returned_line(line: Row, quantity: Decimal, memo_no: str, place: int) -> Row:
    """A line of the memo; a charge without a quantity is credited whole."""
    is_counted = bool(number(line, "QuantityShipped"))
    return {
        **line,
        "InvoiceNo": memo_no,
        "LineKey": f"{place:06}",
        "QuantityOrdered": quantity,
        "QuantityShipped": quantity,
        "QuantityBackordered": _ZERO,
        "ExtensionAmt": extension(line, quantity) if is_counted else -number(line, "ExtensionAmt"),
    }


def _discount_share(posted: Row, lines: Sequence[Row], details: Sequence[Row]) -> Decimal:
    goods = sum((number(line, "ExtensionAmt") for line in lines), _ZERO)
    returned = sum((number(line, "ExtensionAmt") for line in details), _ZERO)
    return rounded(number(posted, "DiscountAmt") * returned / goods, 2) if goods else _ZERO
