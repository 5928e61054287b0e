"""`tidegate drill half-batch`: Sage does not answer any more half way through a batch."""

from bridge.states import State
from workers.drills.ground import Ground
from workers.drills.plays.play import Play

ORDERS = 40
_HALF = 20
_FIRST = 5_001


def half_batch(play: Play) -> None:
    """One batch of 40; the 21st order is in Sage, and Sage's answer never comes."""
    with play.ground(window_s=6, call_deadline_s=3) as ground:
        ids = _make_batch(ground)
        hung = f"{_FIRST + _HALF:07}"
        fault_id = ground.sage.add_fault("after_header_write", "hang", key=hung)
        play.tell(f"{ORDERS} orders wait; Sage will hang once it has committed order {hung}, the {_HALF + 1}th")
        ground.ledger.resume(ground.shops[0])
        play.comes(lambda: ground.has_hit(fault_id), f"the batch hangs at {hung}")
        play.settles(ground)
        _check_orders(play, ground, ids, hung)


def _make_batch(ground: Ground) -> list[str]:
    ground.ledger.halt(ground.shops[0])
    ids = ground.place(ORDERS)
    ground.await_ready(ids, within_s=60)
    ground.sage.set_next_number(ground.shops[0].company, "SalesOrderNo", _FIRST)
    return ids


def _check_orders(play: Play, ground: Ground, ids: list[str], hung: str) -> None:
    records = ground.ledger.records(ids)
    doubtful = [record.number for record in records if record.doubts]
    play.check(doubtful == [hung], f"only {hung} was ever in doubt (in doubt were: {', '.join(map(str, doubtful))})")
    sent = [ground.ledger.writes_begun(record) for record in records if record.number == hung]
    play.check(sent == [1], f"{hung} was found by the probe, and not written again")
    failed = [record.number for record in records if record.failures or record.state is not State.CONFIRMED]
    play.check(not failed, "no order counts a failure for it")
