"""The converters that rows can name. A converter is made once per row, with what it needs bound, and then only runs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, get_args, get_type_hints

from bridge.erp.sage100.dictionary import Column, ColumnType
from bridge.ports.erp import FieldValue
from mappings.mapped import Run
from mappings.settings import LaneMapping

T = TypeVar("T")
Value = FieldValue | None
"""What a converter gives; None leaves the column alone."""

Convert = Callable[[T, Run], Value]
ConvertMany = Callable[[T, Run], tuple[Value, ...]]


@dataclass(frozen=True)
class Binding:
    """What a converter is bound to: the row's columns (None where an overlay took one away), source and lane."""

    columns: tuple[Column | None, ...]
    source: str
    lane: LaneMapping

    @property
    def column(self) -> Column:
        """The only column of a row that has one."""
        (only,) = self.columns
        if only is None:
            raise LookupError("a row without a column is never bound")
        return only

    def width(self, index: int = 0) -> int:
        """The width of one column; without limit where it is not known or not written."""
        column = self.columns[index]
        return 2**31 if column is None or column.width is None else column.width


@dataclass(frozen=True)
class Converter:
    """A named converter: the type it takes, the column types it gives, and the factory that binds it.

    `gives` has one entry for each column that a row with this converter must list.
    """

    name: str
    takes: Any
    gives: tuple[ColumnType, ...]
    bind: Callable[..., Callable[[Any, Run], Any]]


CONVERTERS: dict[str, Converter] = {}

Factory = TypeVar("Factory", bound=Callable[..., Callable[[Any, Run], Any]])


def converter(*gives: ColumnType) -> Callable[[Factory], Factory]:
    """Registers a factory under its own name; what it takes is read from its return annotation."""

    def register(factory: Factory) -> Factory:
        (arguments, _) = get_args(get_type_hints(factory)["return"])
        CONVERTERS[factory.__name__] = Converter(factory.__name__, arguments[0], gives, factory)
        return factory

    return register
