"""`canary.echo`: proof that beat is alive and that a queue is served."""

import pytest
from sqlalchemy.exc import OperationalError

from bridge.ledger import heartbeats
from bridge.ledger.store import Database
from tasks.canary_echo import echo
from tests.task_rig import NOW, TaskRig


def test_it_shows_that_beat_is_alive_and_twice_is_once(rig: TaskRig) -> None:
    echo()
    echo()
    assert [(row.name, row.at, row.by) for row in rig.rows("heartbeat")] == [(heartbeats.BEAT, NOW, "worker@test")]
    later = rig.pass_time(seconds=60)
    echo()
    assert [row.at for row in rig.rows("heartbeat")] == [later]


def test_without_a_ledger_it_fails_and_shows_nothing(rig: TaskRig) -> None:
    rig.change(database=Database("sqlite:////nowhere/at/all.db"))
    with pytest.raises(OperationalError):
        echo()
