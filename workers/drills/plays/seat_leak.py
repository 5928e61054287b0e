"""`tidegate drill seat-leak`: our session is killed, Sage keeps its seat, and a person is locked out."""

import os
import signal

from bridge.ledger.trace import open_alarms
from sandbox.sage100.person import Person
from workers.drills.ground import Ground
from workers.drills.plays.play import Play

_ALARM = "seats:sage100"
_PASSWORD = "warehouse"  # noqa: S105  of a simulator


def seat_leak(play: Play) -> None:
    """Sage has two seats, one of them ours. The leak is found and told, nothing makes it worse, and it is mended."""
    with play.ground(window_s=6, seats=1, licence=2, keeps_killed_seats=True) as ground:
        ann, bob = (_person(ground, name) for name in ("ANN", "BOB"))
        play.check(ann.log_on("ABC"), "Ann of the warehouse is logged on to Sage")
        _kill_session(play, ground)
        play.check(not bob.log_on("ABC"), f"Bob is locked out: {bob.refusal}")
        play.comes(lambda: _ALARM in _alarms(ground), f"the alarm {_ALARM} is raised", 40)
        play.tell(f"it says: {_alarms(ground).get(_ALARM, 'nothing')}")
        play.comes(lambda: ground.ledger.lane(ground.shops[0]).last_end == "no seat", "windows end for want of a seat")
        play.check(len(ground.sage.console()) == 2, "nobody of ours has taken another seat for the lost one")
        _end_in_master_console(play, ground)
        play.comes(lambda: bob.log_on("ABC"), "Bob is in", 20)
        bob.log_off()
        play.comes(lambda: _ALARM not in _alarms(ground), "the alarm closes itself", 40)
        ann.log_off()
        play.settles(ground)


def _person(ground: Ground, name: str) -> Person:
    ground.sage.add_user(name, _PASSWORD)
    return Person(ground.stage.plan.sage, name, _PASSWORD)


def _kill_session(play: Play, ground: Ground) -> None:
    fault_id = ground.sage.add_fault("between_lines", "pause", company="ABC")
    ground.place(12)
    play.comes(lambda: ground.has_hit(fault_id), "our session is in the middle of an order")
    os.kill(int(ground.hits([fault_id])[0]["pid"]), signal.SIGKILL)
    ground.sage.release_fault(fault_id)
    play.tell("it is killed; Sage goes on counting its seat")


def _end_in_master_console(play: Play, ground: Ground) -> None:
    """What the runbook says: look for the row whose process has gone, and end it where Sage's people end sessions."""
    gone = [row for row in ground.sage.console() if int(row["SessionPID"]) != os.getpid()]
    play.check(len(gone) == 1, "Master Console lists Ann's session, and one whose process has gone")
    for row in gone:
        ground.sage.end_console_row(row["WorkstationName"], row["SessionCounter"])
    play.tell("a person ends the lost session in Master Console")


def _alarms(ground: Ground) -> dict[str, str]:
    return {row.key: str(row.text).splitlines()[0] for row in open_alarms(ground.stage.database)}
