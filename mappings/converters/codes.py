"""The storefront's words in the company's codes. A word that no table knows is refused, never guessed."""

from collections.abc import Mapping
from operator import attrgetter

from bridge.documents import Address, Payment
from bridge.erp.sage100.dictionary import ColumnType
from mappings.addresses import region_code
from mappings.converters.registry import Binding, Convert, converter
from mappings.mapped import Run
from mappings.settings import LaneMapping

_OTHERS = "*"
_SPENT = frozenset({"voided", "failed", "refunded"})


def _codes(lane: LaneMapping, name: str) -> dict[str, str]:
    table = getattr(lane, name, None)
    if not isinstance(table, Mapping):
        tables = sorted(field for field in type(lane).model_fields if isinstance(getattr(lane, field), Mapping))
        raise ValueError(f"{name!r} is no table of the lane's mapping section; it has {', '.join(tables)}")
    return {word.casefold(): code for word, code in table.items()}


def _find(codes: dict[str, str], word: str) -> str | None:
    return codes.get(word.casefold(), codes.get(_OTHERS))


@converter(ColumnType.TEXT)
def lookup(binding: Binding, table: str) -> Convert[str]:
    """The code of a word in a table of the lane; an empty code leaves the column alone, an unknown word is refused."""
    codes, path = _codes(binding.lane, table), binding.source

    def convert(word: str, run: Run) -> str | None:
        code = _find(codes, word)
        if code is None:
            raise run.refusal(path, word, f"the table {table} of this lane does not know it; add it there", "unmapped")
        return code or None

    return convert


@converter(ColumnType.TEXT)
def alias(binding: Binding, table: str) -> Convert[str]:
    """The code of a word in a table of the lane, or the word itself in capitals."""
    codes = _codes(binding.lane, table)

    def convert(word: str, _run: Run) -> str | None:
        return _find(codes, word) or word.upper()

    return convert


@converter(ColumnType.TEXT)
def payment_type(binding: Binding) -> Convert[tuple[Payment, ...]]:
    """The payment type of the largest payment that still stands: by its gateway, else by its kind."""
    gateways = _codes(binding.lane, "payment_types")
    kinds = _codes(binding.lane, "payment_types_by_kind")

    def convert(payments: tuple[Payment, ...], run: Run) -> str | None:
        standing = [payment for payment in payments if payment.state not in _SPENT]
        if not standing:
            return None
        first = max(standing, key=attrgetter("amount"))
        if len(standing) > 1:
            run.notes.append(f"payments: {len(standing)} payments, of which the largest ({first.kind}) names the type")
        code = _find(gateways, first.gateway) if first.gateway else None
        code = _find(kinds, first.kind) if code is None else code
        if code is None:
            remedy = "add its gateway to payment_types of this lane, or its kind to payment_types_by_kind"
            raise run.refusal("payments", f"{first.gateway or 'no gateway'}, {first.kind}", remedy, "unmapped")
        return code or None

    return convert


@converter(ColumnType.TEXT)
def tax_schedule(binding: Binding) -> Convert[Address]:
    """The tax schedule of a ship-to address where Sage works the tax out, else the one that adds none."""
    lane = binding.lane
    codes = _codes(lane, "tax_schedules")

    def convert(address: Address, _run: Run) -> str | None:
        if lane.tax != "sage":
            return lane.untaxed_schedule
        country = address.country_code or ""
        by_region = f"{country}-{region_code(address, lane)}".casefold()
        return codes.get(by_region) or _find(codes, country)

    return convert
