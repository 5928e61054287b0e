"""How one sandbox site is started."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo


class Profile(StrEnum):
    """Which kind of site is played (reference clarity.md 2.12)."""

    V1 = "clarity-v1"
    MINIMAL = "clarity-minimal"


@dataclass(frozen=True)
class SiteSettings:
    """Everything a site needs to know at its start. The credentials are toys: the site listens on loopback only.

    `retry_scale` shortens the webhook retries: 1 is the contract's 1 to 720 minutes. `zone` is the clock on the wall
    of a `clarity-minimal` site. `rate_per_s` and `burst` are per credential.
    """

    data: Path
    profile: Profile = Profile.V1
    site: str = "main"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("America/Chicago"))
    rate_per_s: float = 10.0
    burst: int = 40
    webhook_url: str | None = None
    webhook_secret: str = "whsec_sandbox"
    webhook_mode: str = "full"
    retry_scale: float = 1.0
    client_id: str = "sandbox"
    client_secret: str = "sandbox-secret"
    api_key: str = "sandbox-key"
    control_token: str = "sandbox-control"
