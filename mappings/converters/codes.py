"""The storefront's words in the company's codes. A word that no table knows is refused, never guessed."""

from collections.abc import Mapping

from bridge.documents import Address
from bridge.erp.sage100.dictionary import ColumnType
from mappings.addresses import region_code
from mappings.converters.registry import Binding, Convert, converter
from mappings.mapped import Run
from mappings.settings import LaneMapping

_OTHERS = "*"
_ITEMS = "items"


def codes_of(lane: LaneMapping, name: str) -> dict[str, str]:
    """A table of the lane by its words in small letters; raises `ValueError` for a name that is no table of it."""
    table = getattr(lane, name, None)
    if not isinstance(table, Mapping):
        tables = sorted(field for field in type(lane).model_fields if isinstance(getattr(lane, field), Mapping))
        raise ValueError(f"{name!r} is no table of the lane's mapping section; it has {', '.join(tables)}")
    return {word.casefold(): code for word, code in table.items()}


def find_code(codes: dict[str, str], word: str) -> str | None:
    """The code of a word, or that of all others; None when the table knows neither."""
    return codes.get(word.casefold(), codes.get(_OTHERS))


@converter(ColumnType.TEXT)
def lookup(binding: Binding, table: str) -> Convert[str]:
    """The code of a word in a table of the lane; an empty code leaves the column alone, an unknown word is refused."""
    codes, path = codes_of(binding.lane, table), binding.source

    def convert(word: str, run: Run) -> str | None:
        code = find_code(codes, word)
        if code is None:
            raise run.refusal(path, word, f"the table {table} of this lane does not know it; add it there", "unmapped")
        return code or None

    return convert


@converter(ColumnType.TEXT)
def alias(binding: Binding, table: str) -> Convert[str]:
    """The code of a word in a table of the lane, or the word itself in capitals; for items, what people said first."""
    codes = codes_of(binding.lane, table)

    def convert(word: str, _run: Run) -> str | None:
        return find_code(codes, word) or word.upper()

    def convert_item(sku: str, run: Run) -> str | None:
        named = run.context.items.get(sku.casefold())
        return codes.get(named.casefold(), named.upper()) if named else convert(sku, run)

    return convert_item if table == _ITEMS else convert


@converter(ColumnType.TEXT)
def tax_schedule(binding: Binding) -> Convert[Address]:
    """The tax schedule of a ship-to address where Sage works the tax out, else the one that adds none."""
    lane = binding.lane
    codes = codes_of(lane, "tax_schedules")

    def convert(address: Address, _run: Run) -> str | None:
        if lane.tax != "sage":
            return lane.untaxed_schedule
        country = address.country_code or ""
        by_region = f"{country}-{region_code(address, lane)}".casefold()
        return codes.get(by_region) or find_code(codes, country)

    return convert
