"""What a record becomes in the ERP, as kept in the ledger: columns in their order, text and exact numbers apart."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256

from bridge.ports.erp import FieldValue

Columns = Mapping[str, FieldValue]


@dataclass(frozen=True)
class Mapped:
    """Header and lines by the ERP's own column names."""

    header: Columns
    lines: tuple[Columns, ...] = ()

    def to_json(self) -> str:
        """As JSON text; `from_json` gives the same back, to the last digit and in the same order."""
        return json.dumps({"header": _pack(self.header), "lines": [_pack(line) for line in self.lines]})

    @classmethod
    def from_json(cls, text: str) -> "Mapped":
        """The inverse of `to_json`."""
        packed = json.loads(text)
        return cls(_unpack(packed["header"]), tuple(_unpack(line) for line in packed["lines"]))

    def content_hash(self) -> str:
        """The same for two documents that mean the same to the ERP."""
        return sha256(self.to_json().encode()).hexdigest()


def _pack(columns: Columns) -> list[list[str]]:
    return [
        [name, "number", format(value, "f")] if isinstance(value, Decimal) else [name, "text", value]
        for name, value in columns.items()
    ]


def _unpack(packed: list[list[str]]) -> dict[str, FieldValue]:
    return {name: Decimal(value) if kind == "number" else value for name, kind, value in packed}


CUSTOMER_PLACEHOLDER = "{customer}"
"""Stands in a mapped order for the customer's number until the customer's own record is confirmed."""


def with_customer(mapped: Mapped, number: str | None) -> Mapped:
    """The mapped order with its customer's number in place; raises `ValueError` when it needs one that is not known."""
    if number is None:
        if CUSTOMER_PLACEHOLDER in mapped.header.values():
            raise ValueError("the order's customer has no number yet")
        return mapped
    header = {name: number if value == CUSTOMER_PLACEHOLDER else value for name, value in mapped.header.items()}
    return Mapped(header, mapped.lines)
