"""A campaign: the real fleet under random faults, and at the end three accounts that must agree."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from sandbox.bad_line import BadLine
from workers.broker import free_port
from workers.drills.faults.catalogue import Fault, LedgerKind, Scene
from workers.drills.faults.clock import ZONE
from workers.drills.ground import Ground
from workers.drills.lookout import Lookout
from workers.drills.reckoning import Reckoning, reckon
from workers.drills.schedule import Turn, turns
from workers.stage.clock import StageClock
from workers.stage.plan import StagePlan
from workers.stage.postgres import PostgresServer, postgres_server
from workers.stage.stage import Stage, default_shops
from workers.stage.waiting import TookTooLong

_FEWEST, _MOST = 4, 60
"""Orders that are placed before a fault."""
_CROWD = 400
"""With so many orders on their way, no fault more until there are fewer."""
_LINE_TIMEOUT_S = 5.0
_TRIES, _BETWEEN_TRIES_S = 5, 3.0


@dataclass(frozen=True)
class Campaign:
    """What is asked for. `minutes` is how long new faults are begun; every fault has its turn even if that is longer.

    `orders` are spread over the ledgers and over that time.
    """

    faults: Sequence[Fault]
    kinds: Sequence[LedgerKind]
    seed: int
    orders: int
    minutes: float
    folder: Path
    say: Callable[[str], None]


def run(campaign: Campaign) -> list[Reckoning]:
    """Runs one fleet on each ledger, all at once, and reckons up each. Raises what kept a fleet from running."""
    runs = [_Run(campaign, kind) for kind in campaign.kinds]
    for each in runs:
        each.start()
    for each in runs:
        each.join()
    for each in runs:
        if each.failure:
            raise each.failure
    return [each.reckoning for each in runs if each.reckoning]


class _Run(threading.Thread):
    """One fleet on one ledger. All that belongs to it is made, used and ended in its own thread."""

    def __init__(self, campaign: Campaign, kind: LedgerKind) -> None:
        super().__init__(name=f"campaign on {kind}", daemon=True)
        self._campaign, self._kind = campaign, kind
        self.failure: Exception | None = None
        self.reckoning: Reckoning | None = None

    def run(self) -> None:
        try:
            with _scenery(self._campaign.folder / self._kind, self._kind) as (ground, line, clock):
                self.reckoning = self._break_things(ground, line, clock)
        except Exception as error:
            self.failure = error

    def _break_things(self, ground: Ground, line: BadLine, clock: StageClock) -> Reckoning:
        lookout = Lookout(ground)
        lookout.start()
        began = time.monotonic()
        try:
            for turn in self._turns(began):
                rng = random.Random(turn.seed)  # noqa: S311  faults, not secrets
                scene = Scene(ground, line, clock, self._kind, rng.choice(ground.shops), rng)
                self._place(scene, lookout, began)
                self._strike(turn, scene, lookout)
                line.mend()
            self._place_rest(ground, lookout)
            return reckon(self._kind, ground, lookout, time.monotonic() - began)
        finally:
            lookout.stop()

    def _turns(self, began: float) -> Iterator[Turn]:
        campaign = self._campaign
        drawn = turns(campaign.faults, campaign.kinds, self._kind, campaign.seed)
        end = began + campaign.minutes * 60
        return takewhile(lambda turn: turn.round == 1 or time.monotonic() < end, drawn)

    def _place(self, scene: Scene, lookout: Lookout, began: float) -> None:
        """As many orders as the campaign is behind with, in two or three handfuls, as people order."""
        campaign = self._campaign
        end = began + campaign.minutes * 60  # a fleet that is stuck for good is reckoned up too
        while lookout.on_the_way > _CROWD and time.monotonic() < end:
            time.sleep(0.5)
        by_time = (time.monotonic() - began) / (campaign.minutes * 60) if campaign.minutes else 1
        by_turns = (len(lookout.injections) + 1) * len(campaign.kinds) / len(campaign.faults)
        wanted = round(campaign.orders / len(campaign.kinds) * min(by_time, by_turns, 1)) - len(scene.ground.placed)
        number = min(max(wanted, _FEWEST), _MOST)
        for shop, some in ((scene.shop, number - number // 3), (scene.rng.choice(scene.ground.shops), number // 3)):
            lookout.add(scene.ground.place(some, shop))

    def _place_rest(self, ground: Ground, lookout: Lookout) -> None:
        """The orders that were still to come when the last fault struck."""
        wanted = round(self._campaign.orders / len(self._campaign.kinds))
        while (left := wanted - len(ground.placed)) > 0:
            lookout.add(ground.place(min(left, _MOST)))

    def _strike(self, turn: Turn, scene: Scene, lookout: Lookout) -> None:
        injection = lookout.begin(turn.fault.name)
        known = set(scene.ground.placed)
        self._campaign.say(f"{self._kind}: {turn.fault.name} ({len(injection.in_flight)} orders on their way)")
        injection.trouble = _strike_home(turn, scene)
        if injection.trouble:
            self._campaign.say(f"{self._kind}: {turn.fault.name} did not strike: {injection.trouble.splitlines()[0]}")
        injection.ended_s = time.monotonic()
        lookout.add([order_id for order_id in scene.ground.placed if order_id not in known])


def _strike_home(turn: Turn, scene: Scene) -> str | None:
    """Lets a fault strike; what kept it from that, or None. What it needs may be away just now for the fault before."""
    for tries_left in range(_TRIES - 1, -1, -1):
        try:
            turn.fault.strike(scene)
        except TookTooLong as error:
            return str(error)
        except Exception as error:  # a broker that restarts, a process that has just died: whatever is broken already
            if not tries_left:
                return f"{type(error).__name__}: {error}"
            time.sleep(_BETWEEN_TRIES_S)
        else:
            break
    return None


@contextmanager
def _scenery(folder: Path, kind: LedgerKind) -> Iterator[tuple[Ground, BadLine, StageClock]]:
    clock = StageClock(folder)
    agent_port, line_port = free_port(), free_port()
    with _server(kind) as server, BadLine(line_port, agent_port) as line:
        plan = StagePlan(
            folder, default_shops(), rate_per_s=200, burst=400, window_s=6, write_delay_ms=2, licence=5,
            calendar=f"time_zone = '{ZONE}'",
            lease_s=12, line_timeout_s=_LINE_TIMEOUT_S, answer_timeout_s=10, agent_port=agent_port, agent_url=line.url,
            ledger_url=server.url if server else None, environment=clock.environment(),
        )  # fmt: skip
        with Stage(plan) as stage:
            ground = Ground(stage, server)
            try:
                ground.open_shops()
                yield ground, line, clock
            finally:
                clock.set(clock.offset * 0)
                ground.close()


@contextmanager
def _server(kind: LedgerKind) -> Iterator[PostgresServer | None]:
    if kind is LedgerKind.SQLITE:
        yield None
        return
    with postgres_server() as server:
        yield server
