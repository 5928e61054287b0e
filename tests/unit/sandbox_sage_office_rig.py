"""What the tests of Sage's office share: orders to ship, and the sums that must always hold."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from sandbox.sage100.admin import SageAdmin
from sandbox.sage100.layouts import Row
from sandbox.sage100.office import Office
from sandbox.sage100.totals import number, order_total
from tests.unit.sandbox_sage_rig import Clerk, add_line, begin_order, make_sage

ORDER = "0000001"
BOLT, NUT = "000001", "000002"
"""Line keys of the order that `open_shop` makes."""


def open_shop(folder: Path, *, deposit: float = 0, **options: Any) -> tuple[SageAdmin, Office]:
    """A company with one open order of ACME's: 10 bolts at 2.50, 4 nuts at 1.255, freight 5.00, discount 3.00."""
    admin = make_sage(folder, **options)
    admin.office("ABC").enter("CI_Item", ItemCode="BOLT", StandardUnitCost="1.50", ProductLine="HARD")
    bus = begin_order(Clerk(admin).orders(), ORDER, po="PO-7")
    add_line(bus, "BOLT", 10.0)
    add_line(bus, "NUT", 4.0)
    for column, amount in (("FreightAmt", 5.0), ("DiscountAmt", 3.0), ("DepositAmt", deposit)):
        assert bus.nSetValue(column, amount) == 1
    assert bus.nWrite() == 1, bus.sLastErrorMsg
    bus.DropObject()
    return admin, admin.office("ABC")


def only(admin: SageAdmin, table: str) -> Row:
    """The one row that a table has."""
    (row,) = admin.rows("ABC", table)
    return row


def order_lines(admin: SageAdmin) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
    """By line key: ordered, shipped and back-ordered."""
    names = ("QuantityOrdered", "QuantityShipped", "QuantityBackordered")
    return {
        str(line["LineKey"]): (number(line, names[0]), number(line, names[1]), number(line, names[2]))
        for line in admin.rows("ABC", "SO_SalesOrderDetail")
    }


def stock(admin: SageAdmin, item: str = "BOLT") -> tuple[Decimal, Decimal, Decimal]:
    """An item's quantities on hand, on sales orders and on back order."""
    row = next(row for row in admin.rows("ABC", "IM_ItemWarehouse") if row["ItemCode"] == item)
    return (
        number(row, "QuantityOnHand"),
        number(row, "QuantityOnSalesOrder"),
        number(row, "QuantityOnBackOrder"),
    )


def customer(admin: SageAdmin, number: str = "ACME") -> Row:
    """One customer."""
    return next(row for row in admin.customers("ABC") if row["CustomerNo"] == number)


def check_the_books(admin: SageAdmin) -> None:
    """Debits equal credits by register; balances are invoices less payments, and the customer owes their sum."""
    registers: dict[tuple[object, object], Decimal] = {}
    for line in admin.rows("ABC", "GL_DetailPosting"):
        register = line["SourceJournal"], line["JournalRegisterNo"]
        amount = number(line, "DebitAmount") - number(line, "CreditAmount")
        registers[register] = registers.get(register, Decimal(0)) + amount
    assert set(registers.values()) <= {Decimal(0)}
    paid: dict[object, Decimal] = {}
    for payment in admin.rows("ABC", "AR_TransactionPaymentHistory"):
        paid[payment["InvoiceNo"]] = paid.get(payment["InvoiceNo"], Decimal(0)) + number(payment, "TransactionAmt")
    totals = {row["InvoiceNo"]: order_total(row) for row in admin.rows("ABC", "AR_InvoiceHistoryHeader")}
    balances = {row["InvoiceNo"]: number(row, "Balance") for row in admin.rows("ABC", "AR_OpenInvoice")}
    assert balances == {invoice: total - paid.get(invoice, Decimal(0)) for invoice, total in totals.items()}
    assert number(customer(admin), "CurrentBalance") == sum(balances.values())
    received = sum(number(row, "CashAmountApplied") for row in admin.rows("ABC", "AR_CashReceiptsHistory"))
    assert received <= sum(paid.values())


def check_the_stock(admin: SageAdmin) -> None:
    """What left the shelf is what posted invoices shipped; what orders commit is what is not posted of them."""
    invoices = {row["InvoiceNo"] for row in admin.rows("ABC", "SO_InvoiceHeader") if row["InvoiceType"] == "IN"}
    unposted_lines = [row for row in admin.rows("ABC", "SO_InvoiceDetail") if row["InvoiceNo"] in invoices]
    for item, key in (("BOLT", BOLT), ("NUT", NUT)):
        posted = [row for row in admin.rows("ABC", "AR_InvoiceHistoryDetail") if row["ItemCode"] == item]
        unposted = [row for row in unposted_lines if row["ItemCode"] == item]
        gone = sum((number(row, "QuantityShipped") for row in posted), Decimal(0))
        waiting = sum((number(row, "QuantityShipped") for row in unposted), Decimal(0))
        ordered, shipped, back = order_lines(admin).get(key, (Decimal(0),) * 3)
        assert ordered - shipped - back >= 0 <= back
        assert stock(admin, item) == (100 - gone, ordered - shipped - back + waiting, back)
