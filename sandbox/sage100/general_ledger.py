"""What a register posts to the general ledger: debits and credits that balance (reference 2.10, 2.11).

The accounts are a small company's and inferred, as are the letters of the cash receipts journal.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from sandbox.sage100.books import Books
from sandbox.sage100.layouts import Row

Account = Literal["cash", "receivable", "inventory", "tax", "sales", "freight", "discount", "cost", "cash_discount"]

ACCOUNTS: dict[Account, tuple[str, str, str]] = {
    "cash": ("000000101", "101-00", "Cash in bank"),
    "receivable": ("000000111", "111-00", "Accounts receivable"),
    "inventory": ("000000121", "121-00", "Inventory"),
    "tax": ("000000221", "221-00", "Sales tax payable"),
    "sales": ("000000401", "401-00", "Sales"),
    "freight": ("000000411", "411-00", "Freight charged"),
    "discount": ("000000421", "421-00", "Sales discounts"),
    "cost": ("000000501", "501-00", "Cost of goods sold"),
    "cash_discount": ("000000431", "431-00", "Cash discounts taken"),
}
"""By purpose: the AccountKey, the account as people write it, and its name."""


@dataclass(frozen=True)
class _Entry:
    """One amount for one account: a debit above 0, a credit below."""

    account: Account
    amount: Decimal
    document_no: str
    document_type: str


class Register:
    """One run of a journal, under one number. Nothing is in the ledger before `post`."""

    def __init__(self, books: Books, *, module: str, journal: str) -> None:
        self._books = books
        self._module, self.journal = module, journal
        self.number = books.next_number("JournalNo", 6)
        self._entries: list[_Entry] = []

    def enter(self, account: Account, amount: Decimal, *, document_no: str, document_type: str = "") -> None:
        """Debits the account, or credits it with an amount below 0; an amount of 0 leaves no line."""
        if amount:
            self._entries.append(_Entry(account, amount, document_no, document_type))

    def post(self) -> None:
        """Writes the lines, dated today. Raises ValueError where debits and credits differ."""
        difference = sum((entry.amount for entry in self._entries), Decimal(0))
        if difference:
            raise ValueError(f"register {self.journal} {self.number} is out of balance by {difference}")
        is_summary = self._books.options.gl_posting == "summary"
        for sequence, entry in enumerate(self._summed() if is_summary else self._entries, start=1):
            self._books.save("GL_DetailPosting", self._line(entry, sequence))

    def _summed(self) -> list[_Entry]:
        """One debit and one credit for each account, of no document."""
        totals: dict[tuple[Account, bool], Decimal] = {}
        for entry in self._entries:
            side = entry.account, entry.amount > 0
            totals[side] = totals.get(side, Decimal(0)) + entry.amount
        return [_Entry(account, amount, "", "") for (account, _), amount in totals.items()]

    def _line(self, entry: _Entry, sequence: int) -> Row:
        key, _, description = ACCOUNTS[entry.account]
        today = self._books.today
        return {
            "AccountKey": key,
            "PostingDate": today,
            "SourceJournal": self.journal,
            "JournalRegisterNo": self.number,
            "SequenceNo": f"{sequence:014}",
            "SourceModule": self._module,
            "DocumentNo": entry.document_no,
            "DocumentType": entry.document_type,
            "DebitAmount": max(entry.amount, Decimal(0)),
            "CreditAmount": max(-entry.amount, Decimal(0)),
            "PostingComment": description,
            "LineDate": today,
        }
