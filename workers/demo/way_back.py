"""The way back in the demo: one order is shipped, invoiced and paid in Sage, and its storefront comes to show it."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from rich.console import Console

from sandbox.sage100.packages import Package
from sandbox.sage100.totals import number as number_in
from workers.stage.account import Placed
from workers.stage.stage import Stage
from workers.stage.waiting import TookTooLong, until

_PATIENCE_S = 180.0
_CARRIER = "UPS GROUND"
_TRACKING = "1Z-DEMO"


def walk_back(stage: Stage, orders: Iterable[Placed], console: Console) -> str | None:
    """Lets people in Sage ship, invoice and post the first order of which something is owed, and take its payment.

    The number of that order once its site shows all of it; None, with what is missing told, when it does not in time.
    """
    order = next((each for each in orders if each.sage_numbers and not _is_paid(stage, each)), None)
    if order is None:
        console.print("[red]Sage has no order of which something is owed[/]")
        return None
    number = order.sage_numbers[0]
    office = stage.sage.office(order.shop.company)
    invoice = office.ship(number, packages=[Package(_TRACKING, _CARRIER)])
    office.post()
    [owed] = [row for row in stage.sage.rows(order.shop.company, "AR_OpenInvoice") if row["InvoiceNo"] == invoice]
    office.receive_cash(invoice, Decimal(str(owed["Balance"])))
    console.print(f"in Sage {number} was shipped ({_TRACKING}), invoiced as {invoice}, posted and paid")

    def shown(what: str) -> list[dict[str, Any]]:
        found = stage.control(order.shop, "GET", "/shown")[what]
        return [each for each in found if each.get("orderId") == order.order_id]

    steps: dict[str, Callable[[], bool]] = {
        "a shipment with its tracking number": lambda: bool(shown("shipments")),
        "the invoice, paid": lambda: any(each["state"] == "paid" for each in shown("invoices")),
        "the payment": lambda: bool(shown("payments")),
    }
    for what, is_shown in steps.items():
        try:
            until(is_shown, what, _PATIENCE_S)
        except TookTooLong:
            console.print(f"[red]the site does not show {what} of {order.order_number}[/]")
            return None
        console.print(f"the site shows {what} of {order.order_number}")
    return order.order_number


def _is_paid(stage: Stage, order: Placed) -> bool:
    """Whether the storefront has taken its money already, so that Sage has a deposit of it."""
    rows = stage.sage.rows(order.shop.company, "SO_SalesOrderHeader")
    return any(row["SalesOrderNo"] == order.sage_numbers[0] and number_in(row, "DepositAmt") for row in rows)
