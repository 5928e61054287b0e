"""Flower behind the desk: what reaches it, what comes back, and what a person reads when that does not work."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from starlette.testclient import TestClient

from bridge.ledger.store import Database
from desk.app import make_desk
from desk.pages.flower import MAX_ANSWER_BYTES
from tests.desk_rig import ORIGIN, DeskRig, a_desk_rig, plain

LOG_IN = httpx.BasicAuth("admin", "flower's own")


@dataclass
class Listening:
    """What stands where Flower does: it notes what it is asked, and answers what a test wants."""

    status: str = "200 OK"
    body: bytes = b"<p>workers</p>"
    asked: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.asked.append(environ)
        start_response(self.status, [("Content-Type", "text/html"), ("Set-Cookie", "_xsrf=1"), ("Etag", '"1"')])
        return [self.body]


@pytest.fixture
def listening() -> Listening:
    return Listening()


@pytest.fixture
def desk(sqlite_database: Database, listening: Listening) -> Iterator[DeskRig]:
    with a_desk_rig(sqlite_database) as rig:
        yield _with_flower(
            rig, httpx.Client(transport=httpx.WSGITransport(app=listening), base_url=ORIGIN, auth=LOG_IN)
        )


def _with_flower(rig: DeskRig, flower: httpx.Client | None) -> DeskRig:
    """The rig's desk with this way to Flower, and an administrator logged in."""
    ports = replace(rig.ports, flower=flower)
    made = DeskRig(rig.tasks, rig.sessions, ports, TestClient(make_desk(ports), base_url=ORIGIN))
    assert made.log_in("ada").status_code == 303
    return made


def test_flower_gets_the_question_and_its_own_log_in_but_no_cookie_of_the_desk(
    desk: DeskRig, listening: Listening
) -> None:
    desk.browser.get("/flower/worker/steward%40host?refresh=1", headers={"Authorization": "Basic stolen"})
    [asked] = listening.asked
    assert (asked["REQUEST_METHOD"], asked["PATH_INFO"]) == ("GET", "/flower/worker/steward@host")
    assert asked["QUERY_STRING"] == "refresh=1"
    assert asked["HTTP_AUTHORIZATION"] == next(LOG_IN.auth_flow(httpx.Request("GET", ORIGIN))).headers["Authorization"]
    assert "HTTP_COOKIE" not in asked


def test_its_answer_comes_back_without_its_cookies_and_under_a_policy_of_its_own(desk: DeskRig) -> None:
    answer = desk.browser.get("/flower/")
    assert (answer.status_code, answer.text, answer.headers["etag"]) == (200, "<p>workers</p>", '"1"')
    assert "set-cookie" not in answer.headers
    assert "script-src 'self' 'sha256-" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"


def test_its_table_of_tasks_is_asked_for_by_get(desk: DeskRig, listening: Listening) -> None:
    question = {"draw": "1", "search[value]": "state:FAILURE"}
    answer = desk.browser.post("/flower/tasks/datatable", data=question, headers={"Origin": ORIGIN})
    assert answer.status_code == 200
    [asked] = listening.asked
    assert (asked["REQUEST_METHOD"], dict(parse_qsl(asked["QUERY_STRING"]))) == ("GET", question)


def test_nothing_else_is_asked_by_post_nor_by_another_site(desk: DeskRig, listening: Listening) -> None:
    change = desk.browser.post("/flower/api/worker/shutdown/any", data={}, headers={"Origin": ORIGIN})
    foreign = desk.browser.post(
        "/flower/tasks/datatable", data={"draw": "1"}, headers={"Origin": "https://evil.example"}
    )
    assert (change.status_code, foreign.status_code) == (405, 403)
    assert listening.asked == []


def test_an_answer_is_bounded(desk: DeskRig, listening: Listening) -> None:
    listening.body = b"a" * (MAX_ANSWER_BYTES + 1)
    answer = desk.browser.get("/flower/tasks")
    assert answer.status_code == 400
    assert "ask for less of it" in plain(answer)


def test_a_log_in_that_flower_refuses_is_said_and_asks_the_person_for_none(desk: DeskRig, listening: Listening) -> None:
    listening.status = "401 Unauthorized"
    answer = desk.browser.get("/flower/")
    assert answer.status_code == 409
    assert "give both the same [flower] user and password" in plain(answer)
    assert "www-authenticate" not in answer.headers


def test_a_flower_that_is_away_or_in_no_settings_is_said(desk: DeskRig) -> None:
    away = _with_flower(desk, httpx.Client(base_url="http://127.0.0.1:1", trust_env=False))
    assert "is tidegate flower up?" in away.get("/flower/", 503).replace("`", "")
    assert "the settings have no [flower]" in _with_flower(desk, None).get("/flower/", 404)
