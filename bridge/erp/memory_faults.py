"""What a test can make the in-memory ERP do wrong, and when."""

from dataclasses import dataclass, field

from bridge.errors import LaneLocked, Unauthorised, Unreachable
from bridge.outcomes import Outcome
from bridge.ports.erp import ErpWrite, ResultLine


@dataclass
class MemoryFaults:
    """Faults by stamp happen once, at that record's next write; the others last until they are taken back."""

    lost_after_commit: set[str] = field(default_factory=set)
    lost_before_commit: set[str] = field(default_factory=set)
    answers: dict[str, ResultLine] = field(default_factory=dict)
    holds: set[str] = field(default_factory=set)
    locked_lanes: set[str] = field(default_factory=set)
    refused_lanes: set[str] = field(default_factory=set)
    is_unreachable: bool = False
    lines_until_lost: int | None = None

    def fail_after_commit(self, stamp: str) -> None:
        """The record is stored, but its result line never arrives."""
        self.lost_after_commit.add(stamp)

    def fail_before_commit(self, stamp: str) -> None:
        """The record is begun and nothing is stored, and nobody is told so."""
        self.lost_before_commit.add(stamp)

    def lose_connection_after(self, lines: int) -> None:
        """The stream breaks once after so many more result lines; what follows is not begun."""
        self.lines_until_lost = lines

    def answer(
        self,
        stamp: str,
        outcome: Outcome,
        *,
        field: str | None = None,
        value: str | None = None,
        text: str = "scripted",
    ) -> None:
        """The record is not stored, and this is what the ERP says of it."""
        self.answers[stamp] = ResultLine(0, outcome, field=field, value=value, text=text)

    def put_on_hold(self, stamp: str) -> None:
        """The ERP stores the record and puts it on hold by its own rules."""
        self.holds.add(stamp)

    def lock(self, lane: str) -> None:
        """Backup or period end: log-ons are refused, and a running batch is told so at its next record."""
        self.locked_lanes.add(lane)

    def unlock(self, lane: str) -> None:
        """Ends the lock; a lane that is not locked stays as it is."""
        self.locked_lanes.discard(lane)

    def refuse_logon(self, lane: str) -> None:
        """The user or its password is not accepted any more."""
        self.refused_lanes.add(lane)

    def accept_logon(self, lane: str) -> None:
        """The user is accepted again."""
        self.refused_lanes.discard(lane)

    def check_open(self, lane: str) -> None:
        """Raises what a log-on to `lane` would meet now."""
        if self.is_unreachable:
            raise Unreachable("the in-memory ERP is switched off; set faults.is_unreachable to False")
        if lane in self.locked_lanes:
            raise LaneLocked(f"{lane} is locked by the test; unlock it")
        if lane in self.refused_lanes:
            raise Unauthorised(f"{lane} refuses the log-on; accept it again in the test")

    def take_connection_loss(self) -> bool:
        """Whether the stream breaks now; counts down one line and happens once."""
        if self.lines_until_lost is None:
            return False
        self.lines_until_lost -= 1
        if self.lines_until_lost >= 0:
            return False
        self.lines_until_lost = None
        return True

    def take_answer(self, lane: str, write: ErpWrite) -> ResultLine | None:
        """The scripted answer to this record, once; a locked lane answers every record with it."""
        if lane in self.locked_lanes:
            return ResultLine(write.record_id, Outcome.LOCKED, text=f"{lane} is locked by the test")
        scripted = self.answers.pop(write.stamp, None)
        if scripted is None:
            return None
        return ResultLine(
            write.record_id, scripted.outcome, field=scripted.field, value=scripted.value, text=scripted.text
        )


def take(stamps: set[str], stamp: str) -> bool:
    """Whether `stamp` was in the set; takes it out."""
    found = stamp in stamps
    stamps.discard(stamp)
    return found
