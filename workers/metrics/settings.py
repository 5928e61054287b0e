"""Where each program of the fleet shows its metrics."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

PORTS: Mapping[str, int] = {
    "metrics": 9400,
    "receiver": 9410,
    "intake": 9420,
    "storefront": 9430,
    "showcase": 9440,
    "steward": 9450,
    "sage-writer": 9460,
    "sage-reader": 9480,
    "beat": 9500,
    "desk": 9520,
    "agent": 9510,
}
"""The port of a role's first program; the second one has the next port, and so has the second company."""

_OF_COMPANIES = frozenset({"sage-writer", "sage-reader"})


class MetricsSettings(BaseModel):
    """Metrics for Prometheus, at /metrics on a port of each program's own; off without this section."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    host: str = Field("127.0.0.1", description="Address to listen on; another one than the loopback needs a token.")
    ports: dict[str, int] = Field(
        {}, description="First port by role where it is to be another one; docs/generated/metrics.md lists them."
    )
    token: SecretStr | None = Field(
        None, min_length=16, description="What a reader must show as `Authorization: Bearer`."
    )

    def port_of(self, role: str, number: int) -> int:
        """The port of the program of a role with this number, counted from 1."""
        return {**PORTS, **self.ports}[role] + number - 1

    def clash(self, companies: int) -> str | None:
        """Which two programs of a fleet for so many companies would share a port; None when each has its own."""
        taken: dict[int, str] = {}
        for role in PORTS:
            for number in range(1, (companies if role in _OF_COMPANIES else 1) + 1):
                port = self.port_of(role, number)
                if port in taken:
                    return f"{taken[port]} and {role} {number} would share port {port}"
                taken[port] = f"{role} {number}"
        return None

    @field_validator("ports")
    @classmethod
    def _names_roles(cls, ports: dict[str, int]) -> dict[str, int]:
        for role, port in ports.items():
            if role not in PORTS:
                raise ValueError(f"{role!r} shows no metrics; use one of {', '.join(PORTS)}")
            if not 0 < port < 65_536:
                raise ValueError(f"{role} = {port} is no port; choose one from 1 to 65535")
        return ports

    @model_validator(mode="after")
    def _is_not_open_to_all(self) -> Self:
        if self.token is None and not _is_loopback(self.host):
            raise ValueError(f"host = {self.host!r} can be reached from outside, so it needs a token; set one")
        return self


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
