"""The pages of docs/generated, made from settings, commands and metrics: `python -m workers.cli.pages`."""

import inspect
import re
from collections.abc import Iterator
from datetime import datetime, time
from decimal import Decimal
from enum import Enum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import typer
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from workers.cli.app import app
from workers.metrics.declared import DECLARED
from workers.metrics.settings import PORTS
from workers.settings import Settings

FOLDER = Path(__file__).parents[2] / "docs" / "generated"
_MADE_BY = "Made by `python -m workers.cli.pages`; a test holds it up to date. Change the code, not this page."
_MARKUP = re.compile(r"\[/?[a-z]*\]")
_PLAIN = {
    str: "text", int: "whole number", float: "number", bool: "true or false", SecretStr: "secret text", Path: "path",
    Decimal: "exact number", time: "local time", datetime: "local date and time", IPv4Network: "IPv4 network",
    IPv6Network: "IPv6 network",
}  # fmt: skip


def pages() -> dict[str, str]:
    """The text of each page by its file's name."""
    made = {"settings.md": _settings_page(), "commands.md": _commands_page(), "metrics.md": _metrics_page()}
    return {name: "\n".join(lines) for name, lines in made.items()}


def write(folder: Path = FOLDER) -> None:
    """Writes the pages; the same code writes the same pages."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text + "\n", encoding="utf-8")


def _settings_page() -> Iterator[str]:
    yield "# Settings"
    yield from ("", _MADE_BY, "")
    yield (
        "Everything is in one `tidegate.toml`; `deploy/examples/tidegate.toml` is a whole one. An environment variable "
        "wins over the file: `TIDEGATE_LEDGER__URL` is `url` of `[ledger]`. A text `env:NAME` or `file:PATH` stands "
        "for that variable or that file's text, so that secrets need not stand in the file."
    )
    yield from _sections("", Settings)


def _sections(path: str, model: type[BaseModel]) -> Iterator[str]:
    yield from ("", f"## `{f'[{path}]' if path else 'at the top'}`", "", _summary(model), "")
    nested = [(name, found) for name, field in model.model_fields.items() if (found := model_in(field.annotation))]
    plain = model.model_fields.keys() - {name for name, _ in nested}
    if plain:
        yield from ("| field | is | unless set | meaning |", "|---|---|---|---|")
        yield from (_row(name, field) for name, field in model.model_fields.items() if name in plain)
    for name, (section, suffix) in nested:
        yield from _sections(f"{path}.{name}{suffix}".removeprefix("."), section)


def model_in(annotation: Any) -> tuple[type[BaseModel], str] | None:
    """The class of a section, and what follows the field's name in its path; None for a plain value."""
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return annotation, ""
    suffix = {dict: ".NAME", tuple: "[]"}.get(get_origin(annotation), "")
    for part in get_args(annotation):
        found = model_in(part)
        if found:
            return found[0], suffix + found[1]
    return None


def _row(name: str, field: FieldInfo) -> str:
    cells = (f"`{name}`", _kind(field.annotation), _default(field), field.description or "")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _kind(annotation: Any) -> str:
    parts = get_args(annotation)
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    if inspect.isclass(annotation) and issubclass(annotation, Enum):
        return " or ".join(f"`{member.value}`" for member in annotation)
    if not parts:
        return str(getattr(annotation, "__name__", annotation)).lower()
    return _kind_of_parts(get_origin(annotation), parts)


def _kind_of_parts(origin: Any, parts: tuple[Any, ...]) -> str:
    if origin in (Union, UnionType):
        return " or ".join(_kind(part) for part in parts if part is not type(None))
    if origin is Literal:
        return " or ".join(f"`{part}`" for part in parts)
    if origin is dict:
        return f"table of {_kind(parts[1])}"
    return f"list of {_kind(parts[0])}" if origin in (tuple, frozenset, list) else _kind(parts[0])


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True, validated_data={})
    if field.is_required() or value is PydanticUndefined:
        return "**required**"
    if value in (None, "", (), {}, frozenset()):
        return "none"
    shown = sorted(value) if isinstance(value, frozenset) else list(value) if isinstance(value, tuple) else value
    return f"`{str(shown).lower() if isinstance(shown, bool) else shown}`"


def _summary(model: type[BaseModel]) -> str:
    return inspect.cleandoc(model.__doc__ or "").partition("\n\n")[0].replace("\n", " ")


def _commands_page() -> Iterator[str]:
    yield "# Commands"
    yield from ("", _MADE_BY, "", _text(app.info.help))
    yield from _commands("tidegate", typer.main.get_command(app))


def _commands(path: str, group: Any) -> Iterator[str]:
    for name, command in sorted(group.commands.items()):
        yield from ("", f"## `{path} {name}`", "", _text(command.help))
        if getattr(command, "commands", None):
            yield from _commands(f"{path} {name}", command)
            continue
        options = [parameter for parameter in command.params if parameter.name != "help"]
        if options:
            yield from ("", "| option | meaning |", "|---|---|")
            yield from (_option(parameter) for parameter in options)


def _option(parameter: Any) -> str:
    is_argument = parameter.param_type_name == "argument"
    name = parameter.metavar or parameter.name.upper() if is_argument else parameter.opts[0]
    value = "" if is_argument or parameter.is_flag else f" {parameter.metavar or ''}".rstrip()
    default = "" if parameter.required or parameter.default in (None, False) else f" Unless given: {parameter.default}."
    return f"| `{name}{value}` | {parameter.help}{default} |"


def _text(help_text: object) -> str:
    return _MARKUP.sub("", inspect.cleandoc(str(help_text)))


def _metrics_page() -> Iterator[str]:
    yield "# Metrics"
    yield from ("", _MADE_BY, "", "What each program shows at `/metrics`; [how to switch it on](../metrics.md).", "")
    yield from ("| metric | is | by | meaning |", "|---|---|---|---|")
    for each in DECLARED:
        labels = ", ".join(f"`{label}`" for label in each.by) or "-"
        yield f"| `{each.name}` | {each.kind} | {labels} | {each.does} |"
    yield from ("", "## Ports", "", "A role's second program has the next port, and so has the second company.", "")
    yield from ("| program | first port unless `ports` says otherwise |", "|---|---|")
    yield from (f"| {role} | {port} |" for role, port in PORTS.items())


if __name__ == "__main__":
    write()
