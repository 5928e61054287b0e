"""How often a flow is read: everything now and then, and what was changed more often."""

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from bridge.flows.reading import Keep, LaneReader, Take
from bridge.ledger.passes import Pass, note_page, present_pass
from bridge.ports.reading import ErpPage, ErpReader


class Rhythm(BaseModel):
    """The rhythm of a flow whose changes can be found by their time stamps, and now and then are not."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    every_s: float = Field(86_400, gt=0, description="Seconds from one reading of everything to the next; a night.")
    changes_s: float = Field(900, gt=0, description="Seconds from one look for what was changed to the next.")


def is_time(reader: LaneReader, flow: str, kind: str, rhythm: Rhythm) -> bool:
    """Whether a pass over one kind is under way, or one over what was changed or over everything is due."""
    is_full = reader.is_due(flow, f"{kind}/all", rhythm.every_s)
    return is_full or reader.is_due(flow, kind, rhythm.changes_s)


def read_in_rhythm(reader: LaneReader, flow: str, kind: str, rhythm: Rhythm, take: Take) -> bool:
    """Goes on with the pass over one kind, or begins one if it is time; whether it came to the end.

    A pass reads what was changed, or everything when that is due; which of the two stays with it when it is cut.
    """
    if not is_time(reader, flow, kind, rhythm):
        return False
    is_full = reader.is_due(flow, f"{kind}/all", rhythm.every_s)

    def noting(session: ErpReader, page: ErpPage) -> Keep:
        keep = take(session, page)

        def keep_page(connection: Connection) -> None:
            run = present_pass(connection, reader.lane, f"{flow}/{kind}")
            is_over_all = run.since is None if run.is_under_way else is_full or run.reached is None
            keep(connection)
            if page.after is None and is_over_all:
                done = Pass(began_at=page.as_of)
                now = reader.clock.now()
                note_page(connection, reader.lane, f"{flow}/{kind}/all", done, position=None, now=now)

        return keep_page

    return reader.read(flow, kind, noting, is_full=is_full)
