"""A stop that comes while a prefork worker reads a result waits until it has been read."""

import os
import pickle
import signal
import struct
import time
from collections.abc import Iterator
from types import FrameType, SimpleNamespace
from typing import Any

import pytest
from celery.concurrency.asynpool import ResultHandler

from tests.waits import until
from workers.stopping import stop_between_results


class Stops:
    """How often the handler came that Celery would have set, and what had been read by then."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.came: list[list[str]] = []

    def note(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.came.append([*self.read])


@pytest.fixture
def stops() -> Iterator[Stops]:
    stops = Stops()
    before = signal.signal(signal.SIGTERM, stops.note)
    stop_between_results()
    yield stops
    signal.signal(signal.SIGTERM, before)


def test_at_any_other_moment_it_comes_at_once(stops: Stops) -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    assert stops.came == [[]]


def test_while_a_result_is_read_it_comes_afterwards(stops: Stops) -> None:
    body = pickle.dumps("a result")
    reader, writer = os.pipe()
    os.write(writer, struct.pack(">i", len(body)) + body)

    def take(message: Any) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0)  # a handler runs between two steps of the program
        assert stops.came == [], "the handler ran while the result was in nobody's hands"
        stops.read.append(message)

    reading = ResultHandler._recv_message(SimpleNamespace(handle_event=None), lambda *_: None, reader, take)
    assert list(reading) == []
    until(lambda: bool(stops.came), "the stop that was put off")
    assert stops.came == [["a result"]]
    os.close(reader)
    os.close(writer)
