"""The sentences that the offline stand-in understands, and what comes next in a thread."""

import re
from typing import Any

Step = dict[str, Any]

SENTENCE = re.compile(
    r"\W*(?:(?:please|no|now|also|hi|hello|(?:can|could) you)\b[ ,]*)*"
    r"(?:(overwrite|replace) |(?:save|write|make|take|add) )?(?:(?:the|an?|my|new) )*"
    r"note (?:called |named )?([^:\n]{1,80}):\s*(\S.*)",
    re.IGNORECASE | re.DOTALL,
)
MENDED = re.compile(
    r"(?:(overwrite|replace)(?: it)?|call it (.+)|(?:try )?again)\W*", re.IGNORECASE
)
STOP = re.compile(r"\W*(?:no|stop|cancel|never ?mind|forget)\b", re.IGNORECASE)
USAGE = (
    "This is the offline stand-in, not an LLM: it understands “note shopping: milk and eggs” and"
    " “overwrite the note shopping: bread”."
)


def understand(text: str) -> Step | None:
    """The step that a text asks for, none if it is no sentence of ours."""
    found = SENTENCE.fullmatch(text)
    if not found or not slug(found[2]):
        return None
    about = {"name": slug(found[2]), "text": found[3].rstrip(), "overwrite": bool(found[1])}
    return {"intent": "save_note", **about}


def slug(name: str) -> str:
    return re.sub(r"\W+", "-", name.lower()).strip("-")


def text_of(data: Any) -> str:
    """What an event says, whichever channel it came through."""
    fields = data if isinstance(data, dict) else {"text": data}
    said = (fields.get(name) for name in ("message", "text", "body", "response"))
    return next((text for text in said if isinstance(text, str)), "")


class Story:
    """Read event by event, it knows what comes next."""

    def __init__(self) -> None:
        self.step = question(USAGE)
        self.note: Step | None = None  # what was asked for last
        self.no = ""  # what it means that a human refuses the note
        self.listening = True  # nothing was said yet, or all is done

    def read(self, kind: str, data: Any) -> None:
        about = data if isinstance(data, dict) else {}
        match kind:
            case "tool_response":
                self.step = done(f"It is in {about.get('saved')}.")
            case "error":
                ways = "Say “overwrite it”, “call it …”, “try again” or “stop”."
                self.step = question(f"{text_of(data)}. {ways}")
            case "human_response" if about.get("approved") in (False, "false"):
                no = about.get("comment") or "you said no"
                self.plan(understand(str(no)) or done(f"{self.no}: {no}."))
            case "human_request" if about.get("reason") == "in_doubt":
                self.no = "Saving it was begun once, and not again"
            case "save_note":
                self.no = "Nothing was saved"
            case "human_response" if "response" in about:
                self.plan(self.answered(text_of(data)))
            case "done_for_now":
                self.listening = True
            case _ if self.listening:
                self.listening = False
                self.plan(understand(text_of(data)) or question(USAGE))

    def plan(self, step: Step) -> None:
        self.step = step
        self.note = step if step["intent"] == "save_note" else self.note

    def answered(self, text: str) -> Step:
        if step := understand(text):
            return step
        if STOP.match(text):
            return done("Nothing was saved.")
        if not self.note or not (mended := MENDED.fullmatch(text.strip())):
            return question(USAGE)
        name = slug(mended[2] or "") or self.note["name"]
        return self.note | {"name": name, "overwrite": bool(mended[1]) or self.note["overwrite"]}

    def next_step(self) -> Step:
        return self.step


def question(message: str) -> Step:
    return {"intent": "request_more_information", "message": message}


def done(message: str) -> Step:
    return {"intent": "done_for_now", "message": message}
