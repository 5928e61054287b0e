"""What a log line may hold, and what is kept out of it whoever wrote it."""

import re
from decimal import Decimal
from typing import Any

import pytest

from bridge.errors import Unreachable
from workers.log_lines import MASK, Redaction, Stamp, library_line, tell_error


def redacted(secrets: tuple[str, ...] = (), **line: object) -> dict[str, Any]:
    return dict(Redaction(secrets)(None, "", dict(line)))


def failing(error: Exception) -> dict[str, Any]:
    try:
        raise error
    except Exception:
        return dict(tell_error(None, "", {"event": "x", "exc_info": True}))


@pytest.mark.parametrize(
    "name",
    ["password", "client_secret", "Authorization", "api_key", "set_cookie", "e_mail", "email", "customer_name", "phone",
     "ship_to_street", "address1", "city", "postal_code", "tokens"],
)  # fmt: skip
def test_a_field_that_is_called_after_a_secret_or_a_person_is_masked(name: str) -> None:
    assert redacted(**{name: "whatever"}) == {name: MASK}
    assert redacted(more={name: ["whatever"]}) == {"more": {name: MASK}}


@pytest.mark.parametrize(
    "name", ["id", "ids", "record", "order", "lane", "fingerprint", "by", "owner", "alarm", "numbers", "entry", "field"]
)
def test_a_field_that_lines_are_searched_by_stays(name: str) -> None:
    assert redacted(**{name: "100234"}) == {name: "100234"}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("redis://:hunter2hunter@broker:6379/0", "redis://***@broker:6379/0"),
        ("Authorization was Bearer abcdefghijkl", "Authorization was ***"),
        ("of guest:anna.smith+x@shop.example.com", "of guest:***"),
        ("signed with whsec_c2VjcmV0", "signed with ***"),
        ("token=abc123 was refused", "*** was refused"),
        ("DSN=SOTAMAS90;PWD=geheim;Company=ABC", "DSN=SOTAMAS90;***"),
        ("Key exists\nDETAIL:  Key (name)=(Anna) exists", "Key exists\n***"),
        ("1 error [input_value='Anna', input_type=str]", "1 error [***, input_type=str]"),
        ("sage-writer.ABC@host.example.com:17", "sage-writer.ABC@host.example.com:17"),
        ("sha256:0123456789abcdef", "sha256:0123456789abcdef"),
    ],
)
def test_what_looks_like_a_secret_or_a_person_is_masked_wherever_it_stands(text: str, left: str) -> None:
    assert redacted(text=text, inside=[{"deep": text}]) == {"text": left, "inside": [{"deep": left}]}


def test_a_secret_of_the_settings_is_masked_whatever_it_looks_like() -> None:
    assert redacted(("correct horse", "key"), text="key is correct horse!") == {"text": "key is ***!"}


def test_no_object_shows_what_it_holds() -> None:
    assert redacted(seen=re.compile("Anna"), total=Decimal("1.50"), count=3) == {
        "seen": "<Pattern>",
        "total": "1.50",
        "count": 3,
    }


def test_an_error_that_may_hold_a_documents_values_is_told_by_its_type_and_place() -> None:
    name = "Anna"
    line = failing(ValueError(f"no customer {name}"))
    assert line["error"] == "ValueError"
    assert line["stack"][-1].endswith("failing: raise error")
    assert name not in str(line)


def test_an_error_of_the_machinery_keeps_its_first_line() -> None:
    assert failing(Unreachable("the agent does not answer\nmore"))["error"] == "Unreachable: the agent does not answer"
    assert failing(ConnectionRefusedError("port 6379"))["error"] == "ConnectionRefusedError: port 6379"


def test_celerys_line_of_a_failed_task_has_a_name_and_holds_neither_arguments_nor_error() -> None:
    told = {"id": "7f", "name": "terms.read", "args": "('Anna',)", "exc": "ValueError('Anna')", "traceback": "Anna"}
    text = "Task terms.read[7f] raised unexpected: ValueError('Anna')"
    line = library_line(None, "", {"event": text, "logger": "celery.app.trace", "positional_args": told})
    assert line == {"event": "task_failed", "logger": "celery.app.trace", "task": "terms.read", "task_id": "7f"}


def test_a_librarys_text_is_a_field_of_one_line() -> None:
    line = library_line(None, "", {"event": "no\n broker", "logger": "celery.beat", "positional_args": ()})
    assert line == {"event": "library_line", "text": "no broker", "logger": "celery.beat"}


def test_a_line_begins_with_when_how_grave_what_and_who() -> None:
    line = Stamp("intake.1")(None, "", {"lane": "sage100:ABC", "event": "x", "level": "info"})
    assert list(line) == ["at", "level", "event", "role", "pid", "lane"]
    assert line["role"] == "intake.1"
    assert line["at"].endswith("+00:00")
