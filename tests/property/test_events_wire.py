"""The wire form under arbitrary bytes: reading never fails, and what is written is read back."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import Refused
from bridge.events.wire import MAX_BODY_BYTES, MAX_CHARS, SOURCES, Unreadable, parse_entry, to_fields
from bridge.ports.events import Entry, Event

KNOWN = [b"v", b"connection", b"event_id", b"topic", b"received_at", b"source", b"body"]
A_FINE_ENTRY = {b"v": b"1", b"connection": b"main", b"event_id": b"evt_1", b"topic": b"order.created", b"body": b"{}"}

_values = st.one_of(
    st.binary(max_size=300),
    st.sampled_from([b"1", b"webhook", b"2026-11-21T17:05:00Z", b"9999-12-31T23:59:59-23:00", b"0001-01-01T00:00+12"]),
    st.text(max_size=200).map(lambda text: text.encode()),
)
_fields = st.dictionaries(st.one_of(st.sampled_from(KNOWN), st.binary(max_size=20)), _values)
_ids = st.one_of(st.from_regex(r"[0-9]{1,20}-[0-9]{1,20}", fullmatch=True), st.text(max_size=30))


@settings(deadline=None)
@given(_ids, st.one_of(_fields, _fields.map(lambda odd: A_FINE_ENTRY | odd)))
def test_anything_is_an_event_or_says_why_not(entry_id: str, fields: dict[bytes, bytes]) -> None:
    found = parse_entry(Entry(entry_id, fields))
    if isinstance(found, Unreadable):
        assert found.reason
        assert len(found.value) <= 80
    else:
        assert parse_entry(Entry(entry_id, to_fields(found))) == found


def _text(field: str) -> st.SearchStrategy[str]:
    return st.text(min_size=1, max_size=MAX_CHARS[field]).filter(str.isprintable)


_zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_events = st.builds(
    Event,
    connection=_text("connection"),
    event_id=_text("event_id"),
    topic=_text("topic"),
    body=st.binary(max_size=2000),
    received_at=st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=_zones),  # noqa: DTZ001
    source=st.sampled_from(sorted(SOURCES)),
)


@settings(deadline=None)
@given(_events)
def test_an_event_that_fits_is_read_back_the_same(event: Event) -> None:
    assert parse_entry(Entry("1-1", to_fields(event))) == event


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (b"v", b"2"),
        (b"connection", b"\xff"),
        (b"event_id", b"x" * 129),
        (b"event_id", "ä".encode() * 129),
        (b"topic", b""),
        (b"topic", b"a\x00b"),
        (b"received_at", b"2026-11-21T17:05:00"),
        (b"received_at", b"yesterday"),
        (b"received_at", b"0001-01-01T00:00:00+12:00"),
        (b"source", b"rumour"),
        (b"body", b"x" * (MAX_BODY_BYTES + 1)),
    ],
)
def test_the_field_at_fault_is_named(field: bytes, value: bytes) -> None:
    found = parse_entry(Entry("1-1", A_FINE_ENTRY | {field: value}))
    assert isinstance(found, Unreadable)
    assert found.field == field.decode()


@pytest.mark.parametrize("missing", [b"v", b"connection", b"event_id", b"topic", b"body"])
def test_a_field_that_every_entry_needs_is_missed(missing: bytes) -> None:
    fields = {name: value for name, value in A_FINE_ENTRY.items() if name != missing}
    found = parse_entry(Entry("1-1", fields))
    assert isinstance(found, Unreadable)
    assert found.field == missing.decode()


def test_what_a_producer_may_leave_out_is_taken_from_the_entry() -> None:
    found = parse_entry(Entry("1795261564546-0", A_FINE_ENTRY))
    assert isinstance(found, Event)
    assert found.received_at == datetime(2026, 11, 21, 11, 46, 4, 546000, tzinfo=UTC)
    assert found.source == "submit"


@pytest.mark.parametrize("entry_id", ["", "now", "99999999999999999999-0", "1", "١-١"])
def test_an_entry_id_without_a_time_is_no_time(entry_id: str) -> None:
    found = parse_entry(Entry(entry_id, A_FINE_ENTRY))
    assert isinstance(found, Unreadable)
    assert found.field == "id"


def test_seven_digits_of_a_second_are_read_as_dotnet_writes_them() -> None:
    found = parse_entry(Entry("1-1", A_FINE_ENTRY | {b"received_at": b"2026-11-21T17:05:00.1234567+01:00"}))
    assert isinstance(found, Event)
    assert found.received_at == datetime(2026, 11, 21, 16, 5, 0, 123456, tzinfo=UTC)


@pytest.mark.parametrize("changes", [{"event_id": "\ud800"}, {"connection": " \n"}, {"topic": ""}])
def test_text_that_cannot_be_written_is_refused(changes: dict[str, str]) -> None:
    values = {"connection": "main", "event_id": "e", "topic": "t", "body": b"", "received_at": datetime.now(UTC)}
    with pytest.raises(Refused):
        to_fields(Event(**{**values, **changes}))
