"""The network between a writer and the Sage agent fails while a batch is on its way."""

from sandbox.bad_line import Spoiling, Trouble
from workers.drills.faults.catalogue import HIT_WITHIN_S, Scene, fault

_BATCH = b"POST /SO/SalesOrder HTTP"


def _spoil(scene: Scene, spoiling: Spoiling, *, lines: int = 1, hold_s: float = 0.0) -> None:
    trouble = scene.line.spoil(Trouble(spoiling, _BATCH, hold_s=hold_s, lines=lines))
    scene.ground.until(lambda: trouble.struck > 0, f"a batch that the line spoils ({spoiling})", HIT_WITHIN_S)


def _too_long_s(scene: Scene) -> float:
    return scene.ground.stage.plan.line_timeout_s + 1


@fault("answer-late-committed", "Sage commits a batch; the agent's answer comes after the writer's time-out")
def answer_late_committed(scene: Scene) -> None:
    _spoil(scene, "hold answer", hold_s=_too_long_s(scene))


@fault("answer-late-uncommitted", "the writer's time-out is over before the batch comes to the agent at all")
def answer_late_uncommitted(scene: Scene) -> None:
    _spoil(scene, "hold request", hold_s=_too_long_s(scene))
    scene.wait(_too_long_s(scene), _too_long_s(scene) + 1)


@fault("line-cut", "the connection breaks in the middle of the stream of results")
def line_cut(scene: Scene) -> None:
    _spoil(scene, "cut", lines=scene.rng.randrange(3))


@fault("half-line", "the stream of results ends within a line")
def half_line(scene: Scene) -> None:
    _spoil(scene, "half line", lines=scene.rng.randrange(3))
