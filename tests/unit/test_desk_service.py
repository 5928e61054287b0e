"""The desk as the settings make it: its users, its parts, what the doctor says of it, the hash that is asked for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from bridge.errors import Misconfigured
from desk.passwords import Door
from desk.settings import DeskSettings
from tests.cli_rig import Rig, a_rig
from tests.desk_rig import ORIGIN, PASSWORD, desk_settings, plain, token_of
from workers.cli.app import app
from workers.cli.checks_inside import desk as look_at_desk
from workers.desk_service import desk_app
from workers.settings import load_settings

SECTION = """
[desk]
host = "{host}"
public_url = "{url}"

[desk.users.ann]
role = "administer"
password = "{password}"
"""


def section(password: str, host: str = "127.0.0.1", url: str = "http://127.0.0.1:8095") -> str:
    return SECTION.format(password=password, host=host, url=url)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    users = desk_settings().users
    made = a_rig(tmp_path, more=section(users["ada"].password.get_secret_value()))
    yield made
    made.database.close()


def test_it_comes_with_the_real_parts_though_broker_and_agent_are_away(rig: Rig) -> None:
    with TestClient(desk_app(load_settings(rig.config)), base_url=ORIGIN) as browser:
        token = token_of(browser.get("/log-in"))
        data = {"name": "ann", "password": PASSWORD, "form_token": token, "next": "/windows"}
        windows = browser.post("/log-in", data=data, headers={"Origin": ORIGIN})
        assert windows.url.path == "/windows"
        assert "Not known:" in plain(windows)
        overview = plain(browser.get("/"))
    assert "Broker away: " in overview
    assert "Sage agent of sage100 away: " in overview
    assert "Storefront clarity never polled yet" in overview


def test_without_its_section_there_is_no_desk(tmp_path: Path) -> None:
    made = a_rig(tmp_path)
    made.database.close()
    with pytest.raises(Misconfigured, match=r"the settings have no \[desk\]"):
        desk_app(load_settings(made.config))
    assert list(look_at_desk(load_settings(made.config))) == []


def test_a_hash_that_was_asked_for_lets_its_password_in(rig: Rig) -> None:
    result = CliRunner().invoke(app, ["desk-password"], input="a long enough one\na long enough one\n")
    assert result.exit_code == 0, result.output
    [made] = result.stdout.split()
    assert made.startswith("$argon2id$")
    door = Door(DeskSettings(users={"bob": {"role": "view", "password": made}}))
    assert door.admit("bob", "a long enough one", "10.0.0.1")
    assert door.admit("bob", "another long one", "10.0.0.1") is None


def test_a_password_that_is_too_short_is_refused() -> None:
    result = CliRunner().invoke(app, ["desk-password"], input="short\nshort\n")
    assert result.exit_code == 2
    assert "a password of 5 characters is too short; take 12 or more" in result.stderr


def test_the_doctor_finds_a_password_in_clear_and_a_network_without_tls(tmp_path: Path, rig: Rig) -> None:
    text = rig.config.read_text()
    rig.config.write_text(text.replace('host = "127.0.0.1"', 'host = "0.0.0.0"'))
    levels = [(found.level, found.place) for found in look_at_desk(load_settings(rig.config))]
    assert levels == [("warning", "desk"), ("ok", "desk")]
    hashed = desk_settings().users["ada"].password.get_secret_value()
    rig.config.write_text(text.replace(hashed, PASSWORD))
    with pytest.raises(Misconfigured, match="no Argon2 hash") as wrong:
        list(look_at_desk(load_settings(rig.config)))
    assert PASSWORD not in str(wrong.value)


@pytest.mark.parametrize(
    ("section", "place"),
    [
        ("[desk]\nport = 8095", "desk.users"),
        (SECTION.format(host="h", url="u", password="p").replace("administer", "boss"), "desk.users.ann.role"),
        (SECTION.format(host="h", url="u", password="p").replace("users.ann", 'users."a b"'), "desk.users.a b"),
    ],
)
def test_a_wrong_section_is_named(tmp_path: Path, section: str, place: str) -> None:
    made = a_rig(tmp_path, more="\n" + section)
    made.database.close()
    with pytest.raises(Misconfigured) as wrong:
        load_settings(made.config)
    assert place in str(wrong.value)
