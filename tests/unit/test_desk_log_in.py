"""Logging in and out: sessions end in time, tries are bounded, and no form of another site does anything."""

from collections.abc import Iterator

import pytest

from bridge.errors import Misconfigured, Throttled
from bridge.ledger.schema_desk import desk_session
from bridge.ledger.store import Database
from desk.passwords import PER_ADDRESS, PER_NAME, Door, hash_of
from desk.settings import DeskSettings
from tests.desk_rig import ORIGIN, PASSWORD, DeskRig, a_desk_rig, desk_settings, token_of


@pytest.fixture
def desk(sqlite_database: Database) -> Iterator[DeskRig]:
    with a_desk_rig(sqlite_database) as made:
        yield made


def test_a_log_in_leads_to_where_one_wanted_to_go(desk: DeskRig) -> None:
    asked = desk.browser.get("/?x=1", follow_redirects=False)
    assert (asked.status_code, asked.headers["location"]) == (303, "/log-in?next=%2F%3Fx%3D1")
    answer = desk.log_in(next="/?x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?x=1")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    assert "olaf (operate)" in desk.get("/")


@pytest.mark.parametrize("place", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_a_log_in_never_leads_to_another_site(desk: DeskRig, place: str) -> None:
    assert desk.log_in(next=place).headers["location"] == "/"


def test_behind_https_the_cookie_is_secure(sqlite_database: Database) -> None:
    with a_desk_rig(sqlite_database, public_url="https://desk.example.com") as desk:
        desk.browser.base_url = "https://testserver"
        assert "Secure" in desk.browser.get("/log-in").headers["set-cookie"]
        assert "Secure" in desk.log_in().headers["set-cookie"]


def test_wrong_names_and_wrong_passwords_read_the_same(desk: DeskRig) -> None:
    for name, password in (("olaf", "wrong"), ("nobody", PASSWORD), ("", "")):
        answer = desk.log_in(name, password)
        assert answer.status_code == 401
        assert "Name or password is wrong." in answer.text
    assert [(line.action, line.by) for line in desk.trail()] == [("log in refused", "olaf")]


def test_the_ledger_keeps_no_token_that_could_be_used(desk: DeskRig) -> None:
    desk.log_in()
    token = desk.browser.cookies["tidegate_session"]
    with desk.database.read() as connection:
        [row] = connection.execute(desk_session.select()).all()
    assert token not in str(row)
    assert len(row.token_hash) == 64


def test_a_log_out_ends_the_session_at_once_for_whoever_has_its_cookie(desk: DeskRig) -> None:
    desk.log_in()
    token = desk.browser.cookies["tidegate_session"]
    answer = desk.post("/log-out")
    assert "You are logged out." in answer.text
    thief = desk.another_browser()
    thief.browser.cookies.set("tidegate_session", token)
    assert "Password" in thief.get("/")
    assert [line.action for line in desk.trail()] == ["log out", "log in"]


def test_a_session_that_is_not_used_ends_and_one_in_use_does_not(desk: DeskRig) -> None:
    desk.log_in()
    for _ in range(3):
        desk.pass_time(minutes=50)
        assert "olaf" in desk.get("/")
    desk.pass_time(minutes=61)
    assert "Password" in desk.get("/")


def test_a_page_that_only_renews_itself_does_not_keep_a_session_alive(desk: DeskRig) -> None:
    desk.log_in()
    for _ in range(2):
        desk.pass_time(minutes=31)
        status = desk.browser.get("/parts/standing").status_code
    assert status == 401


def test_a_session_ends_after_its_longest_time_however_much_it_is_used(desk: DeskRig) -> None:
    desk.log_in()
    for _ in range(24):
        desk.pass_time(minutes=30)
        shown = desk.get("/")
    assert "Password" in shown


def test_a_user_who_is_taken_out_of_the_settings_is_out(desk: DeskRig) -> None:
    desk.log_in("vera")
    desk.ports.settings.users.pop("vera")
    assert "Password" in desk.get("/")


def test_a_new_log_in_ends_the_session_that_the_browser_had(desk: DeskRig) -> None:
    desk.log_in()
    former = desk.browser.cookies["tidegate_session"]
    assert "olaf" in desk.get("/log-in")
    data = {"name": "ada", "password": PASSWORD, "form_token": token_of(desk.browser.get("/"))}
    desk.browser.post("/log-in", data=data, headers={"Origin": ORIGIN})
    assert desk.browser.cookies["tidegate_session"] != former
    with desk.database.read() as connection:
        assert [row.name for row in connection.execute(desk_session.select())] == ["ada"]


def test_tries_are_bounded_for_a_name_whoever_tries() -> None:
    door = Door(desk_settings())
    for number in range(PER_NAME.burst):
        assert door.admit("olaf", "guess", f"10.0.0.{number}") is None
    with pytest.raises(Throttled) as slow:
        door.admit("olaf", PASSWORD, "10.0.1.1")
    assert slow.value.after_s
    assert door.admit("ada", PASSWORD, "10.0.1.1")


def test_tries_are_bounded_for_an_address_whatever_the_names(desk: DeskRig) -> None:
    answers = [desk.log_in(f"name{number}", "guess") for number in range(PER_ADDRESS.burst + 10)]
    assert {answer.status_code for answer in answers[: PER_ADDRESS.burst]} == {401}
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused, "a slow machine lets a few more in, as time goes by, and not all"
    assert int(refused[0].headers["Retry-After"]) <= 5


def test_a_password_must_be_long_enough_and_a_hash_must_be_one() -> None:
    with pytest.raises(Misconfigured, match="11 characters is too short"):
        hash_of("eleven char")
    plain = DeskSettings(users={"olaf": {"role": "view", "password": PASSWORD}})
    with pytest.raises(Misconfigured, match=r"desk\.users.olaf\.password is no Argon2 hash") as wrong:
        Door(plain)
    assert PASSWORD not in str(wrong.value)
