"""Somebody sets the clock of every machine, and sets it right again; or it changes by law within a window."""

from datetime import UTC, datetime, timedelta

from workers.drills.faults.catalogue import Scene, fault

ZONE = "America/New_York"
"""The lanes' zone in a campaign. Its next changes, in UTC:"""
SPRING = datetime(2027, 3, 14, 7, tzinfo=UTC)
AUTUMN = datetime(2027, 11, 7, 6, tzinfo=UTC)
_BEFORE_S = 2.0


def _set(scene: Scene, offset: timedelta, at_least_s: float, at_most_s: float) -> None:
    scene.clock.set(offset)
    try:
        scene.wait(at_least_s, at_most_s)
    finally:
        scene.clock.set(timedelta())


@fault("clock-forward", "the clock is minutes to days ahead, for seconds, and comes back")
def clock_forward(scene: Scene) -> None:
    _set(scene, timedelta(minutes=scene.rng.choice((3, 70, 3000))), 2, 6)


@fault("clock-back", "the clock is minutes to days behind, for seconds, and comes back")
def clock_back(scene: Scene) -> None:
    _set(scene, -timedelta(minutes=scene.rng.choice((3, 70, 3000))), 2, 6)


@fault("clock-flutters", "the clock goes ahead and back time and again")
def clock_flutters(scene: Scene) -> None:
    for minutes in (5, -5, 700, -700):
        _set(scene, timedelta(minutes=minutes), 0.3, 1)


@fault("dst-spring", "summer time begins within a window")
def dst_spring(scene: Scene) -> None:
    _set(scene, SPRING - timedelta(seconds=_BEFORE_S) - datetime.now(UTC), 5, 7)


@fault("dst-autumn", "summer time ends within a window")
def dst_autumn(scene: Scene) -> None:
    _set(scene, AUTUMN - timedelta(seconds=_BEFORE_S) - datetime.now(UTC), 5, 7)
