"""Finds the objects in a file of JSON (one, or a list) or JSON Lines, each with its line: orders, items, customers."""

import json
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn


@dataclass(frozen=True)
class Found:
    """One object's text, verbatim, and what it says; `line` is where it begins."""

    line: int
    text: str
    value: Any


@dataclass(frozen=True)
class Problem:
    """What keeps an order, or the rest of a file, from being sent: where, which, and the way out."""

    file: str
    line: int
    order: str | None
    field: str | None
    text: str


def objects_in(file: str, text: str) -> Iterator[Found | Problem]:
    """Every object of the file in its own place, and a problem for whatever cannot be read."""
    text = text.removeprefix("\ufeff")
    return _in_lines(file, text) if _is_json_lines(text) else _in_document(file, text)


def _is_json_lines(text: str) -> bool:
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return first.startswith("{") and first.endswith("}")


def _in_lines(file: str, text: str) -> Iterator[Found | Problem]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield _in_line(file, number, line.strip())


def _in_line(file: str, number: int, line: str) -> Found | Problem:
    try:
        value, end = _read(line, 0)
        if line[end:].strip():
            raise ValueError("something follows the object; write one a line")
    except ValueError as fault:
        return _unreadable(file, number, fault, "correct this line; the others go on")
    return Found(number, line, value)


def _in_document(file: str, text: str) -> Iterator[Found | Problem]:
    newlines = [at for at, letter in enumerate(text) if letter == "\n"]
    at = _skip_blanks(text, 0)
    try:
        if not text[at:]:
            raise ValueError("the file is empty; write an object, a list of them, or one a line")
        for begin, end, value in _elements(text, at + 1) if text[at] == "[" else _documents(text, at):
            at = end
            yield Found(bisect_right(newlines, begin) + 1, text[begin:end], value)
    except ValueError as fault:
        line = fault.lineno if isinstance(fault, json.JSONDecodeError) else bisect_right(newlines, at) + 1
        yield _unreadable(file, line, fault, "correct it, and submit the file again; what is in the fleet stays once")


def _elements(text: str, at: int) -> Iterator[tuple[int, int, Any]]:
    """The elements of a list whose bracket is open; raises `ValueError`."""
    at = _skip_blanks(text, at)
    while text[at : at + 1] != "]":
        value, end = _read(text, at)
        yield at, end, value
        at = _skip_blanks(text, end)
        if text[at : at + 1] == ",":
            at = _skip_blanks(text, at + 1)
        elif text[at : at + 1] != "]":
            raise json.JSONDecodeError("a comma or the list's end is expected", text, at)
    if (after := _skip_blanks(text, at + 1)) < len(text):
        raise json.JSONDecodeError("something follows the list", text, after)


def _documents(text: str, at: int) -> Iterator[tuple[int, int, Any]]:
    """One document after the other; raises `ValueError`."""
    while at < len(text):
        value, end = _read(text, at)
        yield at, end, value
        at = _skip_blanks(text, end)


def _read(text: str, at: int) -> tuple[Any, int]:
    try:
        value, end = _DECODER.raw_decode(text, at)
    except RecursionError:
        raise json.JSONDecodeError("nested too deeply", text, at) from None
    return value, end


def _skip_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_refuse_constant)


def _unreadable(file: str, line: int, fault: ValueError, way_out: str) -> Problem:
    said = f"{fault.msg} (column {fault.colno})" if isinstance(fault, json.JSONDecodeError) else str(fault)
    return Problem(file, line, None, None, f"no readable JSON: {said}; {way_out}")
