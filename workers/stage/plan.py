"""How a stage is set up: two companies, two sites, ports, and the settings file that every process reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex

from desk.passwords import hash_of
from workers.broker import free_port

SAGE_ZONE = "America/New_York"
"""The zone in which the simulated Sage stamps what was changed (sandbox.sage100.options)."""

DESK_USERS = {"admin": "administer", "olive": "operate", "vera": "view"}
"""Who may log in to a stage's desk, with which role; the password of each is the plan's `secret`."""

_FOLLOWED = ("shipments", "invoices", "receipts", "status")
"""The sections of a lane for what becomes of its orders; stock, items, prices and terms are read once at the start."""

_BRISK = """\
[rhythm]
intake_s = 0.5
read_s = 1
poll_s = 5
windows_s = 0.5
tell_s = 1
flows_s = 1
show_s = 1
sweep_s = 2
seats_s = 2
alarms_s = 1
canary_s = 10

[silence]
stale_s = 120
"""


@dataclass(frozen=True)
class Shop:
    """One sandbox site and the company that its orders go to. `connection` names it in the settings."""

    connection: str
    site: str
    company: str
    port: int = field(default_factory=free_port)

    @property
    def lane(self) -> str:
        """The lane that it is written to."""
        return f"sage100:{self.company}"

    @property
    def url(self) -> str:
        """Where the site listens."""
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True)
class StagePlan:
    """Everything that is decided before anything starts. Secrets are made anew for each stage."""

    folder: Path
    shops: tuple[Shop, ...]
    rate_per_s: int = 20
    burst: int = 60
    window_s: int = 3
    write_delay_ms: int = 8
    seats: int = 2
    with_flower: bool = True
    with_desk: bool = False
    ledger_url: str | None = None
    """None: an embedded SQLite ledger in the folder."""
    call_deadline_s: float = 3
    lease_s: float = 20
    licence: int | None = None
    """Sessions that Sage itself allows; None: as many as are ours."""
    keeps_killed_seats: bool = False
    """Whether Sage goes on counting a session whose process was killed, as it does outside."""
    agent_url: str | None = None
    """None: straight to the agent; otherwise through what stands between."""
    line_timeout_s: float = 60
    answer_timeout_s: float = 150
    calendar: str = ""
    """More lines for the calendar of each lane."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """What every process gets beside our own environment."""
    flows_every_s: float | None = None
    """How often is read what became of orders; None: Sage is not read, and there are no readers."""
    shipped_rests_s: float = 30
    """How long a shipped status waits for its shipment."""
    is_brisk: bool = True
    """Whether everything is looked at in seconds, as somebody watches; else as often as where nothing else is set."""
    extra: str = ""
    """More sections for the settings file."""
    broker_port: int = field(default_factory=free_port)
    receiver_port: int = field(default_factory=free_port)
    agent_port: int = field(default_factory=free_port)
    flower_port: int = field(default_factory=free_port)
    desk_port: int = field(default_factory=free_port)
    secret: str = field(default_factory=lambda: token_hex(16), repr=False)

    @property
    def config(self) -> Path:
        """The settings file."""
        return self.folder / "tidegate.toml"

    @property
    def sage(self) -> Path:
        """The simulated Sage installation's store."""
        return self.folder / "sage100.db"

    @property
    def desk_url(self) -> str:
        """Where people reach the desk."""
        return f"http://127.0.0.1:{self.desk_port}"

    @property
    def profile(self) -> Path:
        """The sites' profile: the shipped one, with the rate that this stage's sites allow."""
        return self.folder / "site.yaml"

    def write(self) -> None:
        """Writes the settings file, readable by its owner only."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config.touch(mode=0o600)
        self.config.write_text("\n".join(self._sections()), encoding="utf-8")
        limits = f"{{rps: {self.rate_per_s}, burst: {self.burst}}}"
        self.profile.write_text(f"name: sandbox\nextends: clarity-v1\nlimits: {limits}\n", encoding="utf-8")

    def _sections(self) -> list[str]:
        return [
            self._parts(),
            self._agent(),
            *(self._shop(shop) for shop in self.shops),
            *(self._lane(shop) for shop in self.shops),
            *([self._flower()] if self.with_flower else []),
            *([self._desk()] if self.with_desk else []),
            self.extra,
        ]

    def _parts(self) -> str:
        return f"""\
