"""Column types that mean the same on SQLite and PostgreSQL: zoned time and exact amounts."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer
from sqlalchemy.types import TypeDecorator

_MICRO = Decimal(1_000_000)

BigId = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit key; SQLite only counts up by itself in a column that it calls INTEGER."""


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC. SQLite has no zone of its own, so it keeps the UTC wall time, which also sorts rightly."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value!r}")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Exact(TypeDecorator[Decimal]):
    """An exact amount with up to six decimals, kept as whole millionths so that both databases add it up exactly."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        if value is None:
            return None
        millionths = value * _MICRO
        if millionths != millionths.to_integral_value():
            raise ValueError(f"more than six decimals: {value}")
        return int(millionths)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        return None if value is None else Decimal(int(value)) / _MICRO
