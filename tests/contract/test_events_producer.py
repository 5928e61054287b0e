"""A producer that is no part of Tidegate and uses no library: its entry is an event like any other."""

import os
import subprocess
import sys
from pathlib import Path

from bridge.ports.events import Event
from tests.doors import STREAM, stored
from workers.broker import EmbeddedBroker, free_port

PRODUCER = Path(__file__).parents[2] / "deploy" / "examples" / "producer_resp.py"
BODY = '{"note": "Größe"}\r\n$3\r\n'.encode()


def _produce(port: int, password: str, *, event_id: str = "evt_1") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-I", str(PRODUCER), "127.0.0.1", str(port), STREAM, "plug-in", event_id, "order.created"],
        env={**os.environ, "TIDEGATE_BROKER_PASSWORD": password},
        input=BODY,
        capture_output=True,
        timeout=20,
        check=False,
    )


def test_its_entry_is_an_event(broker: EmbeddedBroker) -> None:
    produced = _produce(broker.port, "for-tests-only")
    assert (produced.returncode, produced.stderr) == (0, b"")
    assert b"-" in produced.stdout
    (event,) = stored(broker.url)
    assert isinstance(event, Event)
    assert (event.connection, event.event_id, event.topic) == ("plug-in", "evt_1", "order.created")
    assert (event.body, event.source) == (BODY, "submit")


def test_what_is_not_stored_is_said(broker: EmbeddedBroker) -> None:
    for produced in (_produce(broker.port, "wrong"), _produce(free_port(), "for-tests-only")):
        assert produced.returncode == 1
        assert b"not known to be stored" in produced.stderr
    assert stored(broker.url) == []
