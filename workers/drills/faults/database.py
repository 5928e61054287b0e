"""The ledger's database dies, is slow, is locked by somebody, or has no room left."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import chain

import psutil
from sqlalchemy import text

from workers.drills.faults.catalogue import LedgerKind, Scene, fault

_SHORT_HOLD_S, _BREATH_S = 0.25, 0.03


@fault("database-killed", "SIGKILL of every PostgreSQL process", frozenset({LedgerKind.POSTGRESQL}))
def database_killed(scene: Scene) -> None:
    if scene.ground.server is None:
        raise ValueError("an embedded ledger has no server to kill")
    scene.wait(0, 1.5)
    scene.ground.server.kill()
    scene.ground.services.killed["postgresql"] += 1
    scene.wait(0.5, 3)
    scene.ground.server.start()


@fault("database-slow", "somebody else has the tables locked nine tenths of the time, for seconds")
def database_slow(scene: Scene) -> None:
    end = time.monotonic() + scene.rng.uniform(3, 5)
    while time.monotonic() < end:
        with _locked(scene):
            time.sleep(_SHORT_HOLD_S)
        time.sleep(_BREATH_S)


@fault("database-locked", "somebody else has the tables locked for seconds")
def database_locked(scene: Scene) -> None:
    with _locked(scene):
        scene.wait(4, 8)


@contextmanager
def _locked(scene: Scene) -> Iterator[None]:
    """SQLite has one write lock; elsewhere the tables are locked against readers too, as a careless person does it."""
    with scene.ground.stage.database.write() as connection:
        if scene.kind is LedgerKind.POSTGRESQL:
            connection.execute(text("LOCK TABLE lane, record, move, event IN ACCESS EXCLUSIVE MODE"))
        yield


@fault("database-full", "not one byte more can be written to any file of those who write the ledger")
def database_full(scene: Scene) -> None:
    limited = [*_those_who_write(scene)]
    for each in limited:
        _limit(each, "0")
    try:
        scene.wait(2, 4)
    finally:
        # Those that began meanwhile have the bound of the server that they come from.
        for each in chain(limited, _those_who_write(scene)):
            _limit(each, "unlimited")
        if scene.ground.server is not None:
            scene.ground.server.start()  # it ends when it cannot write its log


def _those_who_write(scene: Scene) -> Iterator[psutil.Process]:
    if scene.ground.server is not None:
        yield from scene.ground.server.processes()
        return
    for name in (
        "intake.1",
        "storefront.1",
        "showcase.1",
        "steward.1",
        *(f"sage-writer.{shop.company}" for shop in scene.ground.shops),
    ):
        yield from scene.ground.services.tree(name)


def _limit(process: psutil.Process, size: str) -> None:
    """A bound on the size of files, as a full disk is one; what is longer already cannot be written to.

    Root may not limit a process of another user where it lacks the right to; that user may.
    """
    with suppress(psutil.NoSuchProcess):
        owner = process.uids().real if os.getuid() == 0 else None
        told = subprocess.run(
            ["prlimit", f"--pid={process.pid}", f"--fsize={size}:"], user=owner, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if told.returncode and process.is_running():
            raise RuntimeError(f"process {process.pid} takes no limit: {told.stderr.strip()}")
