"""What every adapter of the events port must do; an adapter's test is a subclass that says how to make one."""

from datetime import UTC, datetime
from typing import Protocol

import pytest

from bridge.errors import Refused
from bridge.events.wire import MAX_BODY_BYTES, Unreadable, parse_entry
from bridge.ports.events import Event, EventReader, EventWriter

A_DAY_MS = 86_400_000


class MeasuredReader(EventReader, Protocol):
    """A reader that also tells how much waits."""

    def depth(self) -> int: ...

    def oldest_age_s(self) -> float: ...


class Stream(Protocol):
    """One empty stream under test, with a back door for foreign bytes and for the broker's forgetting."""

    writer: EventWriter

    def reader(self, consumer: str, *, min_idle_ms: int = A_DAY_MS) -> MeasuredReader: ...

    def add_raw(self, fields: dict[bytes, bytes]) -> None: ...

    def wipe(self) -> None: ...


def event(number: int, **changes: object) -> Event:
    """The event with this number."""
    values: dict[str, object] = {
        "connection": "main",
        "event_id": f"evt_{number:012}",
        "topic": "order.created",
        "body": b'{"id":"evt_%d","note":"\xc3\xbcber \x00 \xff"}' % number,
        "received_at": datetime(2026, 11, 20, 23, 59, 59, 123456, tzinfo=UTC),
    }
    return Event(**{**values, **changes})  # type: ignore[arg-type]


class EventsContract:
    """The suite."""

    def test_events_come_out_verbatim_and_in_order(self, stream: Stream) -> None:
        told = [event(1), event(2, source="poll", body=b""), event(3, source="submit", topic="Grüße")]
        stream.writer.append(told)
        assert [parse_entry(entry) for entry in stream.reader("a").read(10)] == told

    def test_what_was_appended_before_the_first_reader_is_read(self, stream: Stream) -> None:
        stream.writer.append([event(1)])
        stream.writer.append([event(2)])
        assert len(stream.reader("late").read(10)) == 2

    def test_an_empty_stream_gives_nothing(self, stream: Stream) -> None:
        reader = stream.reader("a")
        assert list(reader.read(10)) == []
        assert list(reader.read(10, block_ms=20)) == []
        assert (reader.depth(), reader.oldest_age_s()) == (0, 0.0)

    def test_appending_nothing_does_nothing(self, stream: Stream) -> None:
        stream.writer.append([])
        assert stream.reader("a").depth() == 0

    def test_entries_stay_until_they_are_removed(self, stream: Stream) -> None:
        stream.writer.append([event(1), event(2)])
        reader = stream.reader("a")
        first, again = reader.read(10), reader.read(10)
        assert [entry.id for entry in first] == [entry.id for entry in again]
        assert [entry.deliveries for entry in again] == [2, 2]
        reader.remove([first[0].id])
        assert [entry.id for entry in reader.read(10)] == [first[1].id]
        assert reader.depth() == 1

    def test_removing_twice_or_the_unknown_is_the_same_as_once(self, stream: Stream) -> None:
        stream.writer.append([event(1), event(2)])
        reader = stream.reader("a")
        gone = reader.read(1)[0].id
        for ids in ([gone], [gone], ["1-1"], []):
            reader.remove(ids)
        assert [parse_entry(entry) for entry in reader.read(10)] == [event(2)]

    def test_two_living_consumers_share_the_work(self, stream: Stream) -> None:
        stream.writer.append([event(number) for number in range(4)])
        a, b = stream.reader("a"), stream.reader("b")
        ids = [entry.id for entry in [*a.read(2), *b.read(10)]]
        assert len(set(ids)) == len(ids) == 4
        assert [entry.id for entry in a.read(10)] == ids[:2]

    def test_what_a_dead_consumer_left_comes_first(self, stream: Stream) -> None:
        stream.writer.append([event(1), event(2)])
        left = stream.reader("dead").read(10)
        stream.writer.append([event(3)])
        heir = stream.reader("heir", min_idle_ms=0)
        taken = heir.read(10)
        assert [parse_entry(entry) for entry in taken] == [event(1), event(2), event(3)]
        assert [entry.id for entry in taken[:2]] == [entry.id for entry in left]
        assert [entry.deliveries for entry in taken] == [2, 2, 1]
        assert list(stream.reader("dead").read(10)) == []

    def test_a_read_never_gives_more_than_its_limit(self, stream: Stream) -> None:
        stream.writer.append([event(number) for number in range(5)])
        reader = stream.reader("a")
        assert len(reader.read(2)) == 2
        assert len(reader.read(3)) == 3
        assert len(reader.read(4)) == 4

    def test_foreign_bytes_come_through_and_harm_nothing(self, stream: Stream) -> None:
        stream.add_raw({b"\xff\xfe": b"\x00" * 1000})
        stream.writer.append([event(1)])
        reader = stream.reader("a")
        foreign, ours = reader.read(10)
        assert foreign.fields == {b"\xff\xfe": b"\x00" * 1000}
        assert isinstance(parse_entry(foreign), Unreadable)
        assert parse_entry(ours) == event(1)
        reader.remove([foreign.id, ours.id])
        assert reader.depth() == 0

    def test_readers_go_on_after_the_broker_forgot_everything(self, stream: Stream) -> None:
        reader = stream.reader("a")
        stream.writer.append([event(1)])
        reader.read(10)
        stream.wipe()
        stream.writer.append([event(2)])
        assert [parse_entry(entry) for entry in reader.read(10)] == [event(2)]

    @pytest.mark.parametrize(
        ("field", "changes"),
        [
            ("connection", {"connection": ""}),
            ("event_id", {"event_id": "x" * 129}),
            ("topic", {"topic": "order\ncreated"}),
            ("source", {"source": "rumour"}),
            ("received_at", {"received_at": datetime(2026, 11, 21)}),  # noqa: DTZ001 - that is the fault
            ("body", {"body": b"x" * (MAX_BODY_BYTES + 1)}),
        ],
    )
    def test_what_nobody_could_read_back_is_refused_with_its_whole_group(
        self, stream: Stream, field: str, changes: dict[str, object]
    ) -> None:
        with pytest.raises(Refused) as caught:
            stream.writer.append([event(1), event(2, **changes)])
        assert caught.value.field == field
        assert stream.reader("a").depth() == 0

    def test_depth_and_age_count_what_is_being_worked_on(self, stream: Stream) -> None:
        stream.writer.append([event(1), event(2)])
        reader = stream.reader("a")
        reader.read(1)
        assert reader.depth() == 2
        assert 0 <= reader.oldest_age_s() < 60
