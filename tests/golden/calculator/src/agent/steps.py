"""Factor 4: what every step is, whether a tool runs it or a human is asked."""

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Step(BaseModel):
    """Named by its field `intent`, and exactly what its class says."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ToolStep(Step):
    """What the model may ask of one of your tools."""

    time_limit: ClassVar[float | None] = None  # seconds; else AGENT_TOOL_TIMEOUT


@dataclass(frozen=True)
class Ask:
    """Whose yes a call needs, by their role, and for how long it can be given (if not for ever)."""

    role: str
    within: timedelta | None = None


@dataclass(frozen=True)
class Later:
    """What a tool gives when its work goes on without it, as a deployment does.

    The thread waits for `POST /api/v1/threads/{id}/results`; whoever does the work gets that id,
    `thread_id.get()`, and the call's. At `until` the model reads that no result has come; a time
    without an offset is this machine's. `ref` is the other side's own name of the work.
    """

    until: datetime | None = None
    ref: str | None = None


thread_id: ContextVar[str] = ContextVar("thread_id")  # of the thread whose call runs
