"""Processes of the fleet die by SIGKILL, with work in hand."""

import os
import signal
from contextlib import suppress

from sandbox.sage100.faults import Point
from workers.drills.faults.catalogue import Scene, fault

MID_WRITE: tuple[Point, ...] = ("before_set_key", "between_lines", "before_header_write", "after_header_write")


def _kill(scene: Scene, name: str) -> None:
    scene.wait(0, 0.8)
    scene.ground.services.kill(name)


@fault("kill-receiver", "SIGKILL of the receiver in a burst of webhooks")
def kill_receiver(scene: Scene) -> None:
    scene.ground.services.kill("receiver")


@fault("kill-intake", "SIGKILL of the intake worker")
def kill_intake(scene: Scene) -> None:
    scene.ground.services.kill("intake.1")


@fault("kill-intake-child", "SIGKILL of the process in which intake's tasks run")
def kill_intake_child(scene: Scene) -> None:
    scene.ground.services.kill_children("intake.1")


@fault("kill-storefront", "SIGKILL of the storefront worker and all that it started")
def kill_storefront(scene: Scene) -> None:
    scene.wait(0, 0.8)
    scene.ground.services.kill_tree("storefront.1")


@fault("kill-storefront-child", "SIGKILL of the process in which the storefront's tasks run")
def kill_storefront_child(scene: Scene) -> None:
    scene.wait(0, 0.8)
    scene.ground.services.kill_children("storefront.1")


@fault("kill-steward", "SIGKILL of the steward and all that it started")
def kill_steward(scene: Scene) -> None:
    scene.ground.services.kill_tree("steward.1")


@fault("kill-beat", "SIGKILL of beat")
def kill_beat(scene: Scene) -> None:
    _kill(scene, "beat")


@fault("kill-flower", "SIGKILL of Flower")
def kill_flower(scene: Scene) -> None:
    _kill(scene, "flower")


@fault("kill-writer", "SIGKILL of a Sage writer in the middle of a record")
def kill_writer(scene: Scene) -> None:
    with scene.in_batch(*MID_WRITE):
        scene.ground.services.kill(scene.writer)


@fault("kill-writer-and-session", "SIGKILL of a Sage writer and of the Sage session that it leads")
def kill_writer_and_session(scene: Scene) -> None:
    with scene.in_batch(*MID_WRITE) as session:
        scene.ground.services.kill(scene.writer)
        _end(scene, session)


@fault("kill-session", "SIGKILL of a Sage session in the middle of a record")
def kill_session(scene: Scene) -> None:
    with scene.in_batch(*MID_WRITE) as session:
        _end(scene, session)


def _end(scene: Scene, session: int) -> None:
    with suppress(ProcessLookupError):  # the agent's deadline may have been first
        os.kill(session, signal.SIGKILL)
        scene.ground.services.killed["session"] += 1


@fault("kill-agent", "SIGKILL of the Sage agent in the middle of a record")
def kill_agent(scene: Scene) -> None:
    with scene.in_batch(*MID_WRITE):
        scene.ground.services.kill("agent")


@fault("kill-fleet", "SIGKILL of the writer's parent: every process of the fleet is gone at once")
def kill_fleet(scene: Scene) -> None:
    with scene.in_batch(*MID_WRITE):
        scene.ground.services.kill_fleet()