# Made for this run of the sandbox. Every process of the fleet reads it.
run_folder = "{self.folder / "run"}"

[broker]
url = "redis://:{self.secret}@127.0.0.1:{self.broker_port}/0"
embedded_data = "{self.folder / "broker"}"

[ledger]
url = "{self.ledger_url or f"sqlite:///{self.folder / 'ledger.db'}"}"

{_BRISK if self.is_brisk else ""}
[receiver]
port = {self.receiver_port}

[systems.sage100]
seats = {{ total = {self.seats} }}
[systems.sage100.agent]
url = "{self.agent_url or f"http://127.0.0.1:{self.agent_port}"}"
api_key = "{self.secret}"
session_limit = {self.seats}
line_timeout_s = {self.line_timeout_s}
answer_timeout_s = {self.answer_timeout_s}
"""

    def _agent(self) -> str:
        companies = "\n".join(
            f'[agent.settings.companies.{shop.company}]\nuser = "WEB"\npassword = "web"\ntime_zone = "{SAGE_ZONE}"'
            for shop in self.shops
        )
        return f"""\
[agent]
port = {self.agent_port}
[agent.settings]
api_key = "{self.secret}"
home = 'C:\\Sage\\MAS90\\Home'
script_factory = "sandbox.sage100.script:connect"
console_reader = "sandbox.sage100.odbc:read_console"
console_source = "{self.sage}"
state_file = "{self.folder / "agent.db"}"
session_limit = {self.seats}
call_deadline_s = {self.call_deadline_s}
end_grace_s = 1
child_environment = {{ TIDEGATE_SANDBOX_SAGE = "{self.sage}" }}
{companies}
"""

    def _shop(self, shop: Shop) -> str:
        return f"""\
[connections.{shop.connection}]
lanes = {{ {shop.site} = "{shop.lane}" }}
[connections.{shop.connection}.site]
base_url = "{shop.url}"
site_id = "{shop.site}"
profile = "{self.profile}"
client_id = "sandbox"
client_secret = "{self.secret}"
[receiver.connections.{shop.connection}.signing]
secrets = ["whsec_{self.secret}"]
"""

    def _lane(self, shop: Shop) -> str:
        return f"""\
[lanes."{shop.lane}"]
writer = {{ in_flight = 25, seconds_per_record = 0.02, lease_s = {self.lease_s} }}
[lanes."{shop.lane}".calendar]
every_s = {self.window_s}
guard_s = 0.2
max_records = 500
{self.calendar}
[lanes."{shop.lane}".mapping]
tax = "line"
untaxed_schedule = "DEFAULT"
ship_via = {{ "*" = "" }}
payment_types = {{ Stripe = "CARD", PayPal = "CARD" }}
payment_types_by_kind = {{ "*" = "" }}
charge_items = {{ handling = "/HANDLING", fees = "/FEE", tax = "/TAX", discount = "/DISCOUNT" }}
{self._flows(shop)}
"""

    def _flows(self, shop: Shop) -> str:
        if self.flows_every_s is None:
            return f'[lanes."{shop.lane}".reading]\nhours = []\n'
        sections = [f'[lanes."{shop.lane}".{section}]\nevery_s = {self.flows_every_s}\n' for section in _FOLLOWED]
        return "".join([*sections, f"shipped_rests_s = {self.shipped_rests_s}\n"])

    def _flower(self) -> str:
        return f"""\
[flower]
port = {self.flower_port}
password = "{self.secret}"
cookie_secret = "{self.secret}"
"""

    def _desk(self) -> str:
        password = hash_of(self.secret)
        users = (
            f'[desk.users.{name}]\nrole = "{role}"\npassword = "{password}"\n' for name, role in DESK_USERS.items()
        )
        return "\n".join([f"[desk]\nport = {self.desk_port}", *users])
