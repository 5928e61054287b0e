"""`tidegate submit`: which orders of a file go on, and what is said of the others."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.states import State
from tests.builders import NOW, an_order, the
from tests.cli_rig import Rig, a_rig, change, order_bodies
from workers.cli.following import outcome, rests
from workers.cli.submission import Submission, check_files, connection_for
from workers.json_files import Found, Problem, objects_in
from workers.settings import load_settings


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = a_rig(tmp_path)
    yield made
    made.database.close()


def check(rig: Rig, text: str | bytes, name: str = "orders.json") -> Submission:
    file = rig.config.with_name(name)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    name, connection = connection_for(load_settings(rig.config), None)
    return check_files([str(file)], name, connection, NOW)


def told(submission: Submission) -> list[tuple[int, str | None, str | None]]:
    return [(it.line, it.order, it.field) for it in submission.problems]


def a_bad(order: dict[str, Any]) -> dict[str, Any]:
    bad = json.loads(json.dumps(order))
    bad["id"], bad["lines"][0]["quantity"] = "bad_1", "two"
    return bad


@pytest.mark.parametrize("shape", ["one", "list", "pretty list", "lines", "pretty documents", "with BOM"])
def test_every_shape_of_file_gives_its_orders(rig: Rig, shape: str) -> None:
    bodies = order_bodies(3)
    text = {
        "one": json.dumps(bodies[0]),
        "list": json.dumps(bodies),
        "pretty list": json.dumps(bodies, indent=2),
        "lines": "\n".join(map(json.dumps, bodies)) + "\n\n",
        "pretty documents": "\n".join(json.dumps(body, indent=1) for body in bodies),
        "with BOM": "\ufeff" + json.dumps(bodies),
    }[shape]
    submission = check(rig, text)
    expected = bodies[:1] if shape == "one" else bodies
    assert [event.event_id for event in submission.events] == [f"submit:{body['id']}:1" for body in expected]
    assert submission.problems == []
    assert submission.versions == {body["id"]: 1 for body in expected}


@pytest.mark.parametrize("lines", [True, False], ids=["lines", "pretty list"])
def test_a_bad_order_is_named_with_line_and_field_and_the_others_go_on(rig: Rig, lines: bool) -> None:
    good, other = order_bodies(2)
    bodies = [good, a_bad(good), other]
    text = "\n".join(map(json.dumps, bodies)) if lines else json.dumps(bodies, indent=2)
    submission = check(rig, text)
    line = 2 if lines else text[: text.index('"bad_1"')].count("\n")
    assert told(submission) == [(line, "bad_1", "lines[0].quantity")]
    assert "'two': not an exact number such as 129.90" in submission.problems[0].text
    assert len(submission.events) == 2
    assert submission.accounts[0].orders == 3


def test_a_line_that_is_no_json_harms_no_other(rig: Rig) -> None:
    first, second = map(json.dumps, order_bodies(2))
    submission = check(rig, "\n".join([first, first[:40], '{"a": NaN}', second, "[" * 100_000, second + " x"]))
    assert [line for line, *_ in told(submission)] == [2, 3, 5, 6]
    assert len(submission.events) == 2
    assert "nested too deeply" in submission.problems[2].text


def test_a_broken_list_keeps_what_comes_before_the_break(rig: Rig) -> None:
    text = json.dumps(order_bodies(3), indent=1)
    cut = text.index('"id": "ord_7_100003"')
    submission = check(rig, text[:cut])
    assert len(submission.events) == 2
    [problem] = submission.problems
    assert problem.line == text[:cut].count("\n") + 1
    assert "what is in the fleet stays once" in problem.text


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "the file is empty"),
        ("[1, 2", 1, "a comma or the list's end"),
        ("[] trailing", 1, "something follows the list"),
        (b"\n\xff", 2, "not UTF-8"),
        ('{"id": ' + "9" * 5000 + "}", 1, "no readable JSON"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(rig: Rig, text: str | bytes, line: int, words: str) -> None:
    problem = check(rig, text).problems[-1]
    assert problem.line == line
    assert words in problem.text


def test_a_file_that_is_not_there_holds_up_no_other(rig: Rig) -> None:
    name, connection = connection_for(load_settings(rig.config), None)
    rig.config.with_name("good.json").write_text(json.dumps(order_bodies(1)))
    files = [str(rig.config.with_name(name)) for name in ("none.json", "good.json")]
    submission = check_files(files, name, connection, NOW)
    assert "No such file" in submission.problems[0].text
    assert len(submission.events) == 1


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"siteId": "elsewhere"}, "siteId", "add it under [connections.desk.lanes]"),
        ({"version": None}, "version", "it is required"),
        ({"id": ""}, None, "resource.id: String should have at least 1 character"),
        ({"version": -1}, None, "resource.version"),
        ({"comments": "x" * 1_100_000}, "body", "larger than"),
    ],
)
def test_an_order_that_the_fleet_could_not_take_is_refused_here(
    rig: Rig, change: dict[str, Any], field: str | None, words: str
) -> None:
    submission = check(rig, json.dumps({**order_bodies(1)[0], **change}))
    assert submission.events == []
    [problem] = submission.problems
    assert problem.field == field
    assert words in problem.text


def test_the_same_file_gives_the_same_events_with_every_number_as_written(rig: Rig) -> None:
    text = json.dumps(order_bodies(1)[0]).replace('"quantity": "', '"quantity": "000')
    first, again = check(rig, text), check(rig, text)
    assert [event.body for event in first.events] == [event.body for event in again.events]
    body = first.events[0].body.decode()
    assert text in body
    envelope = json.loads(body)
    assert (envelope["type"], envelope["siteId"], envelope["resource"]["type"]) == ("order.created", "main", "order")


def test_without_a_connection_that_trusts_its_body_the_way_out_is_told(rig: Rig) -> None:
    rig.config.write_text(rig.config.read_text().replace("trusts_body = true", ""))
    said = rig.said("submit", "x.json", status=2)
    assert "such as [connections.desk] with trusts_body = true" in said


def test_bad_orders_alone_need_no_broker_and_are_trouble(rig: Rig) -> None:
    file = rig.config.with_name("orders.jsonl")
    file.write_text(json.dumps(a_bad(order_bodies(1)[0])))
    said = rig.said("submit", str(file), status=1)
    assert f"{file} 1 0 1" in said
    assert "lines[0].quantity" in said
    found = rig.json("submit", str(file), status=1)
    assert found["files"][0]["problems"][0]["order"] == "bad_1"


def test_standard_input_is_a_file_too(rig: Rig) -> None:
    said = rig.said("submit", "-", status=1, input="{}\n[1]")
    assert "- 2 0 2" in said


def test_orders_for_a_broker_that_is_away_are_told_to_be_submitted_again(rig: Rig) -> None:
    file = rig.config.with_name("orders.json")
    file.write_text(json.dumps(order_bodies(1)))
    assert "start it, or correct broker.url" in rig.said("submit", str(file), status=1)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({}, False),
        ({"state": "CONFIRMED", "written_version": 1}, True),
        ({"state": "CONFIRMED", "written_version": 1, "needs_read": True}, False),
        ({"state": "HELD", "condition": "reread"}, False),
        ({"state": "HELD", "condition": "customer:7"}, False),
        ({"state": "HELD", "condition": "credit_hold"}, True),
        ({"state": "REVIEW"}, True),
        ({"state": "WRITING"}, False),
    ],
)
def test_an_order_rests_when_nothing_more_happens_by_itself(rig: Rig, columns: dict[str, Any], expected: bool) -> None:
    order = an_order(rig.database, "10025")
    change(rig.database, order, **columns)
    assert rests(the(rig.database, order), 1) is expected
    assert not rests(the(rig.database, order), 2), "a newer version than the ledger knows is on its way"


def test_a_version_after_the_written_one_is_not_called_confirmed(rig: Rig) -> None:
    order = an_order(rig.database, "10025")
    change(rig.database, order, state=State.CONFIRMED.value, written_version=1)
    assert outcome(the(rig.database, order), 1) == "CONFIRMED"
    assert outcome(the(rig.database, order), 2) == "CONFIRMED as version 1 before; this one waits for a person"


def test_lines_are_counted_in_windows_files_too() -> None:
    found = list(objects_in("f", '{"a": 1}\r\n{"b": 2}\r\nx\r\n'))
    assert [(it.line, type(it)) for it in found] == [(1, Found), (2, Found), (3, Problem)]
