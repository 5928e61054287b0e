"""`tidegate drill poison`: one order among 500 ends Sage's server whenever it is written."""

from datetime import UTC, datetime

from bridge.ledger.people import replay
from bridge.ledger.rows import Record
from bridge.states import State
from workers.dead_queues import queue_name
from workers.drills.ground import Ground
from workers.drills.plays.play import Play

ORDERS = 500
_PLACE = 250
_FIRST = 5_001


def poison(play: Play) -> None:
    """The others get in; the bad one rests with a reason after three failures, and gets in once it is mended."""
    with play.ground(window_s=6, call_deadline_s=10) as ground:
        ids, bad = _make_backlog(ground)
        fault_id = ground.sage.add_fault("before_header_write", "server_gone", stamp=bad.stamp, times=1_000)
        play.tell(f"{ORDERS} orders wait; whoever writes order {bad.order_number} loses Sage's server")
        ground.ledger.resume(ground.shops[0])
        others = [each for each in ids if each != bad.source_id]
        took_s = play.comes(
            lambda: ground.ledger.all_in(State.CONFIRMED, others), f"the other {ORDERS - 1} get in", 180
        )
        play.tell(f"that took {took_s:.0f} s, {len(ground.hits([fault_id]))} lost servers among it")
        play.comes(lambda: ground.ledger.record(bad.source_id).state is State.DEAD, "the bad one rests, dead", 60)
        _check_rest(play, ground, bad, fault_id)
        play.tell("a person mends what was wrong with it, and replays it")
        ground.sage.clear_faults()
        replay(ground.stage.database, [bad.id], by="drill", why="the item was mended", now=datetime.now(UTC))
        play.settles(ground)


def _make_backlog(ground: Ground) -> tuple[list[str], Record]:
    ground.ledger.halt(ground.shops[0])
    ids = ground.place(ORDERS)
    ground.await_ready(ids, within_s=120)
    return ids, ground.ledger.records(ids)[_PLACE]


def _check_rest(play: Play, ground: Ground, bad: Record, fault_id: int) -> None:
    record = ground.ledger.record(bad.source_id)
    play.check(record.failures == 3, f"it failed three times ({record.failures})")
    play.check(bool(record.reason_text), f"it says why: {record.reason_text}")
    play.check(len(ground.hits([fault_id])) == 3, "it was tried three times and no more")
    play.comes(
        lambda: ground.broker.llen(queue_name("order")) == 1, "the dead-letter queue that admins watch holds it", 15
    )
