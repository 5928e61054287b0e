"""The sums of orders and invoices, as Sage works them out (reference 2.2: the total's columns; tax is its own)."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from sandbox.sage100.layouts import Cell, Row, rounded

_ZERO = Decimal(0)
_COMMENT, _CHARGE = "4", "3"
_NON_TAXABLE = "NT"


def number(row: Mapping[str, Cell], name: str) -> Decimal:
    """A number column, 0 where it is unset."""
    return Decimal(row.get(name, _ZERO))


def extension(line: Mapping[str, Cell], quantity: Decimal | None = None) -> Decimal:
    """The amount of a line, or of `quantity` of it: times the price less the line discount, to the cent, halves up.

    A comment has none; a charge without a quantity has its own amount.
    """
    if line.get("ItemType") == _COMMENT:
        return _ZERO
    if line.get("ItemType") == _CHARGE and not number(line, "QuantityOrdered"):
        return number(line, "ExtensionAmt")
    counted = number(line, "QuantityOrdered") if quantity is None else quantity
    share = 1 - number(line, "LineDiscountPercent") / 100
    return rounded(counted * number(line, "UnitPrice") * share, 2)


def sums(header: Mapping[str, Cell], lines: Iterable[Mapping[str, Cell]], *, tax_rate: Decimal, net: bool) -> Row:
    """The header's amounts, out of what each line comes to (`ExtensionAmt`).

    `tax_rate` is per cent; `net` says that the order discount lowers the taxed amount.
    """
    taxable = untaxed = _ZERO
    for line in lines:
        if line.get("TaxClass") == _NON_TAXABLE:
            untaxed += number(line, "ExtensionAmt")
        else:
            taxable += number(line, "ExtensionAmt")
    goods = taxable + untaxed
    discount = number(header, "DiscountAmt") or rounded(goods * number(header, "DiscountRate") / 100, 2)
    taxed = taxable - (discount * taxable / goods if net and goods else _ZERO)
    return {
        "TaxableAmt": rounded(taxable, 2),
        "NonTaxableAmt": rounded(untaxed, 2),
        "SalesTaxAmt": rounded(taxed * tax_rate / 100, 2),
        "DiscountAmt": discount,
    }


def order_total(header: Mapping[str, Cell]) -> Decimal:
    """Taxable + non-taxable + tax + freight - discount (reference 2.2)."""
    added = ("TaxableAmt", "NonTaxableAmt", "SalesTaxAmt", "FreightAmt")
    return sum((number(header, name) for name in added), _ZERO) - number(header, "DiscountAmt")
