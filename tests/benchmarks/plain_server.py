"""The plain pattern: FastAPI, a file for each thread, 202, and the rest in a background task."""

# It runs where these are installed, which is not where it is type-checked.
# mypy: disable-error-code="import-not-found, untyped-decorator"

import json
import os
import sys
import uuid
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import BackgroundTasks, FastAPI
from pydantic import BaseModel

app = FastAPI()


class Launch(BaseModel):
    message: str


def save(thread_id: str, events: list[Any]) -> None:
    with Path(f"{thread_id}.json").open("w") as file:
        json.dump({"id": thread_id, "events": events}, file)
        file.flush()
        os.fsync(file.fileno())


def work(thread_id: str, events: list[Any]) -> None:
    save(thread_id, [*events, {"type": "tool_call", "data": {"intent": "ask"}}])


@app.post("/api/v1/threads", status_code=202)
def launch(body: Launch, tasks: BackgroundTasks) -> dict[str, Any]:
    thread_id, events = str(uuid.uuid4()), [{"type": "user_input", "data": body.message}]
    save(thread_id, events)
    tasks.add_task(work, thread_id, events)
    return {"id": thread_id, "events": events}


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="error")
