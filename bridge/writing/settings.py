"""How a lane is written."""

from decimal import Decimal
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

from bridge.ledger.rows import Record
from bridge.ports.erp import Facts
from bridge.rules import LaneRules, Objection
from bridge.writing.mapped import Mapped


class WriterSettings(BaseModel):
    """One lane's writer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    in_flight: int = Field(
        50,
        ge=1,
        le=500,
        description="Records under way at once, and so in doubt at most: half in Sage, half next.",
    )
    lease_s: float = Field(120, gt=1, description="Life of a seat lease in seconds; longer than the longest call.")
    seconds_per_record: float = Field(
        0.5, gt=0, description="Expected seconds per record, to judge whether a batch still fits into its window."
    )
    failure_limit: int = Field(3, ge=1, description="Failures after which a record rests in the dead-letter queue.")
    total_tolerance: Decimal = Field(
        Decimal("0.00"), ge=0, description="Difference between the ERP's total and the order's that is not flagged."
    )
    probe_limit: int = Field(500, ge=1, description="Doubtful records probed at the start of one window.")

    @property
    def batch_size(self) -> int:
        """Records in one request: while it is written, the next one is made ready and waits behind it."""
        return max(self.in_flight // 2, 1)


class Preflight(Protocol):
    """Checks by rule before the write; knows the ERP's column names."""

    @property
    def rules(self) -> LaneRules:
        """The lane's rules."""
        ...

    def wants(self, mapped: Mapped) -> tuple[list[str], list[str]]:
        """Customer numbers and item codes whose standing it needs; two empty lists when no rule asks for any."""
        ...

    def judge(self, record: Record, mapped: Mapped, facts: Facts) -> Objection | None:
        """What the record must wait for, or None when it may be written. Pure."""
        ...
