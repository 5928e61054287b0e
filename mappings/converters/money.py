"""Discounts: on a line by percent or price, on the order by its own amount."""

from decimal import Decimal

from bridge.documents import Line, Order
from bridge.erp.sage100.dictionary import ColumnType
from mappings.converters.registry import Binding, Convert, ConvertMany, Value, converter
from mappings.mapped import ChargeLine, Run
from mappings.sums import ZERO, price_line, to_cent


@converter(ColumnType.NUMBER, ColumnType.NUMBER)
def line_price(binding: Binding) -> ConvertMany[Line]:
    """Unit price and discount percent that bring Sage to the line's net; what neither can carry becomes a charge line.

    No percent leaves that column alone.
    """
    path, item = binding.source, binding.lane.charge_items.get("discount")

    def discount_item(line: Line, net: Decimal, run: Run) -> str:
        if net != to_cent(net):
            raise run.refusal(f"{path}.extended", net, "less discount this is no whole number of cents, as Sage's is")
        if item is None:
            text = "no price or percent comes out at this net; add discount to charge_items of this lane"
            raise run.refusal(f"{path}.discount_total", line.discount_total, text, "unmapped")
        return item

    def convert(line: Line, run: Run) -> tuple[Value, ...]:
        net = line.extended + line.discount_total
        price = price_line(line.quantity, line.unit_price, net)
        if price.remainder:
            comment = f"Discount on line {line.line_number}, {line.sku}"
            run.remainders.append(ChargeLine(discount_item(line, net, run), price.remainder, comment))
        return price.unit_price, price.percent or None

    return convert


@converter(ColumnType.NUMBER)
def order_discount(_binding: Binding) -> Convert[Order]:
    """What the order's discounts come to beyond those of its lines, as the positive amount that Sage takes off.

    Zero is given too: a customer's standing discount in Sage must not come on top of the storefront's.
    """

    def convert(order: Order, run: Run) -> Decimal:
        of_lines = sum((line.discount_total for line in order.lines), ZERO)
        amount = of_lines - order.totals.discounts
        if amount < 0:
            text = f"the lines' discounts come to {of_lines}, more than the order's; mend it at the storefront"
            raise run.refusal("totals.discounts", order.totals.discounts, text)
        return amount

    return convert
