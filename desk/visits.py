"""One visit of one person: who he is, what he asks, and how a page answers."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bridge.errors import Refused, TidegateError
from bridge.ledger.audit import Deed
from desk.settings import Role


class NotThere(TidegateError):
    """Nothing answers to this address."""


@dataclass(frozen=True)
class Visit:
    """A request with its person. `name` is empty and `role` None where nobody has logged in.

    `token` is the secret of the session's cookie; what stands in forms is made from it.
    """

    request: Request
    now: datetime
    name: str = ""
    role: Role | None = None
    token: str = ""
    form: Mapping[str, str] = field(default_factory=dict)

    @property
    def csrf(self) -> str:
        """What each form of this session carries. It cannot be made without the cookie, which no script reads."""
        return hmac.new(self.token.encode(), b"form", "sha256").hexdigest()

    @property
    def address(self) -> str:
        """The client's address."""
        return self.request.client.host if self.request.client else ""

    def may(self, least: str) -> bool:
        """Whether the person's role is at least this one; for what a template shows."""
        return self.role is not None and self.role.may(Role(least))

    def query(self, name: str) -> str:
        """A part of the query, without spaces around it; empty when it is not given."""
        return self.request.query_params.get(name, "").strip()

    def path(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    def number(self, name: str) -> int:
        """A part of the path that is a record's id or the like; raises `NotThere` for what is no number."""
        text = self.path(name)
        if not (text.isascii() and text.isdigit() and len(text) < 18):
            raise NotThere(f"{text!r} is no id")
        return int(text)

    def field(self, name: str) -> str:
        """A field of the form that must be filled in; raises `Refused`."""
        text = self.form.get(name, "").strip()
        if not text:
            raise Refused(f"{name} is empty; fill it in", field=name, value=text)
        return text

    def deed(self, action: str, subject: str, **changes: Any) -> Deed:
        """The line of the audit trail for what is done now, with the form's `why`; raises `Refused` without one."""
        return Deed(self.name, str(self.role), action, subject, self.field("why"), changes)


Answer = Callable[[Any, Visit], Response]
"""What makes the answer of a page, of the desk and the visit; called in a thread, so it may wait for the ledger."""


@dataclass(frozen=True)
class Page:
    """One address. `least` is the least role that may come here; None lets everybody in.

    A part is fetched again and again by the script; that does not count as use of a session. A look asks by POST, as
    its question is long: it changes nothing, so its form carries no token.
    """

    method: str
    path: str
    least: Role | None
    answer: Answer
    is_part: bool = False
    is_look: bool = False
