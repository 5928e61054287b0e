"""Settings: one `tidegate.toml` plus environment variables, checked as a whole before anything starts."""

import os
import tomllib
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bridge.alarms.settings import AlertSettings, SilenceSettings, WaitingSettings
from bridge.erp.sage100.agent_http import SageAgentSettings
from bridge.errors import Misconfigured
from bridge.flows.invoice import InvoiceRules
from bridge.flows.item import ItemRules
from bridge.flows.price import PriceRules
from bridge.flows.receipt import ReceiptRules
from bridge.flows.registrations import Registration
from bridge.flows.settings import ReaderSettings
from bridge.flows.shipment import ShipmentRules
from bridge.flows.status import StatusRules
from bridge.flows.stock import StockRules
from bridge.flows.terms import TermsRules
from bridge.rules import LaneRules
from bridge.seats.budget import SeatBudget
from bridge.storefront.clarity.settings import ClaritySettings
from bridge.windows.calendar import LaneCalendar
from bridge.writing.settings import WriterSettings
from desk.settings import DeskSettings
from mappings.settings import LaneMapping
from workers.metrics.settings import MetricsSettings
from workers.receiver.settings import ReceiverSettings
from workers.sage_agent.settings import AgentSettings
from workers.traces.settings import TraceSettings

CONFIG_VARIABLE = "TIDEGATE_CONFIG"
DEFAULT_CONFIG = Path("tidegate.toml")
_STRICT = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class BrokerSettings(BaseModel):
    """The Redis or Valkey instance: event stream, nudges and seat leases."""

    model_config = _STRICT

    url: SecretStr = Field(description="redis:// URL with its password; an instance of Tidegate's own.")
    stream: str = Field("events:clarity", description="The stream at the door.")
    embedded_data: Path | None = Field(
        None, description="Folder in which `tidegate up` runs a server of its own; none when one is run for you."
    )


class LedgerSettings(BaseModel):
    """The ledger's database."""

    model_config = _STRICT

    url: SecretStr = Field(description="sqlite:///path/ledger.db, or postgresql+psycopg://user:password@host/name.")


class ConnectionSettings(BaseModel):
    """One storefront connection and the lanes that its sites' orders go to."""

    model_config = _STRICT

    site: ClaritySettings = Field(description="How the site is reached.")
    lanes: dict[str, str] = Field(min_length=1, description="The lane (system:COMPANY) of each siteId.")
    trusts_body: bool = Field(
        False, description="Take the document in the webhook for true, instead of reading it back by list call."
    )
    registrations: dict[str, Registration] = Field(
        {}, description="By siteId, what becomes of a new account: create makes it a customer, approve lets it wait "
        "for a person, ignore (as of sites that are not named) leaves it alone until it orders.",
    )  # fmt: skip


class SystemSettings(BaseModel):
    """One installation of an ERP, whatever its companies."""

    model_config = _STRICT

    agent: SageAgentSettings = Field(description="How its Sage agent is reached.")
    seats: SeatBudget = Field(SeatBudget(), description="The licensed sessions that are ours.")
    version: str = Field("2023", description="The Sage version, for the widths of its fields.")
    widths: dict[str, int] = Field({}, description='Widths that differ here, as "Table.Column" = width.')


class LaneSettings(BaseModel):
    """One company: when and how it is written, by which rules and mappings."""

    model_config = _STRICT

    calendar: LaneCalendar = Field(LaneCalendar(), description="When the lane may be written.")
    writer: WriterSettings = Field(WriterSettings(), description="How its writer works.")
    rules: LaneRules = Field(LaneRules(), description="What is checked before the write.")
    reading: ReaderSettings = Field(ReaderSettings(), description="When and how the lane is read.")
    stock: StockRules = Field(StockRules(), description="What a storefront may sell of the company's stock.")
    item: ItemRules = Field(ItemRules(), description="What a storefront is told of the company's items.")
    status: StatusRules = Field(StatusRules(), description="What a storefront is told of where its orders stand.")
    shipments: ShipmentRules = Field(ShipmentRules(), description="What a storefront is shown of what went out.")
    price: PriceRules = Field(PriceRules(), description="What a storefront is told of the company's prices.")
    invoices: InvoiceRules = Field(InvoiceRules(), description="What a storefront is shown of what was charged.")
    receipts: ReceiptRules = Field(ReceiptRules(), description="What a storefront is shown of what was paid.")
    mapping: LaneMapping = Field(LaneMapping(), description="The company's own codes.")
    terms: TermsRules = Field(TermsRules(), description="How often customers are read for their accounts.")
    overlays: tuple[Path, ...] = Field((), description="Mapping files laid over the shipped ones, in this order.")


