"""The tests of the prompt against a real model: how often each passes, and what that costs."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from agent.model.asking import Manner, ask
from agent.model.clients import OFFLINE, lacking
from agent.model.failures import Unavailable
from agent.model.json_text import NoStep
from agent.model.next_step import step_in
from agent.model.request import render
from agent.settings import load_settings

from .agent.openai_server import Reply, openai_server, prompt_of

REPLIES = Path("prompt-replies.jsonl")
PLACE = "the-place-of-the-thread-in-the-prompt"


@dataclass
class Trial:
    """One test, run once."""

    test: str
    passed: bool = False
    is_step: bool = False
    problem: str = ""
    reply: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0


class Stopover:
    """A model for `baml-cli`, which passes each thread on to the real one, in our own request.

    What comes back is read as the agent reads it: a reply that is no step fails the test.
    """

    def __init__(self, model: str) -> None:
        settings = load_settings()
        self.model = model
        self.manner = Manner(settings.decoding, settings.model_timeout, print)
        self.before, self.after = prompt_of(json.loads(render(PLACE, OFFLINE).body)).split(PLACE)
        self.trial = Trial("")

    def __call__(self, prompt: str) -> Reply:
        context = prompt.removeprefix(self.before).removesuffix(self.after)
        began, record = time.monotonic(), dict[str, Any]()
        try:
            answer = asyncio.run(ask(context, self.model, self.manner, record))
            self.trial.reply = answer.text
            step = step_in(answer, [context])
        except (NoStep, Unavailable) as error:
            self.trial.problem = str(error)
            return Reply("no step")
        finally:
            self.trial.seconds = round(time.monotonic() - began, 3)
            self.trial.input_tokens = record.get("input_tokens") or 0
            self.trial.output_tokens = record.get("output_tokens") or 0
        self.trial.is_step = True
        return Reply(step.model_dump_json(exclude_none=True))


def run(
    model: str, tests: Sequence[str], times: int, baml_cli: Callable[..., Any]
) -> Iterator[Trial]:
    """One request after the other: some servers can do no more at a time.

    Raises Unavailable for a model that lacks a setting.
    """
    if faults := lacking(model):
        raise Unavailable("; ".join(faults))
    stopover = Stopover(model)
    with openai_server(stopover) as server, REPLIES.open("w", encoding="utf-8") as kept:
        for test in (test for _ in range(times) for test in tests):
            stopover.trial = trial = Trial(test)
            done = baml_cli(server.url, "-i", test, "--parallel", "1", capture_output=True)
            trial.passed = done.returncode == 0
            kept.write(json.dumps(asdict(trial), ensure_ascii=False) + "\n")
            kept.flush()
            yield trial


def report(trials: Iterator[Trial]) -> int:
    """Each trial as it ends, then a line a test; 0 if all passed."""
    done: list[Trial] = []
    for trial in trials:
        done.append(trial)
        print(f"{'passed' if trial.passed else 'FAILED'}  {trial.test}  {trial.problem}".rstrip())
    print(f"\n{'test':52} {'passed':>7} {'steps':>7} {'tokens':>12} {'seconds':>8}")
    for test in dict.fromkeys(trial.test for trial in done):
        print(line(test, [trial for trial in done if trial.test == test]))
    print(line("all", done))
    print(f"the replies are in {REPLIES}")
    return 0 if all(trial.passed for trial in done) else 1


def line(name: str, trials: Sequence[Trial]) -> str:
    count = len(trials)
    passed, steps = sum(t.passed for t in trials), sum(t.is_step for t in trials)
    read, written = sum(t.input_tokens for t in trials), sum(t.output_tokens for t in trials)
    tokens = f"{read // count} + {written // count}"
    seconds = sum(t.seconds for t in trials) / count
    shares = f"{f'{passed}/{count}':>7} {f'{steps}/{count}':>7}"
    return f"{name:52} {shares} {tokens:>12} {seconds:8.2f}"
