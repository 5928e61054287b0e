"""Sage is locked, backed up, full, or fails in the middle of a record."""

from workers.drills.faults.catalogue import HIT_WITHIN_S, Scene, fault

MAINTENANCE_S = (2.0, 5.0)


@fault("sage-locked", "Sage lets nobody in for seconds")
def sage_locked(scene: Scene) -> None:
    scene.ground.sage.maintenance(True)
    try:
        scene.wait(*MAINTENANCE_S)
    finally:
        scene.ground.sage.maintenance(False)


@fault("backup-in-batch", "Sage's backup begins in the middle of a batch")
def backup_in_batch(scene: Scene) -> None:
    try:
        with scene.in_batch("before_set_key", "between_lines"):
            scene.ground.sage.maintenance(True)
        scene.wait(*MAINTENANCE_S)
    finally:
        scene.ground.sage.maintenance(False)


@fault("log-on-refused", "Sage refuses our log-on; a person mends it and resumes the lane")
def log_on_refused(scene: Scene) -> None:
    ground, company = scene.ground, scene.shop.company
    ground.sage.logon_refused(company, True)
    try:
        ground.until(lambda: ground.ledger.lane(scene.shop).halted, "the lane is halted", HIT_WITHIN_S)
    finally:
        ground.sage.logon_refused(company, False)
        ground.ledger.resume(scene.shop)


@fault("no-seat", "every seat of Sage is taken by others")
def no_seat(scene: Scene) -> None:
    ground = scene.ground
    seats = ground.sage.options().seats
    ground.sage.set_option("seats", 0)
    try:
        ground.until(
            lambda: any(ground.ledger.lane(shop).last_end == "no seat" for shop in ground.shops),
            "a window ends for want of a seat", HIT_WITHIN_S,
        )  # fmt: skip
    finally:
        ground.sage.set_option("seats", seats)


@fault("record-locked", "a person has the record open that is to be written")
def record_locked(scene: Scene) -> None:
    scene.sage_fault("before_set_key", "busy")


@fault("stale-handle", "an object's handle is stale in the middle of a record")
def stale_object(scene: Scene) -> None:
    scene.sage_fault("between_lines", "stale")


@fault("server-gone-before", "Sage's server is gone before it has committed a record")
def server_gone_before(scene: Scene) -> None:
    scene.sage_fault("before_header_write", "server_gone")


@fault("server-gone-after", "Sage's server is gone after it has committed a record")
def server_gone_after(scene: Scene) -> None:
    scene.sage_fault("after_header_write", "server_gone")


@fault("session-hangs", "a message box on the server: the session never answers, before or after Sage's commit")
def session_hangs(scene: Scene) -> None:
    scene.sage_fault(scene.rng.choice(("before_header_write", "after_header_write")), "hang")
