"""The part of ProvideX's expressions that `nGetResultSets` takes: columns, constants, `+`, comparisons, AND, OR.

`DateUpdated$>="20261121" OR Balance<>0` is a filter; `CustomerNo$+SEP+CustomerName$` a description; `SEP` stands for
the separator, `POS(a=b)` for the position of a in b, `STR(n)` for a number as text. Texts compare with texts and
numbers with numbers: anything else is error 26. A name of the other kind is blank, or 0, as an unset variable is.
Source: reference sage100.md 1.1.6, 4.1; numbers and STR are inferred.
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from sandbox.sage100.com import ComError
from sandbox.sage100.layouts import Cell, Row

Read = Callable[[Row], str]
Test = Callable[[Row], bool]

_TOKEN = re.compile(r'\s*(?:("(?:[^"]|"")*")|(<>|<=|>=|[=<>+()])|([A-Za-z_][A-Za-z0-9_]*\$?)|(\d+(?:\.\d+)?))')

_COMPARISONS: dict[str, Callable[[Cell, Cell], bool]] = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


@dataclass(frozen=True)
class _Value:
    """Something that a row gives: a text, or a number."""

    read: Callable[[Row], Cell]
    is_number: bool = False


def text_of(expression: str, separator: str) -> Read:
    """A function that gives the expression's text for a row. Raises `ComError` 88 for what cannot be read."""
    parser = _Parser(expression, separator)
    read = parser.text()
    parser.end()
    return read


def filter_of(expression: str, separator: str) -> Test:
    """A function that says whether a row passes; an empty filter passes every row. Raises `ComError` 88."""
    if not expression.strip():
        return lambda _row: True
    parser = _Parser(expression, separator)
    test = parser.any_of()
    parser.end()
    return test


class _Parser:
    """Recursive descent over the tokens; every method reads one thing and leaves the rest."""

    def __init__(self, source: str, separator: str) -> None:
        self._source = source
        self._separator = separator
        self._tokens = self._cut(source.strip())

    def any_of(self) -> Test:
        """Tests joined by OR."""
        tests = [self._all_of()]
        while self._take("or"):
            tests.append(self._all_of())
        return lambda row: any(test(row) for test in tests)

    def text(self) -> Read:
        """Texts joined by `+`."""
        value = self._sum()
        return lambda row: str(value.read(row))

    def end(self) -> None:
        """Raises where anything is left."""
        if self._tokens:
            raise self._bad(self._tokens[0])

    def _all_of(self) -> Test:
        tests = [self._test()]
        while self._take("and"):
            tests.append(self._test())
        return lambda row: all(test(row) for test in tests)

    def _test(self) -> Test:
        if self._take("("):
            inner = self.any_of()
            self._expect(")")
            return inner
        left = self._sum()
        compare = next((compare for sign, compare in _COMPARISONS.items() if self._take(sign)), None)
        if compare is None and left.is_number:
            return lambda row: left.read(row) != 0
        if compare is None:
            raise self._bad(self._tokens[0] if self._tokens else "its end")
        right = self._sum()
        if left.is_number != right.is_number:
            raise ComError(26, f"Variable type invalid in {self._source!r}: a text is compared with a number.")
        return lambda row: compare(left.read(row), right.read(row))

    def _sum(self) -> _Value:
        """One value, or several joined by `+` as text."""
        parts = [self._atom()]
        while self._take("+"):
            parts.append(self._atom())
        return parts[0] if len(parts) == 1 else _Value(lambda row: "".join(str(part.read(row)) for part in parts))

    def _atom(self) -> _Value:
        if not self._tokens:
            raise self._bad("its end")
        token = self._tokens.pop(0)
        if token.startswith('"'):
            constant = token[1:-1].replace('""', '"')
            return _Value(lambda _row: constant)
        if token[0].isdigit():
            return _Value(lambda _row: Decimal(token), is_number=True)
        if not token[0].isalpha():
            raise self._bad(token)
        if self._tokens and self._tokens[0] == "(":
            return self._function(token)
        if token.lower() == "sep":
            return _Value(lambda _row: self._separator)
        if token.endswith("$"):
            return _Value(lambda row: cell if isinstance(cell := row.get(token[:-1]), str) else "")
        return _Value(lambda row: cell if isinstance(cell := row.get(token), Decimal) else Decimal(0), is_number=True)

    def _function(self, name: str) -> _Value:
        """POS(a=b), counted from 1 and 0 where a is not in b or empty; STR(n)."""
        self._expect("(")
        first = self.text()
        if name.lower() == "str":
            self._expect(")")
            return _Value(first)
        if name.lower() != "pos":
            raise self._bad(name)
        self._expect("=")
        place = self.text()
        self._expect(")")
        return _Value(lambda row: Decimal(place(row).find(first(row)) + 1 if first(row) else 0), is_number=True)

    def _take(self, token: str) -> bool:
        if self._tokens and self._tokens[0].lower() == token:
            self._tokens.pop(0)
            return True
        return False

    def _expect(self, token: str) -> None:
        if not self._take(token):
            raise self._bad(self._tokens[0] if self._tokens else "its end")

    def _cut(self, rest: str) -> list[str]:
        tokens: list[str] = []
        while rest:
            found = _TOKEN.match(rest)
            if not found:
                raise self._bad(rest)
            tokens.append(found[0].strip())
            rest = rest[found.end() :].lstrip()
        return tokens

    def _bad(self, where: str) -> ComError:
        return ComError(88, f"Syntax of {self._source!r} at {where!r}.")
