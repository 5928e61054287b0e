"""How often a flow is read: everything now and then, and what was changed more often."""

from pydantic import BaseModel, ConfigDict, Field

from bridge.flows.reading import EVERYTHING, Beside, LaneReader, Take
from bridge.flows.sweep import read_everything
from bridge.shown import Shown


class Rhythm(BaseModel):
    """The rhythm of a flow whose changes can be found by their time stamps, and now and then are not."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    every_s: float = Field(86_400, gt=0, description="Seconds from one reading of everything to the next; a night.")
    changes_s: float = Field(900, gt=0, description="Seconds from one look for what was changed to the next.")


def is_everything_due(reader: LaneReader, flow: Shown, kind: str, rhythm: Rhythm) -> bool:
    """Whether a pass over everything is under way or due, beside the one by stamps; a trial has none."""
    return reader.trial is None and reader.is_due(flow.value, f"{kind}/{EVERYTHING}", rhythm.every_s)


def is_time(reader: LaneReader, flow: Shown, kind: str, rhythm: Rhythm) -> bool:
    """Whether a pass over one kind is under way, or one over what was changed or over everything is due."""
    is_due = reader.is_due(flow.value, kind, rhythm.changes_s)
    return is_due or is_everything_due(reader, flow, kind, rhythm)


def read_in_rhythm(reader: LaneReader, flow: Shown, kind: str, rhythm: Rhythm, take: Take) -> bool:
    """Goes on with the passes over one kind, or begins them if it is time; whether they came to the end.

    What was changed by its stamp comes first, then everything when that is due.
    """
    if not is_time(reader, flow, kind, rhythm):
        return False
    if not reader.read(flow.value, kind, take):
        return False
    if not is_everything_due(reader, flow, kind, rhythm):
        return True
    return read_everything(reader, flow, kind, take, beside=Beside(EVERYTHING))
