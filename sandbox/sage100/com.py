"""COM as its caller sees it: members by name in any case, by-reference results, one thread, numbered errors.

Sources: reference sage100.md 1.1.1 (naming, apartment), 1.1.2 (return codes), 4.1 (numbers).
"""

import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

_RPC_UNAVAILABLE = -2147023174
"""The HRESULT that Windows gives for a server process that has gone (0x800706BA)."""


class ComError(Exception):
    """An error raised through COM. `number` is ProvideX's own (reference 4.1)."""

    def __init__(self, number: int, text: str) -> None:
        super().__init__(f"Error #{number}: {text}")
        self.number = number


class ServerGone(ComError):
    """The server process has ended; every further call to any of its objects raises this too."""

    def __init__(self) -> None:
        super().__init__(_RPC_UNAVAILABLE, "")
        self.args = ("The RPC server is unavailable.",)


class Refusal(Exception):
    """A call that answers 0 with this text as `sLastErrorMsg`. Never seen by the COM caller."""


class Apartment:
    """The one thread in which a Script and its objects live, and whether their server process still runs."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self.gone = False

    def enter(self) -> None:
        """Raises RuntimeError from another thread, `ServerGone` once the server has ended."""
        if threading.get_ident() != self._thread:
            raise RuntimeError("a COM object was called from another thread than the one that made its Script")
        if self.gone:
            raise ServerGone


class ComObject:
    """An object behind IDispatch. Subclasses list their members: COM name to the Python method that answers."""

    METHODS: ClassVar[Mapping[str, str]] = {"DropObject": "drop", "nCleanup": "cleanup"}
    PROPERTIES: ClassVar[Mapping[str, str]] = {"sLastErrorMsg": "last_error"}
    _methods: ClassVar[dict[str, str]]
    _properties: ClassVar[dict[str, str]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._methods = _collected(cls, "METHODS")
        cls._properties = _collected(cls, "PROPERTIES")

    def __init__(self, apartment: Apartment) -> None:
        self._apartment = apartment
        self._last_error = ""
        self._dropped = False

    def __getattr__(self, name: str) -> Any:
        """A COM member, in any case of letters; unknown ones are an AttributeError, as with pywin32."""
        wanted = name.lower()
        if wanted in self._properties:
            return self._invoke(self._properties[wanted])
        if wanted in self._methods:
            return partial(self._invoke, self._methods[wanted])
        raise AttributeError(f"{type(self).__name__} has no member {name!r}")

    def last_error(self) -> str:
        """The text of the last 0 or -1; a later success leaves it standing."""
        return self._last_error

    def cleanup(self) -> int:
        """Gives up what the object holds; harmless when called again."""
        return 1

    def drop(self) -> int:
        """Releases the object: later calls raise error 95."""
        self._dropped = True
        return 1

    def _invoke(self, member: str, *args: Any) -> Any:
        self._apartment.enter()
        if self._dropped:
            raise ComError(95, "Bad object handle.")
        try:
            self._before_call(member)
            answer: Callable[..., Any] = getattr(self, member)
            return answer(*args)
        except Refusal as refusal:
            self._last_error = str(refusal)
            return 0

    def _before_call(self, member: str) -> None:
        """Runs before each call; raises what shall be answered in its place."""

    def _warned(self, text: str) -> int:
        """The answer -1: done, with a warning."""
        self._last_error = text
        return -1


def give(reference: object, value: object) -> None:
    """Hands a result back by reference. An argument passed by value stays empty (reference 5, XJ)."""
    if hasattr(reference, "value"):
        reference.value = value


def plain(argument: Any) -> Any:
    """An input that may have been passed by reference."""
    return getattr(argument, "value", argument)


def _collected(cls: type, name: str) -> dict[str, str]:
    listed: dict[str, str] = {}
    for ancestor in reversed(cls.__mro__):
        listed.update({com.lower(): member for com, member in vars(ancestor).get(name, {}).items()})
    return listed
