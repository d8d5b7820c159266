"""What the rules decide in a thread, in either format of the context."""

import json
from typing import Any

from agent.context import ContextFormat
from agent.offline import reply
from agent.thread import Thread
from agent.tools import parse_next_step

from ..agent.scripted import said, thread_of


def decided_in(thread: Thread, form: ContextFormat = "xml") -> dict[str, Any]:
    """The next step, which is one of ours whatever was said."""
    context = thread.serialize_for_llm(form)
    text = reply(f"Do it.\n<thread>\n{context}\n</thread>\nAnd now?")
    return parse_next_step(json.loads(text)).model_dump(mode="json", exclude_none=True)


def decided_for(text: str, form: ContextFormat = "xml") -> dict[str, Any]:
    return decided_in(thread_of(said(text)), form)
