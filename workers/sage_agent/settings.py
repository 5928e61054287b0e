"""What the Sage agent is told."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, FilePath, SecretStr

from bridge.erp.sage100.company import SageCompany


class AgentSettings(BaseModel):
    """The Sage agent's settings; one agent serves the companies of one installation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    api_key: SecretStr = Field(description="What every caller must send as X-Api-Key.", min_length=1)
    companies: dict[str, SageCompany] = Field(description="The companies served, by their 3-character code.")
    home: str = Field(description="Sage's MAS90\\Home directory, as `Init` takes it.")
    script_factory: str = Field("win32com-dispatch", description="How a ProvideX.Script is had; or module:function.")
    state_file: Path = Field(description="The agent's own SQLite file: fences, sessions and batch notes.")
    session_limit: int = Field(1, ge=1, description="Most sessions at once, whatever the seats of Sage.")
    console_reader: str | None = Field(
        None, description="How Sage's own list of sessions is read without a seat: odbc, or module:function."
    )
    console_source: SecretStr = Field(
        SecretStr(""), description="What the reader reads: for odbc its connection string."
    )
    call_deadline_s: float = Field(
        30, gt=0, description="Longest one record or look-up may take; then its process ends."
    )
    logon_deadline_s: float = Field(60, gt=0, description="Longest a log-on may take; then its process ends.")
    end_grace_s: float = Field(10, gt=0, description="How long a session may take to give its seat back by itself.")
    idle_limit_s: float = Field(300, gt=0, description="A session that nobody called for so long is ended.")
    body_limit_bytes: int = Field(8_000_000, gt=0, description="Longest request body.")
    certificate_file: FilePath | None = Field(None, description="TLS chain; without it the API key travels in clear.")
    certificate_key_file: FilePath | None = Field(None, description="The certificate's private key.")
    child_environment: dict[str, str] = Field({}, description="Environment variables that session processes get too.")
