"""A deployment that takes minutes: it goes on in a process of its own, and gives its result later.

It stands for your pipeline, which would be told the same two ids.
"""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from .deployments import answered, deploy, locked
from .errors import format_error
from .releases import Service
from .repository import tag_named
from .steps import Later, thread_id

PACE = float(os.environ.get("ROLLOUT_SECONDS", "5"))  # that it takes: minutes, elsewhere
LONGEST = timedelta(minutes=30)  # then nobody waits for it any more
AGENT = "import sys; from agent.terminal.cli import main; main(sys.argv[1:])"


def roll_out(call_id: str, service: Service, tag: str) -> dict[str, str] | Later:
    """Begin, once per call id. Raises ValueError for a tag that is none, and OSError."""
    with locked():
        if done := answered(call_id):
            return done
    name = tag_named(tag).name
    subprocess.Popen(
        [sys.executable, "-m", __name__, thread_id.get(), call_id, service, name],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # it goes on when the agent ends
    )
    return Later(datetime.now(UTC) + LONGEST, ref=f"rollout of {service} {name}")


def finish(thread: str, call_id: str, service: Any, tag: str) -> None:
    """The work, and then `agent result`, as a pipeline would call `POST …/results`."""
    time.sleep(PACE)
    try:
        given = [json.dumps(deploy(call_id, service, tag, "production"))]
    except (ValueError, OSError) as error:
        given = ["--error", format_error(error)]
    os.execv(sys.executable, [sys.executable, "-c", AGENT, "result", thread, call_id, *given])


if __name__ == "__main__":
    finish(*sys.argv[1:])
