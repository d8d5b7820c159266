"""Factor 4: what every step is, whether a tool runs it or a human is asked."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Step(BaseModel):
    """Named by its field `intent`, and exactly what its class says."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ToolStep(Step):
    """What the model may ask of one of your tools."""

    time_limit: ClassVar[float | None] = None  # seconds; else AGENT_TOOL_TIMEOUT
