"""How a `ProvideX.Script` is had, and how its objects are called (reference sage100.md 1.1.1, 1.1.6).

On Windows it is the COM server that Sage installs; elsewhere any look-alike named as `module:function`.
"""

import importlib
from collections.abc import Callable
from typing import Any, Protocol

from bridge.erp.sage100.named import load_named
from bridge.errors import Misconfigured

WIN32COM = "win32com-dispatch"
PROG_ID = "ProvideX.Script"


class ComFault(Exception):
    """A COM call raised instead of returning: something more serious than a refusal (reference 1.1.2)."""

    def __init__(self, member: str, text: str, *, column: str | None = None, value: str | None = None) -> None:
        super().__init__(f"{member}: {text}")
        self.member = member
        self.text = text
        self.column = column
        self.value = value


class ByRef(Protocol):
    """A variable that the server fills in."""

    value: Any


class Reference:
    """A by-reference variable for servers that live in Python."""

    def __init__(self, value: Any) -> None:
        self.value = value


class ScriptFactory(Protocol):
    """One way to a `ProvideX.Script`. Every part raises whatever the server raises; `ComObject` makes it a fault."""

    def connect(self) -> Any:
        """A new server of our own; objects of one cannot be handed to another (reference 1.1.1)."""
        ...

    def bind(self, target: Any, member: str) -> Callable[..., Any]:
        """The member as a method, without calling it."""
        ...

    def reference(self, start: str | float) -> ByRef:
        """A by-reference variable of the type of `start`."""
        ...


class PythonScripts:
    """A look-alike in Python: `connect` is a function that returns the script object."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect

    def connect(self) -> Any:
        """A new script of the look-alike."""
        return self._connect()

    def bind(self, target: Any, member: str) -> Callable[..., Any]:
        """The bound method."""
        method: Callable[..., Any] = getattr(target, member)
        return method

    def reference(self, start: str | float) -> ByRef:
        """A small object with `.value`."""
        return Reference(start)


class Win32Scripts:
    """The real COM server through pywin32; only on Windows."""

    def __init__(self) -> None:
        try:
            self._client: Any = importlib.import_module("win32com.client")
            self._pythoncom: Any = importlib.import_module("pythoncom")
        except ImportError as missing:
            raise Misconfigured(
                f"script_factory {WIN32COM!r} needs Windows and pywin32; elsewhere name a look-alike as module:function"
            ) from missing

    def connect(self) -> Any:
        """A new `pvxcom.exe` of our own."""
        return self._client.DispatchEx(PROG_ID)

    def bind(self, target: Any, member: str) -> Callable[..., Any]:
        """The member as a method: without the flag pywin32 would call it once as a property just by naming it."""
        target._FlagAsMethod(member)
        method: Callable[..., Any] = getattr(target, member)
        return method

    def reference(self, start: str | float) -> ByRef:
        """A VARIANT passed by reference; by value the results come back empty (reference 5)."""
        kind = self._pythoncom.VT_BSTR if isinstance(start, str) else self._pythoncom.VT_R8
        variant: ByRef = self._client.VARIANT(self._pythoncom.VT_BYREF | kind, start)
        return variant


def load_factory(name: str) -> ScriptFactory:
    """`win32com-dispatch`, or `module:function` for a look-alike; raises `Misconfigured` with the way out."""
    if name == WIN32COM:
        return Win32Scripts()
    return PythonScripts(load_named("script_factory", name, instead=WIN32COM))


class ComObject:
    """One object of the server; whatever it raises becomes a `ComFault` that names the member."""

    def __init__(self, factory: ScriptFactory, target: Any) -> None:
        self.factory = factory
        self.target = target

    @classmethod
    def connect(cls, factory: ScriptFactory) -> "ComObject":
        """Starts a server; raises `ComFault`."""
        try:
            return cls(factory, factory.connect())
        except Exception as fault:
            raise ComFault("ProvideX.Script", str(fault)) from fault

    def call(self, member: str, *arguments: Any) -> Any:
        """Calls a method."""
        try:
            return self.factory.bind(self.target, member)(*arguments)
        except Exception as fault:
            raise ComFault(member, str(fault) or type(fault).__name__) from fault

    def get(self, member: str) -> Any:
        """Reads a property."""
        try:
            return getattr(self.target, member)
        except Exception as fault:
            raise ComFault(member, str(fault) or type(fault).__name__) from fault

    def child(self, member: str) -> "ComObject":
        """An object held in a property, such as `oLines`."""
        return ComObject(self.factory, self.get(member))

    def new(self, name: str, *arguments: "ComObject") -> "ComObject":
        """`NewObject` of the script."""
        return ComObject(self.factory, self.call("NewObject", name, *(a.target for a in arguments)))

    def last_error(self) -> str:
        """The text of this very object; each object has its own (reference 1.1.2)."""
        return str(self.get("sLastErrorMsg") or "").strip()


def return_code(result: Any) -> int:
    """The result of an `n` member as a number; empty counts as failure (reference 1.1.2)."""
    try:
        return int(result or 0)
    except (TypeError, ValueError):
        return 0
