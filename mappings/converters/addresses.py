"""An address in Sage's columns; how it is fitted in is in `mappings/addresses.py`."""

from bridge.documents import Address
from bridge.erp.sage100.dictionary import ColumnType
from mappings.addresses import Arranger, Widths
from mappings.converters.registry import Binding, ConvertMany, Value, converter
from mappings.mapped import Run

_TEXT = ColumnType.TEXT
_UNLIMITED = 2**31


@converter(_TEXT, _TEXT, _TEXT, _TEXT, _TEXT, _TEXT, _TEXT, _TEXT)
def address(binding: Binding) -> ConvertMany[Address]:
    """Name, three lines, city, state, post code and country, in this order of columns."""
    width = binding.width
    line = min(width(1), width(2), width(3))
    widths = Widths(name=width(0), line=line, city=width(4), postal_code=width(6))
    arranger = Arranger(binding.source, widths, binding.lane)

    def convert(given: Address, run: Run) -> tuple[Value, ...]:
        made = arranger.arrange(given, run, with_name=True)
        return made.name, *made.lines, made.city, made.state, made.postal_code, made.country

    return convert


@converter(_TEXT, _TEXT, _TEXT, _TEXT, _TEXT, _TEXT, _TEXT)
def street_address(binding: Binding) -> ConvertMany[Address]:
    """Three lines, city, state, post code and country, in this order of columns; the name has a row of its own."""
    width = binding.width
    line = min(width(0), width(1), width(2))
    widths = Widths(name=_UNLIMITED, line=line, city=width(3), postal_code=width(5))
    arranger = Arranger(binding.source, widths, binding.lane)

    def convert(given: Address, run: Run) -> tuple[Value, ...]:
        made = arranger.arrange(given, run, with_name=False)
        return *made.lines, made.city, made.state, made.postal_code, made.country

    return convert
