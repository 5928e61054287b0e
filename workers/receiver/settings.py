"""The receiver's settings."""

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from bridge.buckets import RateBound
from bridge.events.wire import MAX_BODY_BYTES, MAX_CHARS
from bridge.storefront.clarity.webhook import WebhookScheme, WebhookSettings

SENDER_PATIENCE_S = 10.0
"""After this long a site counts a delivery as failed (reference clarity.md 2.7)."""

_STRICT = ConfigDict(frozen=True, extra="forbid")
ConnectionName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=MAX_CHARS["connection"])
]


class ConnectionSettings(BaseModel):
    """One configured site that may send webhooks to /webhooks/{its name}."""

    model_config = _STRICT

    signing: WebhookSettings = Field(description="How its webhooks are signed, and with which secrets.")
    allowed_networks: tuple[IPv4Network | IPv6Network, ...] = Field(
        default=(), description="Addresses that may send; empty means all. A site that cannot sign needs some."
    )
    event_id_headers: tuple[str, ...] = Field(
        default=("X-Clarity-Event-Id", "webhook-id"), description="Headers that may hold the event's id; first wins."
    )
    topic_headers: tuple[str, ...] = Field(
        default=("X-Clarity-Event",), description="Headers that may hold the event's topic; first wins."
    )

    @model_validator(mode="after")
    def _unsigned_is_bounded(self) -> Self:
        if self.signing.scheme is WebhookScheme.NONE and not self.allowed_networks:
            raise ValueError("allowed_networks: a connection with scheme none needs the addresses that may send")
        return self


class ReceiverSettings(BaseModel):
    """Where the receiver listens, from whom it takes webhooks, and its bounds."""

    model_config = _STRICT

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8080, ge=1, le=65535, description="Port to listen on.")
    connections: dict[ConnectionName, ConnectionSettings] = Field(description="Sites by name.")
    max_body_bytes: int = Field(
        default=MAX_BODY_BYTES, ge=1, le=MAX_BODY_BYTES, description="Larger bodies are refused (413)."
    )
    read_deadline_s: float = Field(default=4.0, gt=0, description="A body must have come within this time (408).")
    store_deadline_s: float = Field(default=4.0, gt=0, description="Redis must have an event within this time (503).")
    retry_after_s: int = Field(default=5, ge=1, description="When a sender may try again after a 503.")
    connection_rate: RateBound = Field(default=RateBound(), description="Bound per connection, of signed requests.")
    client_rate: RateBound = Field(default=RateBound(), description="Bound per client address, of all requests.")
    concurrent_connections: int = Field(
        default=200, ge=1, description="More connections than these at once are refused (503)."
    )
    stop_deadline_s: int = Field(default=20, ge=1, description="How long accepted requests may take at a stop.")
    trusted_proxies: tuple[str, ...] = Field(
        default=(), description="Proxies in front whose X-Forwarded-For names the client; empty means none."
    )

    @model_validator(mode="after")
    def _answers_in_time(self) -> Self:
        total_s = self.read_deadline_s + self.store_deadline_s
        if total_s >= SENDER_PATIENCE_S:
            raise ValueError(
                f"read_deadline_s + store_deadline_s: {total_s} s is too long; senders give up after "
                f"{SENDER_PATIENCE_S} s, so choose less"
            )
        return self
