"""An order's sums, as Sage works them out (reference 2.2: the total's columns; the tax columns are its own)."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from sandbox.sage100.layouts import Cell, Row, rounded

_ZERO = Decimal(0)
_COMMENT, _CHARGE = "4", "3"
_NON_TAXABLE = "NT"


def number(row: Mapping[str, Cell], name: str) -> Decimal:
    """A number column, 0 where it is unset."""
    return Decimal(row.get(name, _ZERO))


def extension(line: Mapping[str, Cell]) -> Decimal:
    """A line's amount: quantity x price less the line discount, to the cent, halves up; a charge has its own."""
    if line.get("ItemType") == _COMMENT:
        return _ZERO
    quantity = number(line, "QuantityOrdered")
    if line.get("ItemType") == _CHARGE and not quantity:
        return number(line, "ExtensionAmt")
    share = 1 - number(line, "LineDiscountPercent") / 100
    return rounded(quantity * number(line, "UnitPrice") * share, 2)


def sums(header: Mapping[str, Cell], lines: Iterable[Mapping[str, Cell]], *, tax_rate: Decimal, net: bool) -> Row:
    """The header's amounts. `tax_rate` is per cent; `net` says that the order discount lowers the taxed amount."""
    taxable = untaxed = _ZERO
    for line in lines:
        if line.get("TaxClass") == _NON_TAXABLE:
            untaxed += extension(line)
        else:
            taxable += extension(line)
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
