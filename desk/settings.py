"""The desk's settings."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

_STRICT = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
UserName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]*$", max_length=64)]


class Role(StrEnum):
    """What a person may do: each role may do what the ones before it may."""

    VIEW = "view"
    OPERATE = "operate"
    ADMINISTER = "administer"

    def may(self, least: "Role") -> bool:
        """Whether this role may do what needs at least the other one."""
        order = list(Role)
        return order.index(self) >= order.index(least)


class DeskUser(BaseModel):
    """One person who may log in."""

    model_config = _STRICT

    role: Role = Field(
        description="view looks; operate halts, resumes, mends; administer sees the audit trail and Flower too."
    )
    password: SecretStr = Field(description="The password's Argon2 hash, as `tidegate desk-password` prints it.")


class DeskSettings(BaseModel):
    """The desk: where it listens, and who may log in."""

    model_config = _STRICT

    host: str = Field("127.0.0.1", description="Address to listen on; behind a proxy that speaks TLS.")
    port: int = Field(8095, ge=1, le=65535, description="Port to listen on.")
    public_url: str | None = Field(
        None, description="How people reach it, such as https://desk.example.com: stands in the links of alarms."
    )
    session_s: int = Field(43_200, ge=60, description="Seconds after which a log-in ends.")
    idle_s: int = Field(3600, ge=60, description="Seconds without use after which a log-in ends.")
    two_persons: bool = Field(
        False, description="Whether mending, replaying and discarding need a second person, who approves within a day."
    )
    trusted_proxies: tuple[str, ...] = Field(
        (), description="Proxies in front whose X-Forwarded-For names the client; empty means none."
    )
    users: dict[UserName, DeskUser] = Field(min_length=1, description="Who may log in, by name.")
