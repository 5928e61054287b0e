"""OAuth client credentials and API keys (reference clarity.md 2.2)."""

import base64
import binascii
import hmac
import secrets
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_plus

from sandbox.clarity.calls import JsonObject, Problem
from sandbox.clarity.settings import SiteSettings

TOKEN_LIFE_S = 3600
_GRANTED = {
    "orders": ("read", "write"),
    "customers": ("read", "write"),
    "products": ("read", "write"),
    "inventory": ("read", "write"),
    "prices": ("write",),
    "shipments": ("write",),
    "invoices": ("write",),
    "payments": ("read", "write"),
    "webhooks": ("manage",),
}
SCOPES = frozenset(f"{resource}.{right}" for resource, rights in _GRANTED.items() for right in rights)


@dataclass(frozen=True)
class Credential:
    """Who calls, and what it may do. All tokens of a client share its name, and so its rate limit."""

    name: str
    scopes: frozenset[str]

    def require(self, scope: str) -> None:
        """Raises `Problem` 403 when the scope was not granted."""
        if scope and scope not in self.scopes:
            raise Problem(403, "insufficient_scope", f"this needs the scope {scope}; ask for a token with it")


class TokenRefusal(Exception):
    """A refusal of the token endpoint in the words of RFC 6749."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error


class Auth:
    """Issues and checks credentials; tokens outlive a restart."""

    def __init__(self, db: sqlite3.Connection, settings: SiteSettings) -> None:
        self._db = db
        self._settings = settings

    def issue(self, headers: Mapping[str, str], body: bytes) -> JsonObject:
        """The answer of the token endpoint; raises `TokenRefusal`. A second call gives another token."""
        form = dict(parse_qsl(body.decode("utf-8", "replace")))
        client = _basic(headers) or (form.get("client_id", ""), form.get("client_secret", ""))
        wanted = (self._settings.client_id, self._settings.client_secret)
        if not _same("\0".join(client), "\0".join(wanted)):
            raise TokenRefusal(401, "invalid_client")
        if "grant_type" not in form:
            raise TokenRefusal(400, "invalid_request")
        if form["grant_type"] != "client_credentials":
            raise TokenRefusal(400, "unsupported_grant_type")
        scopes = set(form.get("scope", "").split()) or SCOPES
        if not scopes <= SCOPES:
            raise TokenRefusal(400, "invalid_scope")
        return self._store(" ".join(sorted(scopes)))

    def expire_all(self) -> int:
        """Ends the life of every token now; returns how many there were."""
        return self._db.execute("UPDATE token SET expires_at_s = 0 WHERE expires_at_s > 0").rowcount

    def credential(self, headers: Mapping[str, str]) -> Credential:
        """Who sent these headers (names in lower case); raises `Problem` 401."""
        key = headers.get("x-api-key")
        if key is not None:
            if _same(key, self._settings.api_key):
                return Credential("api-key", SCOPES)
            raise refused("invalid_token", "the API key is not known")
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            raise refused("invalid_token", "send Authorization: Bearer, or X-Api-Key")
        row = self._db.execute("SELECT scopes, expires_at_s FROM token WHERE token = ?", (token,)).fetchone()
        if row is None:
            raise refused("invalid_token", "the token is not known")
        if row["expires_at_s"] <= time.time():
            raise refused("expired_token", "the token has expired; ask for another")
        return Credential(self._settings.client_id, frozenset(row["scopes"].split()))

    def _store(self, scope: str) -> JsonObject:
        token = secrets.token_urlsafe(32)
        self._db.execute("INSERT INTO token VALUES (?, ?, ?)", (token, scope, time.time() + TOKEN_LIFE_S))
        return {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LIFE_S, "scope": scope}


def refused(code: str, detail: str) -> Problem:
    """401 with the challenge that RFC 6750 asks for."""
    return Problem(401, code, detail, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


def _basic(headers: Mapping[str, str]) -> tuple[str, str] | None:
    kind, _, text = headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote_plus(name), unquote_plus(secret)


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())
