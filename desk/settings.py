"""How people reach the desk."""

from pydantic import BaseModel, ConfigDict, Field


class DeskSettings(BaseModel):
    """The desk, as people reach it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    public_url: str | None = Field(
        None, description="How people reach it, such as https://desk.example.com: stands in the links of alarms."
    )
