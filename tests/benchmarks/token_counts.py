"""The thread as our context beside the same thread as OpenAI messages, in o200k tokens."""

import json

from page import Chapter, table
from timing import run
from workshop import HERE, Workshop

FIXTURES = HERE / "fixtures"
Counts = dict[str, dict[str, int]]
THREAD = """The threads are in [`tests/benchmarks/fixtures`](../tests/benchmarks/fixtures), in every
form that is counted: the guide's arithmetic in 2 steps, and returns that are settled in 10 and in
30, with a question, approvals, and a mistake that is overcome. The messages are what the API
wants, as compact JSON: no approvals in them, ids of the length that OpenAI gives. The mistake is
left out of our context once a later result overcame it, and it stays in the messages."""
WHOLE = """The whole request is more than the thread. Ours has the prompt with BAML's description of
the answer; the other has the same instructions, and a JSON schema for each tool, without
`done_for_now`, which needs none there. Counted is first the text of the request's body, in
which our context's line breaks are escaped; then what a provider is likely to bill, which writes
messages and schemas in a form of its own, as litellm imitates it."""


def measure(workshop: Workshop, rounds: int) -> str:
    """Counting needs no rounds."""
    make = (workshop.agent / "python", HERE / "make_fixtures.py", FIXTURES)
    run(*make, cwd=workshop.project)
    counted = run(
        workshop.counters / "python", HERE / "count_tokens.py", FIXTURES, cwd=workshop.folder
    )
    chapter = _chapter(json.loads(counted))
    versions = workshop.versions(workshop.counters, "tiktoken", "litellm")
    rendered = workshop.versions(workshop.agent, "baml-py")
    return chapter.markdown(f"o200k_base, {versions}, {rendered}", workshop.folder)


def _chapter(counts: Counts) -> Chapter:
    chapter = Chapter("Tokens beside OpenAI's messages")
    for name, count in counts.items():
        share = count["context.txt"] / count["messages.json"]
        chapter.aim(f"tokens of {_steps(name)}", share, 0.5)
    chapter.say(" ".join(THREAD.split("\n")))
    thread = ("messages.json", "context.txt", "context.jsonl")
    heads = ("OpenAI messages", "our context (xml)", "our context (json)")
    chapter.say(_table("the thread", counts, dict(zip(thread, heads, strict=True))))
    chapter.say(" ".join(WHOLE.split("\n")))
    ours, theirs = "request.json", "openai-request.json"
    chapter.say(_table("the body as text", counts, {theirs: "OpenAI tools", ours: "ours"}))
    estimated = {f"{theirs} estimated": "OpenAI tools", f"{ours} estimated": "ours"}
    chapter.say(_table("as a provider is likely to count", counts, estimated))
    return chapter


def _table(title: str, counts: Counts, columns: dict[str, str]) -> str:
    """The first column is what the others are compared with."""
    base, *others = columns
    rows = [
        (
            _steps(name),
            str(count[base]),
            *(f"{count[other]} ({count[other] / count[base]:.2f})" for other in others),
        )
        for name, count in counts.items()
    ]
    return table((title, *columns.values()), rows)


def _steps(folder: str) -> str:
    return f"a thread of {int(folder.partition('-')[0])} steps"