class AgentService(BaseModel):
    """The Sage agent that `tidegate agent` runs beside Sage."""

    model_config = _STRICT

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8091, ge=1, le=65535, description="Port to listen on.")
    settings: AgentSettings = Field(description="What the agent is told.")


class FlowerSettings(BaseModel):
    """The admins' view of workers and queues."""

    model_config = _STRICT

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(5555, ge=1, le=65535, description="Port to listen on.")
    reached_at: str | None = Field(
        None, description="Where the desk reaches it, such as http://flower:5555; none means at host and port."
    )
    user: str = Field("admin", description="Log-in name.")
    password: SecretStr = Field(min_length=8, description="Log-in password.")
    cookie_secret: SecretStr = Field(min_length=16, description="Signs Flower's cookies; keep it over restarts.")
    state_file: Path | None = Field(None, description="Where Flower keeps what it has seen over restarts.")


class LogSettings(BaseModel):
    """What every role writes to its standard error."""

    model_config = _STRICT

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="What is logged at least.")
    shape: Literal["auto", "json", "text"] = Field(
        "auto", description="json: one object a line; text: for people; auto: text on a terminal, json elsewhere."
    )


class RhythmSettings(BaseModel):
    """How often beat wakes each task; what is due is decided by the ledger."""

    model_config = _STRICT

    intake_s: float = Field(2, gt=0, description="Seconds between looks at the event stream.")
    read_s: float = Field(5, gt=0, description="Seconds between looks for documents to be read.")
    poll_s: float = Field(60, gt=0, description="Seconds between polls of each storefront.")
    windows_s: float = Field(5, gt=0, description="Seconds between looks for due windows.")
    tell_s: float = Field(5, gt=0, description="Seconds between looks for storefronts to be told.")
    flows_s: float = Field(30, gt=0, description="Seconds between looks whether something of the ERP's is to be read.")
    show_s: float = Field(30, gt=0, description="Seconds between looks for what storefronts are to be shown.")
    sweep_s: float = Field(30, gt=0, description="Seconds between sweeps of the ledger.")
    seats_s: float = Field(30, gt=0, description="Seconds between looks for seats that have leaked.")
    alarms_s: float = Field(30, gt=0, description="Seconds between looks for lanes and connections that are silent.")
    canary_s: float = Field(
        60, gt=0, description="Seconds between canaries to each queue, which show that it is served."
    )


