"""The broker dies, stands still, loses its last write, or forgets everything."""

import shutil
from pathlib import Path

import redis

from workers.drills.faults.catalogue import Scene, fault
from workers.drills.ground import Ground


@fault("broker-killed", "SIGKILL of Redis, which comes back with its append-only file")
def broker_killed(scene: Scene) -> None:
    scene.ground.services.kill("broker")
    _await(scene.ground)


@fault("broker-stopped", "SIGSTOP of Redis for seconds, then SIGCONT")
def broker_stopped(scene: Scene) -> None:
    with scene.ground.services.frozen("broker"):
        scene.wait(2, 7)
    _await(scene.ground)


@fault("broker-truncated", "SIGKILL of Redis; the last write is cut off its append-only file")
def broker_truncated(scene: Scene) -> None:
    scene.ground.services.kill("broker")
    files = sorted((_data(scene.ground) / "appendonlydir").glob("*.incr.aof"), key=lambda file: file.stat().st_mtime)
    size = files[-1].stat().st_size
    with files[-1].open("r+b") as file:
        file.truncate(max(size - scene.rng.randrange(1, 400), 0))
    _await(scene.ground)


@fault("broker-emptied", "SIGKILL of Redis; its data directory is empty when it comes back")
def broker_emptied(scene: Scene) -> None:
    scene.ground.services.kill("broker")
    shutil.rmtree(_data(scene.ground) / "appendonlydir")
    _await(scene.ground)


def _data(ground: Ground) -> Path:
    folder = ground.stage.settings.broker.embedded_data
    if folder is None:
        raise ValueError("the broker of a stage is always embedded")
    return folder


def _await(ground: Ground) -> None:
    ground.until(lambda: _answers(ground), "the broker answers again")


def _answers(ground: Ground) -> bool:
    try:
        return bool(ground.broker.ping())
    except redis.RedisError:
        return False
