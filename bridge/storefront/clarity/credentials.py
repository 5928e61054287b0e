"""Proves to a site who sends a request: an API key, or OAuth 2.0 client credentials (reference clarity.md 2.2)."""

import base64
from typing import Protocol
from urllib.parse import quote_plus

from pydantic import BaseModel, Field, SecretStr, ValidationError

from bridge.errors import Misconfigured
from bridge.storefront.clarity.classify import classify_token_refusal
from bridge.storefront.clarity.profile import Profile
from bridge.storefront.clarity.settings import ClaritySettings
from bridge.storefront.clarity.tokens import Token, Tokens
from bridge.storefront.clarity.transport import Transport


class Credentials(Protocol):
    """What a request shows, and how to get another once the site has refused it."""

    def present(self) -> str:
        """The secret to show now. Raises `Fault`, `Unreachable`, `TryLater`."""
        ...

    def renewed(self, refused: str) -> str | None:
        """Another secret after `refused` was answered with 401, or None when there is no other. Raises as above."""
        ...

    def header(self, secret: str) -> tuple[str, str]:
        """The request header that shows it."""
        ...


def credentials_for(settings: ClaritySettings, profile: Profile, transport: Transport, tokens: Tokens) -> Credentials:
    """The credentials that the profile asks for; raises `Misconfigured` when the settings lack them."""
    names = ("api_key",) if profile.auth.mode == "api_key" else ("client_id", "client_secret")
    for name in names:
        if getattr(settings, name) is None:
            place = f"connection {settings.connection}: {name} is missing"
            raise Misconfigured(f"{place}; profile {profile.name} asks for {profile.auth.mode}")
    if profile.auth.mode == "api_key":
        return ApiKey(_plain(settings.api_key), profile.auth.header)
    return ClientCredentials(transport, tokens, profile, settings.client_id or "", _plain(settings.client_secret))


class ApiKey:
    """A key that does not expire; when it is refused there is no other."""

    def __init__(self, key: str, header: str) -> None:
        self._key = key
        self._header = header

    def present(self) -> str:
        """The key."""
        return self._key

    def renewed(self, refused: str) -> None:  # noqa: ARG002 - there is no other key, whichever was refused
        """None."""
        return

    def header(self, secret: str) -> tuple[str, str]:
        """The header that the profile names."""
        return self._header, secret


class _TokenAnswer(BaseModel):
    access_token: str = Field(min_length=1)
    expires_in: float = Field(default=3600, gt=0)


class ClientCredentials:
    """A bearer token, shared through `tokens` and renewed early."""

    def __init__(self, transport: Transport, tokens: Tokens, profile: Profile, client_id: str, secret: str) -> None:
        self._transport = transport
        self._tokens = tokens
        self._profile = profile
        self._client_id = client_id
        self._secret = secret

    def present(self) -> str:
        """The shared token."""
        return self._tokens.get(self._fetch)

    def renewed(self, refused: str) -> str:
        """The token that replaces `refused`, whoever fetched it."""
        return self._tokens.get(self._fetch, refused=refused)

    def header(self, secret: str) -> tuple[str, str]:
        """The bearer header (RFC 6750)."""
        return "Authorization", f"Bearer {secret}"

    def _fetch(self) -> Token:
        auth = self._profile.auth
        form = {"grant_type": "client_credentials", "scope": " ".join(auth.scopes)}
        headers = {"Accept": "application/json"}
        if auth.client_auth == "basic":
            # RFC 6749, section 2.3.1: both parts are form-encoded before they are joined
            pair = f"{quote_plus(self._client_id)}:{quote_plus(self._secret)}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            form |= {"client_id": self._client_id, "client_secret": self._secret}
        # asking twice for a token harms nobody, so it is no write
        answer = self._transport.send("POST", auth.token_path, headers=headers, form=form, is_write=False)
        try:
            told = _TokenAnswer.model_validate(answer.body if answer.status < 300 else None)
        except ValidationError:
            raise classify_token_refusal(answer, self._profile) from None
        return Token(told.access_token, told.expires_in)


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