class Settings(BaseSettings):
    """Everything the fleet is told. Environment variables win: TIDEGATE_LEDGER__URL is `url` of `[ledger]`.

    A text value `env:NAME` or `file:PATH` stands for that variable or that file's text, so that secrets need not stand
    in the file.
    """

    model_config = SettingsConfigDict(
        env_prefix="TIDEGATE_", env_nested_delimiter="__", frozen=True, extra="forbid", hide_input_in_errors=True
    )

    broker: BrokerSettings
    ledger: LedgerSettings
    receiver: ReceiverSettings | None = Field(None, description="The webhook door.")
    connections: dict[str, ConnectionSettings] = Field(min_length=1, description="Storefronts by name.")
    systems: dict[str, SystemSettings] = Field(min_length=1, description="ERP installations by name.")
    lanes: dict[str, LaneSettings] = Field(min_length=1, description="Companies, as system:COMPANY.")
    agent: AgentService | None = Field(None, description="The Sage agent, on the machine that runs it.")
    flower: FlowerSettings | None = Field(None, description="Flower.")
    desk: DeskSettings | None = Field(None, description="The pages on which people see and mend.")
    rhythm: RhythmSettings = Field(RhythmSettings(), description="How often beat wakes tasks.")
    silence: SilenceSettings = Field(SilenceSettings(), description="When a lane or a queue counts as silent.")
    waiting: WaitingSettings = Field(WaitingSettings(), description="How long and how much may wait in a lane.")
    alerts: AlertSettings | None = Field(None, description="Whom `tidegate watch` tells of alarms.")
    logs: LogSettings = Field(LogSettings(), description="What is logged, and in which shape.")
    metrics: MetricsSettings | None = Field(None, description="Metrics for Prometheus.")
    traces: TraceSettings | None = Field(None, description="OpenTelemetry traces of the workers.")
    run_folder: Path = Field(Path("var"), description="Logs, pid files and state of `tidegate up`.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the signature is the library's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment before file."""
        del settings_cls
        return env_settings, init_settings

    @field_validator("connections", mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        """A connection's name is its key; it need not be said twice."""
        if isinstance(value, dict):
            for name, connection in value.items():
                if isinstance(connection, dict) and isinstance(connection.get("site"), dict):
                    connection["site"].setdefault("connection", name)
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for name, connection in self.connections.items():
            for site, lane in connection.lanes.items():
                if lane not in self.lanes:
                    raise ValueError(f"connections.{name}.lanes.{site} is {lane!r}, and there is no [lanes.{lane!r}]")
            if strange := connection.registrations.keys() - connection.lanes.keys():
                raise ValueError(f"connections.{name}.registrations names {min(strange)!r}, which has no lane")
        for lane in self.lanes:
            system, _, company = lane.partition(":")
            if system not in self.systems or not company:
                known = ", ".join(sorted(self.systems))
                raise ValueError(f"lane {lane!r} must be system:COMPANY with a system of [systems] ({known})")
        return self

    @model_validator(mode="after")
    def _shows_metrics_apart(self) -> Self:
        companies = len({lane.partition(":")[2] for lane in self.lanes})
        if self.metrics and (clash := self.metrics.clash(companies)):
            raise ValueError(f"metrics.ports: {clash}; give one of them another first port")
        return self

    @model_validator(mode="after")
    def _hears_its_canaries(self) -> Self:
        stale_s, canary_s = self.silence.stale_s, self.rhythm.canary_s
        if stale_s < 3 * canary_s:
            raise ValueError(
                f"silence.stale_s = {stale_s} is less than three times rhythm.canary_s = {canary_s}, so a queue that "
                "rests would look dead; raise it, or let canaries come more often"
            )
        return self


def load_settings(path: Path | None = None) -> Settings:
    """Reads and checks the settings; raises `Misconfigured` naming every place that is wrong and the way out."""
    chosen = path or Path(os.environ.get(CONFIG_VARIABLE, DEFAULT_CONFIG))
    try:
        raw = tomllib.loads(chosen.read_text())
    except FileNotFoundError:
        raise Misconfigured(
            f"{chosen}: no such file; write one (deploy/examples/tidegate.toml) or name it in ${CONFIG_VARIABLE}"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise Misconfigured(f"{chosen}: {error}") from None
    try:
        return Settings(**_resolved(raw, str(chosen)))
    except ValidationError as fault:
        raise Misconfigured("\n".join(_complaints(fault, chosen))) from None


def _complaints(fault: ValidationError, path: Path) -> list[str]:
    return [
        f"{path}: {'.'.join(str(part) for part in error['loc']) or 'the file'}: {error['msg']}"
        for error in fault.errors(include_url=False, include_input=False)
    ]


def _resolved(value: Any, place: str) -> Any:
    if isinstance(value, dict):
        return {key: _resolved(inner, f"{place}: {key}") for key, inner in value.items()}
    if isinstance(value, list):
        return [_resolved(inner, place) for inner in value]
    if isinstance(value, str) and value.startswith("env:"):
        name = value.removeprefix("env:")
        if name not in os.environ:
            raise Misconfigured(f"{place}: environment variable {name} is not set")
        return os.environ[name]
    if isinstance(value, str) and value.startswith("file:"):
        try:
            return Path(value.removeprefix("file:")).read_text().strip()
        except OSError as error:
            raise Misconfigured(f"{place}: {error}") from None
    return value
