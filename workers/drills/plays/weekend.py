"""`tidegate drill weekend`: Sage goes away on Friday evening and comes back on Monday morning, unnoticed by itself."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from bridge.ledger.rows import Record
from bridge.ledger.trace import open_alarms
from bridge.ledger.trace import windows as windows_of
from bridge.states import State
from bridge.windows.due import windows_between
from sandbox.alert_desk import AlertDesk, alert_desk
from sandbox.orders import of_value
from workers.drills.ground import Ground
from workers.drills.plays.calendar_clock import HOUR, QUARTER, ZONE, next_time, pass_quarters, pass_time, set_to
from workers.drills.plays.play import Play
from workers.stage.clock import StageClock

ORDERS = 47
VALUE = Decimal(1200)
_ALARM = "silence:sage100:ABC"
_CLOSE_LOOK = 8
"""Quarters of an hour that pass one by one on Friday; after that whole hours do."""


def weekend(play: Play) -> None:
    """62 hours in two minutes: real windows of 15 minutes, the watch outside the fleet, and people who are told."""
    clock = StageClock(play.folder)
    with (
        alert_desk() as staff,
        alert_desk() as manager,
        play.stage(
            window_s=900,
            calendar=f"time_zone = '{ZONE.key}'",
            environment=clock.environment(),
            extra=_alerts(staff, manager),
        ) as ground,
    ):
        _open(ground, clock)
        with ground.services.twin("watch", "--every", "1"):
            first_at = _lose_sage(play, ground, clock, staff)
            _let_weekend_pass(play, ground, clock, staff, manager)
            _come_back(play, ground, clock, staff)
            _check_orders(play, ground, first_at)


def _alerts(staff: AlertDesk, manager: AlertDesk) -> str:
    return f'[alerts]\ntargets = ["{staff.url}"]\nescalation_targets = ["{manager.url}"]\nrepeat_s = 86400\n'


def _open(ground: Ground, clock: StageClock) -> None:
    set_to(clock, next_time(clock, 4, 12, 1))
    ground.fill_shops()
    pass_quarters(ground, clock, ground.is_at_rest, "the first orders are in Sage")
    ground.until(lambda: not open_alarms(ground.stage.database), "whatever was alarming on a slow machine is over")
    set_to(clock, next_time(clock, 4, 17, 59))


def _lose_sage(play: Play, ground: Ground, clock: StageClock, staff: AlertDesk) -> datetime:
    """The first two hours, window by window; when the first order waited."""
    ground.sage.maintenance(True)
    _say(play, clock, "Sage lets nobody in any more, and says nothing")
    pass_time(clock, QUARTER / 3, in_s=1)
    [order_id] = _take(ground, 1)
    first_at = ground.ledger.record(order_id).created_at
    for _ in range(_CLOSE_LOOK):
        pass_time(clock, QUARTER, in_s=2)
        _take(ground, 1)
    told = _told(staff, "NEW")
    play.check(len(told) == 1, f"people are told once of {_ALARM}")
    for line in told:
        play.tell(line)
    raised_at = next((row.first_at for row in open_alarms(ground.stage.database) if row.key == _ALARM), clock.now())
    passed = windows_between(ground.stage.settings.lanes["sage100:ABC"].calendar, first_at, raised_at, most=20)
    play.check(passed <= 3, f"within two missed windows and the one under way: {passed} windows after the first order")
    play.check(any(_at_risk(number) in line for line in told for number in (2, 3, 4)), "the money at risk stands in it")
    return first_at


def _let_weekend_pass(play: Play, ground: Ground, clock: StageClock, staff: AlertDesk, manager: AlertDesk) -> None:
    monday = next_time(clock, 0, 8, 0)
    while clock.now() + HOUR < monday:
        pass_time(clock, HOUR, in_s=0.6)
        if len(_waiting(ground)) < ORDERS:
            _take(ground, 1)
    _say(play, clock, f"{len(_waiting(ground))} orders wait")
    escalated = _told(manager, "NEW")
    play.check(len(escalated) == 1, "it was escalated, once")
    of_it = [line for line in _lines(staff) if _ALARM in line]
    play.check(len(of_it) <= 4, f"people were told {len(of_it)} times in 62 hours, not every minute")
    rows = {row.key: str(row.text) for row in open_alarms(ground.stage.database)}
    play.tell(f"by now it says: {rows.get(_ALARM, 'nothing')}")
    play.check(_at_risk(ORDERS) in rows.get(_ALARM, ""), f"{ORDERS} orders and all their money stand in it")
    set_to(clock, monday)


def _come_back(play: Play, ground: Ground, clock: StageClock, staff: AlertDesk) -> None:
    before = len(_opened(ground))
    ground.sage.maintenance(False)
    _say(play, clock, "Sage is back")
    ids = [record.source_id for record in _waiting(ground)]
    took_s = play.comes(lambda: ground.ledger.all_in(State.CONFIRMED, ids), f"all {ORDERS} are in Sage", 90)
    used = len(_opened(ground)) - before
    play.check(used <= 2, f"within the first windows: {used} opened, {took_s:.0f} s of real time")
    play.comes(lambda: bool(_told(staff, "OVER")), "people are told that it is over", 30)
    play.check(_ALARM not in {row.key for row in open_alarms(ground.stage.database)}, "the alarm has closed itself")


def _check_orders(play: Play, ground: Ground, first_at: datetime) -> None:
    play.settles(ground)
    account = ground.stage.account(ground.shops[0])["orders"]
    answers = {each["lastAnswer"] for order in account for each in order["deliveries"]}
    play.check(answers == {"202"}, f"every webhook of the weekend was taken at once (answers: {sorted(answers)})")
    late = [record for record in ground.ledger.records() if record.created_at >= first_at]
    numbers = [record.number for record in sorted(late, key=lambda record: int(record.order_number or 0))]
    play.check(numbers == sorted(numbers, key=str), "Sage has them in the order in which they were placed")


def _take(ground: Ground, number: int) -> list[str]:
    """Orders of one value, once the fleet has read them."""
    orders: Sequence[dict[str, Any]] = [of_value(order, VALUE) for order in ground.make(number, ground.shops[0])]
    ids = ground.take(orders)
    ground.await_ready(ids)
    return ids


def _waiting(ground: Ground) -> list[Record]:
    return [record for record in ground.ledger.records() if record.state is State.READY]


def _opened(ground: Ground) -> list[Any]:
    rows = windows_of(ground.stage.database, "sage100:ABC", limit=1000)
    return [row for row in rows if row.opened_at is not None]


def _lines(desk: AlertDesk) -> list[str]:
    return [line for message in desk.inbox for line in str(message["message"]).splitlines()]


def _at_risk(orders: int) -> str:
    return f"{orders} orders wait, {orders * VALUE:,.2f} USD at risk"


def _told(desk: AlertDesk, how: str) -> list[str]:
    return [line for line in _lines(desk) if line.startswith(how) and _ALARM in line]


def _say(play: Play, clock: StageClock, text: str) -> None:
    play.tell(f"{clock.now().astimezone(ZONE):%A %H:%M}: {text}")
