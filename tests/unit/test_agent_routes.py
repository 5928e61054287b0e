"""The agent's door: the key, the body, and what it says to whom."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from pydantic import SecretStr

from bridge.erp.sage100.company import SageCompany
from workers.agent import AgentSettings, create_app

KEY = {"X-Api-Key": "right"}
LANE = {**KEY, "X-Company": "ABC", "X-Fence": "1", "X-Session-Id": "none"}


@pytest.fixture
def told() -> list[int]:
    """The status of each answer, as who counts them hears it."""
    return []


@pytest.fixture
def agent(tmp_path: Path, told: list[int]) -> Iterator[httpx.Client]:
    settings = AgentSettings(
        api_key=SecretStr("right"),
        companies={"ABC": SageCompany(user="WEB", password=SecretStr("pass-word"))},
        home="C:\\Home",
        script_factory="no_such_module:connect",
        state_file=tmp_path / "agent.sqlite",
        body_limit_bytes=2000,
    )
    with socket.create_server(("127.0.0.1", 0)) as door:
        server = uvicorn.Server(uvicorn.Config(create_app(settings, told.append), log_config=None))
        thread = threading.Thread(target=server.run, args=([door],))
        thread.start()
        with httpx.Client(base_url=f"http://127.0.0.1:{door.getsockname()[1]}", trust_env=False) as client:
            yield client
        server.should_exit = True
        thread.join()


def opening(**changed: Any) -> dict[str, Any]:
    return {"company": "ABC", "fence": 1, "purpose": "write", **changed}


@pytest.mark.parametrize("headers", [{}, {"X-Api-Key": "wrong"}, {"X-Api-Key": ""}])
def test_every_route_but_health_needs_the_key(agent: httpx.Client, headers: dict[str, str]) -> None:
    assert agent.get("/health", headers=headers).json() == {"status": "ok"}
    for method, path in (
        ("GET", "/session"), ("POST", "/session"), ("DELETE", "/session/x"), ("POST", "/session/x/end"),
        ("POST", "/SO/SalesOrder"), ("POST", "/AR/Customer"), ("POST", "/SO/SalesOrder/numbers"),
        ("POST", "/SO/SalesOrder/probe"), ("POST", "/SO/SalesOrder/withdrawal"),
        ("POST", "/SO/SalesOrder/withdrawal/probe"), ("POST", "/SO/SalesOrder/deposit"),
        ("POST", "/SO/SalesOrder/deposit/probe"), ("POST", "/AR/Customer/match"),
        ("POST", "/facts"), ("GET", "/batch/ABC/1"),
    ):  # fmt: skip
        answer = agent.request(method, path, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (401, "unauthorised"), path


def test_each_answer_is_told_once_to_who_counts_them(agent: httpx.Client, told: list[int]) -> None:
    for path, headers in (("/health", {}), ("/session", {}), ("/session", KEY), ("/nowhere", KEY)):
        agent.get(path, headers=headers)
    assert told == [200, 401, 200, 404]


def test_only_json_of_bounded_length_is_read(agent: httpx.Client) -> None:
    assert agent.post("/session", headers=KEY, content=b"a=b").status_code == 415
    assert agent.post("/session", headers=KEY, json=opening(purpose="x" * 3000)).status_code == 413
    answer = agent.post("/session", headers=KEY, json=opening(fence="soon", odd=1))
    assert answer.status_code == 422
    assert "fence" in answer.json()["text"]
    assert "soon" not in answer.text


def test_an_unknown_company_and_a_broken_set_up_say_the_way_out(agent: httpx.Client) -> None:
    answer = agent.post("/session", headers=KEY, json=opening(company="ZZZ"))
    assert answer.json()["error"] == "misconfigured"
    assert "ABC" in answer.json()["text"]
    answer = agent.post("/session", headers=KEY, json=opening())
    assert answer.json()["error"] == "misconfigured"
    assert "module:function" in answer.json()["text"]
    assert agent.get("/session", headers=KEY).json() == []


def test_an_older_fence_is_told_the_highest(agent: httpx.Client) -> None:
    agent.post("/session", headers=KEY, json=opening(fence=8))
    answer = agent.post("/session", headers=KEY, json=opening(fence=7))
    assert answer.status_code == 409
    assert answer.json()["error"] == "stale_fence"
    assert "8" in answer.json()["text"]
    assert agent.post("/facts", headers=LANE, json={}).json()["error"] == "stale_fence"
    assert agent.delete("/session/any", headers=LANE).json()["error"] == "stale_fence"


def test_a_session_that_is_not_there_is_gone(agent: httpx.Client) -> None:
    answer = agent.post("/facts", headers=LANE, json={})
    assert (answer.status_code, answer.json()["error"]) == (410, "unreachable")
    assert agent.delete("/session/any", headers=LANE).status_code == 200


def test_a_request_without_its_fence_says_what_it_needs(agent: httpx.Client) -> None:
    answer = agent.post("/facts", headers={**LANE, "X-Fence": "new"}, json={})
    assert answer.json()["error"] == "misconfigured"
    assert "X-Fence" in answer.json()["text"]


def test_asking_for_an_unknown_batch_closes_it(agent: httpx.Client) -> None:
    assert agent.get("/batch/ABC/5", headers=KEY).json() == {"closed": True, "begun": []}


def test_no_password_is_ever_shown(agent: httpx.Client, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    agent.post("/session", headers=KEY, json=opening())
    shown = agent.get("/session", headers=KEY).text + "".join(capfd.readouterr())
    assert "pass-word" not in shown + (tmp_path / "agent.sqlite").read_bytes().decode("latin-1")
