"""What customers owe: open invoices, and the cash that is received for them (reference 2.10).

Payments are positive amounts of TransactionType P; that letter, the deposit type C, and that more than the balance is
refused are inferred. A credit memo is an open item of its own with a balance below 0.
"""

from dataclasses import dataclass
from decimal import Decimal

from sandbox.sage100.books import Books
from sandbox.sage100.commitments import add_to_customer
from sandbox.sage100.general_ledger import Register
from sandbox.sage100.layouts import Row
from sandbox.sage100.totals import number

FIRST_HEADER = "000000"
"""HeaderSeqNo of an invoice as it was first posted."""

_PAID, _CASH_DEPOSIT, _BANK = "P", "C", "A"
_ITEM_KEY = ("ARDivisionNo", "CustomerNo", "InvoiceNo", "InvoiceType")


@dataclass(frozen=True)
class Receipt:
    """A payment of `amount`, and the cash discount that the customer took with it."""

    amount: Decimal
    discount: Decimal = Decimal(0)
    payment_type: str = "CHECK"
    check_no: str = ""

    @property
    def applied(self) -> Decimal:
        """What the invoice's balance goes down by."""
        return self.amount + self.discount


def open_item(books: Books, posted: Row, total: Decimal) -> None:
    """A posted invoice or credit memo is owed, less the deposit that came with its order. `posted` is its header."""
    deposit = number(posted, "DepositAmt")
    books.save("AR_OpenInvoice", {
        **posted,
        "Balance": total - deposit,
        "PostingDate": posted["TransactionDate"],
        "InvoiceHistoryHeaderSeqNo": posted["HeaderSeqNo"],
    })  # fmt: skip
    today = books.today
    add_to_customer(books, posted, {"CurrentBalance": total - deposit}, {"DateLastActivity": today}, stamped=True)
    if not deposit:
        return
    books.save("AR_InvoiceHistoryPayment", {**posted, "PaymentSeqNo": "000001", "TransactionAmt": deposit})
    receipt = Receipt(deposit, Decimal(0), str(posted.get("PaymentType", "")), str(posted.get("CheckNoForDeposit", "")))
    _note_payment(books, posted, receipt)


def receive_cash(books: Books, invoice_no: str, receipt: Receipt) -> str:
    """Applies a payment to a posted invoice; gives the number of the deposit that it came in.

    A second identical call is a second payment. Raises KeyError for an invoice that is not posted, ValueError for an
    amount that is not above 0, a discount below it, or more than the balance.
    """
    posted = books.existing("AR_InvoiceHistoryHeader", invoice_no, FIRST_HEADER)
    item = books.existing("AR_OpenInvoice", *(str(posted[name]) for name in _ITEM_KEY))
    balance = number(item, "Balance")
    if receipt.amount <= 0 or receipt.discount < 0 or receipt.applied > balance:
        raise ValueError(f"invoice {invoice_no} has a balance of {balance}: {receipt.applied} cannot be applied")
    books.save("AR_OpenInvoice", {**item, "Balance": balance - receipt.applied})
    deposit_no = books.next_number("DepositNo", 5)
    _keep_receipt(books, item, deposit_no, receipt)
    _note_payment(books, item, receipt)
    today = books.today
    changes = {"CurrentBalance": -receipt.applied}
    paid: Row = {"DateLastActivity": today, "DateLastPayment": today, "LastPaymentAmt": receipt.amount}
    add_to_customer(books, item, changes, paid, stamped=True)
    register = Register(books, module="AR", journal="CR")
    register.enter("cash", receipt.amount, document_no=deposit_no)
    register.enter("cash_discount", receipt.discount, document_no=deposit_no)
    register.enter("receivable", -receipt.applied, document_no=deposit_no)
    register.post()
    return deposit_no


def _keep_receipt(books: Books, item: Row, deposit_no: str, receipt: Receipt) -> None:
    books.save("AR_CashReceiptsHistory", {
        **item,
        "BankCode": _BANK,
        "DepositDate": books.today,
        "DepositNo": deposit_no,
        "DepositType": _CASH_DEPOSIT,
        "CheckNo": receipt.check_no,
        "SequenceNo": "000001",
        "PostingDate": books.today,
        "CashAmountApplied": receipt.amount,
        "DiscountAmountApplied": receipt.discount,
        "PaymentType": receipt.payment_type,
    })  # fmt: skip


def _note_payment(books: Books, item: Row, receipt: Receipt) -> None:
    """The payment among the invoice's own transactions: one row for cash and discount together."""
    key = *(str(item[name]) for name in _ITEM_KEY), books.today
    sequence = len(books.rows("AR_TransactionPaymentHistory", *key)) + 1
    books.save("AR_TransactionPaymentHistory", {
        **item,
        "TransactionDate": books.today,
        "SequenceNo": f"{sequence:06}",
        "TransactionType": _PAID,
        "PaymentDate": books.today,
        "PaymentType": receipt.payment_type,
        "CheckNo": receipt.check_no,
        "TransactionAmt": receipt.applied,
    })  # fmt: skip
