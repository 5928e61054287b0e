"""How one connection to a Clarity site is set up; what the site speaks is in its profile."""

from typing import Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class ClaritySettings(BaseModel):
    """One site of one connection; two sites of one host are two connections."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    connection: str = Field(
        default="clarity",
        pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$",
        description="The connection's name in events, records, Redis keys and idempotency keys; never reuse it.",
    )
    base_url: str = Field(description="Scheme and host of the site, such as https://shop.example.com, without a path.")
    profile: str = Field(
        default="clarity-v1", description="A shipped profile's name, or the path of a profile file of your own."
    )
    client_id: str | None = Field(default=None, description="The OAuth 2.0 client, when the profile asks for one.")
    client_secret: SecretStr | None = Field(default=None, description="The secret that belongs to client_id.")
    api_key: SecretStr | None = Field(default=None, description="The API key, when the profile asks for one.")
    site_id: str | None = Field(
        default=None, description="The site's id, for hosts that serve several and for orders that do not name theirs."
    )
    timeout_s: float = Field(default=30, gt=0, description="Longest wait in seconds for a whole answer.")
    connect_timeout_s: float = Field(default=5, gt=0, description="Longest wait in seconds for a connection.")
    max_wait_s: float = Field(
        default=10, ge=0, description="Longest wait in seconds for the rate limit inside a call, before Throttled."
    )
    tries: int = Field(default=3, ge=1, le=10, description="How often one call is tried while the fault is transient.")
    max_body_bytes: int = Field(default=16_000_000, gt=0, description="Largest answer in bytes that is read.")
    redis_prefix: str = Field(default="tidegate:", description="Begins every key that this connection keeps in Redis.")
    allow_plain_http: bool = Field(
        default=False, description="Lets base_url be http on another host than this one: for a closed network only."
    )

    @model_validator(mode="after")
    def _base_url_is_safe(self) -> Self:
        url = urlsplit(self.base_url)
        if url.scheme not in {"http", "https"} or not url.hostname or url.path.strip("/") or url.query:
            raise ValueError("base_url must be scheme and host only, such as https://shop.example.com")
        if url.scheme == "http" and url.hostname not in _LOOPBACK and not self.allow_plain_http:
            raise ValueError("base_url must be https, since the request carries credentials; or set allow_plain_http")
        return self
