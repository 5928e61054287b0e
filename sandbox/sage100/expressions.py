"""The part of ProvideX's expressions that `nGetResultSets` takes: columns, quoted constants, `+`, comparisons, AND, OR.

`CustomerNo$="ACME" OR EmailAddress$="a@b.example"` is a filter; `CustomerNo$+"/"+CustomerName$` a description; `SEP`
stands for the separator, `POS(a=b)` for the position of a in b. Source: reference sage100.md 1.1.6.
"""

import operator
import re
from collections.abc import Callable

from sandbox.sage100.com import ComError
from sandbox.sage100.layouts import Row

Read = Callable[[Row], str]
Test = Callable[[Row], bool]

_TOKEN = re.compile(r'\s*(?:("(?:[^"]|"")*")|(<>|<=|>=|[=<>+()])|([A-Za-z_][A-Za-z0-9_]*\$?))')

_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


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
        parts = [self._atom()]
        while self._take("+"):
            parts.append(self._atom())
        return lambda row: "".join(part(row) for part in parts)

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
        if self._take("pos"):
            return self._position()
        left = self.text()
        compare = next((compare for sign, compare in _COMPARISONS.items() if self._take(sign)), None)
        if compare is None:
            raise self._bad(self._tokens[0] if self._tokens else "its end")
        right = self.text()
        return lambda row: compare(left(row), right(row))

    def _position(self) -> Test:
        self._expect("(")
        sought = self.text()
        self._expect("=")
        place = self.text()
        self._expect(")")
        return lambda row: bool(sought(row)) and sought(row) in place(row)

    def _atom(self) -> Read:
        if not self._tokens:
            raise self._bad("its end")
        token = self._tokens.pop(0)
        if token.startswith('"'):
            constant = token[1:-1].replace('""', '"')
            return lambda _row: constant
        if token.lower() == "sep":
            return lambda _row: self._separator
        if not token[0].isalpha():
            raise self._bad(token)
        name = token.rstrip("$")
        return lambda row: str(row.get(name, ""))

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
