"""What counts as silence and as waiting too long, and whom alarms and the daily digest are told to."""

from datetime import time
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from bridge.windows.calendar import ZoneName

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


class WaitingSettings(BaseModel):
    """How long and how much may wait in a lane before an alarm, though it works; what waits for a person aside."""

    model_config = _STRICT

    oldest_s: float = Field(
        14_400,
        gt=0,
        description="Seconds that a record may wait to be written or told. A company's lane counts the windows that "
        "have passed instead, as many as fit into that time (100 at most), so that a closed night is no delay.",
    )
    most: int = Field(2_000, ge=1, description="Records that may wait in one lane at the same time.")


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
    runbooks_url: str | None = Field(
        None,
        pattern="^https?://",
        description="Where people read docs/runbooks, with its scheme: messages then link to the page of each alarm.",
    )
    digest_targets: tuple[SecretStr, ...] = Field((), description="Who is sent the digest of each day.")
    digest_at: time = Field(time(7), description="Local time from which on yesterday's digest is sent.")
    time_zone: ZoneName = Field("UTC", description="IANA time zone of `digest_at`.")
