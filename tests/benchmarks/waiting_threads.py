"""Makes threads that wait for a human, each for itself: `waiting_threads.py FOLDER COUNT`."""

# It runs in the environment of the generated agent.
# mypy: disable-error-code="import-not-found"

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from agent.events import HumanContacted, ToolCall, Trigger
from agent.store.thread_file import as_file
from agent.thread import Thread

ASKS = {"intent": "request_more_information", "message": "which one?"}
TOLD = {"channel": "inbox"}  # or the first thing that happened would be to tell somebody


def main(folder: str, count: str) -> None:
    Path(folder).mkdir(mode=0o700)
    for number in range(int(count)):
        at = datetime.now(UTC) - timedelta(seconds=int(count) - number)
        thread = Thread().append(Trigger(type="user_input", data=f"hello {number}"), at=at)
        asks = ToolCall(call_id=f"call-{number}", data=ASKS)
        thread = thread.append(asks, HumanContacted(call_id=asks.call_id, data=TOLD), at=at)
        thread_id = str(uuid4())
        Path(folder, f"{thread_id}.json").write_text(as_file(thread_id, thread), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
