"""What an operation gets and gives, free of HTTP, so that both profiles share the operations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

JsonObject = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One request. `if_match` is the entity tag that a write names; `*` means: whatever the version is."""

    method: str
    path: str
    args: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: JsonObject = field(default_factory=dict)
    if_match: str | None = None


@dataclass(frozen=True)
class Reply:
    """One answer. `version` becomes the entity tag of a single resource."""

    body: JsonObject | None
    status: int = 200
    version: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FieldError:
    """One wrong field of a request."""

    field: str
    code: str
    message: str


class Problem(Exception):
    """A refusal, answered as RFC 9457 problem details (reference clarity.md 2.3)."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: tuple[FieldError, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})

    def reply(self) -> Reply:
        """The refusal as an answer."""
        body: JsonObject = {
            "type": f"https://sandbox.invalid/problems/{self.code}",
            "title": self.code.replace("_", " "),
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = [vars(error) for error in self.errors]
        return Reply(body, self.status, headers=self.headers)


def invalid(field: str, code: str, message: str) -> Problem:
    """The refusal of one wrong field."""
    return Problem(422, "validation_failed", f"{field}: {message}", errors=(FieldError(field, code, message),))
