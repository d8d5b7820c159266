"""A model that could not be asked is asked again, some times and ever later. Derived, never stored.

Then the thread stays as it is, `failed`, until a human resumes it.
"""

from collections.abc import Sequence
from datetime import timedelta

from ...events import AnyEvent, ModelFailed, Resumed
from ...people import Person

WHO = Person("worker", "retry")
PAUSES = [timedelta(seconds=seconds) for seconds in (10, 60, 300)]


def pause_before_next(events: Sequence[AnyEvent]) -> timedelta | None:
    """None where it has not failed, or has failed too often since anything else happened."""
    if not events or not isinstance(events[-1], ModelFailed):
        return None
    tries = 0
    for event in reversed(events):
        if is_ours(event):
            tries += 1
        elif not isinstance(event, ModelFailed):
            break
    return PAUSES[tries] if tries < len(PAUSES) else None


def is_ours(event: AnyEvent) -> bool:
    return isinstance(event, Resumed) and event.data.get("channel") == WHO.channel
