"""The pages of docs/generated say what the code says, and the example of the settings names every one of them."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from workers.cli.pages import FOLDER, model_in, pages
from workers.settings import Settings, load_settings

EXAMPLE = Path(__file__).parents[2] / "deploy" / "examples" / "tidegate.toml"


@pytest.mark.parametrize("name", ["settings.md", "commands.md", "metrics.md"])
def test_a_page_is_up_to_date(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == pages()[name] + "\n", "run `python -m workers.cli.pages`"


def test_the_example_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in re.findall(r'"env:(\w+)"', EXAMPLE.read_text()):
        monkeypatch.setenv(name, "redis://:a-long-secret@127.0.0.1:6379/0")
    settings = load_settings(EXAMPLE)
    assert all([settings.receiver, settings.agent, settings.flower, settings.metrics, settings.connections])


def fields_of(model: type[BaseModel]) -> set[str]:
    """The names of all fields of a class and of the classes in it."""
    found = set(model.model_fields)
    for field in model.model_fields.values():
        if inner := model_in(field.annotation):
            found |= fields_of(inner[0])
    return found


def test_the_example_names_every_setting_commented_or_not() -> None:
    text = EXAMPLE.read_text()
    named = set(re.findall(r"(?<![\w-])(\w+)(?=\s*=|\]|\.)", text))
    assert fields_of(Settings) - named == {"connection"}, "a connection's name is its key"


def test_what_is_commented_out_in_the_example_could_be_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every `#name = value` becomes true at once. Files that must exist stand behind `# ` and are left out here."""
    text = re.sub(r"(?m)^#(?=[\w\[\"])", "", EXAMPLE.read_text())
    whole = tmp_path / "tidegate.toml"
    whole.write_text(text)
    for name in re.findall(r'"env:(\w+)"', text):
        monkeypatch.setenv(name, "redis://:a-long-secret@127.0.0.1:6379/0")
    load_settings(whole)


def test_no_secret_stands_in_the_example() -> None:
    def texts(value: Any, key: str) -> list[tuple[str, str]]:
        if isinstance(value, dict):
            return [found for inner, each in value.items() for found in texts(each, inner)]
        return [(key, value)] if isinstance(value, str) else []

    wanted = {"api_key", "client_secret", "password", "cookie_secret"}
    secrets = [value for key, value in texts(tomllib.loads(EXAMPLE.read_text()), "") if key in wanted]
    assert secrets
    assert all(value.startswith("env:") for value in secrets), secrets
