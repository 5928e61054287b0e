"""Where traces go."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class TraceSettings(BaseModel):
    """OpenTelemetry traces of the workers; off without this section. Needs the packages of `tidegate[traces]`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    endpoint: str = Field(
        pattern=r"^https?://", description="Where spans are sent, OTLP over HTTP: http://127.0.0.1:4318/v1/traces."
    )
    share: float = Field(1.0, gt=0, le=1, description="The share of tasks that is traced.")
    headers: dict[str, SecretStr] = Field({}, description="Headers that the receiving side wants, such as a key.")
