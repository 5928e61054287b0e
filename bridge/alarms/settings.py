"""What counts as silence, and whom alarms are told to."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr

_STRICT = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class SilenceSettings(BaseModel):
    """When a lane or a queue counts as silent."""

    model_config = _STRICT

    windows: int = Field(
        2, ge=1, le=100, description="Windows that may pass with orders waiting and nothing confirmed, before an alarm."
    )
    stale_s: float = Field(
        300,
        gt=0,
        description="Seconds without finished work after which a queue is an alarm, and `tidegate up` restarts its "
        "worker; for a writer's queue its longest window is added. At least three canaries (`rhythm.canary_s`).",
    )
    note_s: float = Field(5, ge=0, description="Seconds between two heartbeats that one worker writes at most.")


class AlertSettings(BaseModel):
    """Whom `tidegate watch` tells of alarms: each target is a URL of apprise (mailto://, slack://, json://, ...)."""

    model_config = _STRICT

    targets: tuple[SecretStr, ...] = Field(min_length=1, description="Who is told when an alarm opens and closes.")
    escalation_targets: tuple[SecretStr, ...] = Field(
        (), description="Who is told too, when an urgent alarm has stayed open for `escalate_after_s`."
    )
    repeat_s: float = Field(14_400, gt=0, description="Seconds after which urgent alarms that last are told again.")
    escalate_after_s: float = Field(1_800, gt=0, description="Seconds an urgent alarm may stay open among `targets`.")
    calm_s: float = Field(
        900, ge=0, description="Seconds between two messages of which neither is urgent: such alarms come together."
    )
    told_file: Path | None = Field(
        None, description="Where the watch keeps what it has told whom; `watch.json` in `run_folder` unless set."
    )
