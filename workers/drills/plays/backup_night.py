"""`tidegate drill backup`: the nightly black-out at 02:00, in which Sage is backed up and orders go on coming."""

from datetime import timedelta

from bridge.ledger.trace import open_alarms
from bridge.ledger.trace import windows as windows_of
from bridge.states import State
from workers.drills.ground import Ground
from workers.drills.plays.calendar_clock import ZONE, next_time, pass_time, set_to
from workers.drills.plays.play import Play
from workers.stage.clock import StageClock

_BLACKOUT = '{ start = "02:00", end = "02:30" }'
_DURING = 12
_STEP = timedelta(minutes=2)


def backup_night(play: Play) -> None:
    """Nobody of ours knocks at Sage's door meanwhile; what came is written when the black-out is over."""
    clock = StageClock(play.folder)
    calendar = f"time_zone = '{ZONE.key}'\nblackouts = [{_BLACKOUT}]"
    with play.ground(window_s=60, calendar=calendar, environment=clock.environment()) as ground:
        set_to(clock, next_time(clock, None, 2, 0))
        ground.sage.maintenance(True)
        play.tell("02:00: the black-out of the lane's calendar begins, and Sage's backup with it")
        fence = ground.ledger.lane(ground.shops[0]).fence
        ids = _trade(ground, clock)
        _check_night(play, ground, ids, fence)
        set_to(clock, next_time(clock, None, 2, 29) + timedelta(seconds=50))
        ground.sage.maintenance(False)
        play.tell("02:29:50: the backup is over, the black-out is not yet")
        play.comes(lambda: ground.ledger.all_in(State.CONFIRMED, ids), "after 02:30 all of them are in Sage", 60)
        _check_windows(play, ground)
        play.settles(ground)


def _trade(ground: Ground, clock: StageClock) -> list[str]:
    """An order every two minutes until 02:24."""
    ids: list[str] = []
    for _ in range(_DURING):
        ids += ground.place(1)
        ground.await_ready(ids)
        pass_time(clock, _STEP, in_s=0.7)
    return ids


def _check_night(play: Play, ground: Ground, ids: list[str], fence: int) -> None:
    play.check(ground.all_ready(ids), f"{len(ids)} orders came, and each is ready and waits")
    play.check(ground.ledger.lane(ground.shops[0]).fence == fence, "no writer has knocked at Sage's door")
    play.check(not ground.sage.console(), "no session is open")
    alarms = [row.key for row in open_alarms(ground.stage.database)]
    play.check(not alarms, f"nobody was alarmed: a black-out is no silence {alarms or ''}")
    failed = [record.order_number for record in ground.ledger.records(ids) if record.failures]
    play.check(not failed, "no order counts a failure for it")


def _check_windows(play: Play, ground: Ground) -> None:
    inside = [
        row.scheduled_for
        for row in windows_of(ground.stage.database, ground.shops[0].lane, limit=1000)
        if row.opened_at and (local := row.opened_at.astimezone(ZONE)).hour == 2 and local.minute < 30
    ]
    play.check(not inside, "no window was opened between 02:00 and 02:30")
