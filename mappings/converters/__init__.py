"""The converters that rows can name; importing this package makes them known."""

from mappings.converters import addresses, codes, dates, money, payments, texts
from mappings.converters.registry import CONVERTERS, Binding, Converter

__all__ = ["CONVERTERS", "Binding", "Converter", "addresses", "codes", "dates", "money", "payments", "texts"]
