"""Projects with any example and any components, made by the wheel without a network."""

import functools
import sys
from collections.abc import Iterable
from pathlib import Path

from conftest import ROOT

from create_12_factor_agent.template import questions

from .conftest import installed, run_offline, succeed

QUESTIONS = questions.load(ROOT / "copier.yml")
EXAMPLES = QUESTIONS["example"].choices
COMPONENTS = QUESTIONS["components"].choices
DEFAULT = EXAMPLES[0]


@functools.cache
def command(wheel: Path) -> Path:
    return installed(wheel, sys.executable, wheel.parent / "cli")


def created(
    wheel: Path, folder: Path, components: Iterable[str] = (), example: str = DEFAULT
) -> Path:
    answers = f"example={example}", f"components=[{','.join(components)}]"
    options = [word for answer in answers for word in ("--data", answer)]
    succeed(run_offline([str(command(wheel)), "my-agent", "--yes", *options], folder))
    return folder / "my-agent"
