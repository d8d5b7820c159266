"""Those who are asked, for the chaos: what they see at the other side of a channel, say there, and
get taken.

A channel can bring a `crowd.py`: NAME is that of the channel, and `crowd` a context manager that
stands up its other side, which fails, is slow, and does what it then denies, and gives a Crowd.
"""

import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol
from zlib import crc32

from httpx2 import Client

from ..yours.samples import APPROVAL_STEP
from .scripted import changed
from .somebody import SCRIPTS

[EDIT] = [
    (name, str(value))
    for name, value in changed(APPROVAL_STEP).items()
    if value != APPROVAL_STEP.get(name)
]


@dataclass(frozen=True)
class Said:
    """An answer: `what` are its words, or yes, changed, no; `ref` is the message it stands below.

    It was taken `at`, or a little before, and sent at `since`, both in seconds since 1970.
    """

    thread: str
    call: str
    who: str
    what: str
    ref: str = ""
    since: float = 0.0
    at: float = 0.0


@dataclass
class Seen:
    """`asked` has `thread/call` by the place where somebody looks, `settled` the messages (`ref`)
    that say there, or to which it was said, what became of what they ask.
    """

    launched: list[str] = field(default_factory=list)
    asked: dict[str, set[str]] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)  # who began a thread read how it ended
    sent: list[Said] = field(default_factory=list)
    taken: list[Said] = field(default_factory=list)  # said to have arrived
    counted: list[Said] = field(default_factory=list)  # said to be an answer

    def took(self, said: Said, counted: bool = False) -> None:
        said = replace(said, at=time.time())
        self.taken.append(said)
        self.counted += [said] if counted else []


class Crowd(Protocol):
    variables: dict[str, str]

    def turn(self, client: Client, threads: int) -> None:
        """One of them does something; so many threads they begin in all. Raises TransportError."""

    @property
    def is_content(self) -> bool:
        """Whether all that they said was taken."""

    def saw(self) -> Seen: ...


@dataclass
class Mind:
    """What they do, by chance. Some calls are answered in one place alone: without having been told
    there, their threads would not end.
    """

    chance: random.Random
    is_theirs: Callable[[str], bool]
    number: int = 0

    def words(self, about: str) -> str:
        """That nobody said before."""
        self.number += 1
        return f"{about} {self.number}"

    def does(self, share: float) -> bool:
        return self.chance.random() < share

    def decides(self) -> str:
        return self.chance.choice(["yes", "yes", "changed", "no"])

    def begins(self, number: int, where: str) -> str:
        return f"{list(SCRIPTS)[number % len(SCRIPTS)]} {number} in {where}"


def mind(seed: int, place: int, of: int) -> Mind:
    """Of the crowd at a place of so many: each has calls of its own, and some are everybody's."""

    def is_theirs(call: str) -> bool:
        return crc32(call.encode()) % (of + 1) in (place, of)

    return Mind(random.Random(f"{seed} {place}"), is_theirs)


Standing = Callable[[Mind], AbstractContextManager[Crowd]]


def crowds() -> dict[str, Standing]:
    """Those of the channels that are there, by their names."""
    folders = sorted(path.parent.name for path in Path(__file__).parent.glob("*/crowd.py"))
    modules: list[Any] = [import_module(f"{__package__}.{each}.crowd") for each in folders]
    return {module.NAME: module.crowd for module in modules}
