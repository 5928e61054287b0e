"""Programs started twice, and messages that nobody of this release has sent."""

import os

from celery import Celery

from workers.drills.faults.catalogue import Scene, fault
from workers.queues import queues_of
from workers.roles import load_fleet


@fault("two-beats", "somebody starts a second beat")
def two_beats(scene: Scene) -> None:
    with scene.ground.services.twin("beat"):
        scene.wait(3, 5)


@fault("two-writers", "somebody starts a second writer of one company, and kills it after a while")
def two_writers(scene: Scene) -> None:
    with scene.ground.services.twin("worker", "sage-writer", "--company", scene.shop.company, "--number", "2"):
        scene.wait(3, 6)


@fault("old-release", "messages of a release that had other tasks, and other arguments")
def old_release(scene: Scene) -> None:
    broker_url = scene.ground.stage.settings.broker.url.get_secret_value()
    app = Celery(broker=broker_url)
    app.conf.broker_transport_options = {"socket_timeout": 5}
    with app.connection_for_write() as connection:
        for queue in _queues(scene):
            app.send_task("orders.push", args=["100234"], queue=queue, connection=connection, ignore_result=True)
        declared = load_fleet()
        sent_to = {task: declared.queue_of(task, scene.shop.company) for task in declared.tasks}
        for task, queue in sent_to.items():
            if queue not in _queues(scene):
                continue
            app.send_task(task, args=[1, 2, 3], kwargs={"mode": "fast"}, queue=queue, connection=connection)


@fault("unreadable", "bytes that are no message, in every queue and in the event stream")
def unreadable(scene: Scene) -> None:
    broker = scene.ground.broker
    for queue in _queues(scene):
        broker.lpush(queue, b"\xff\x00" + os.urandom(16))
        broker.lpush(queue, b'{"body": 7}')
    broker.xadd(scene.ground.stage.settings.broker.stream, {b"\xfe": os.urandom(64)})


def _queues(scene: Scene) -> tuple[str, ...]:
    return queues_of(scene.ground.stage.settings)
