"""The events of a thread, in order. They never change, and one more costs the same behind any;
what is known of all of them, such as their hash, is made of what was known before.

Threads that come of each other share one list, of which each sees so many. Who appends where the
list ends adds to it, which no thread sees that was there before. Who appends to an earlier thread,
as where two do it to the same, has a list of their own from there on.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from copy import copy
from hashlib import sha256
from itertools import islice
from threading import Lock
from typing import Any, Self, TypeVar, overload

from .events import AnyEvent, HumanResponse, Trigger

V = TypeVar("V")
ONE_AT_A_TIME = Lock()  # for as long as it takes to append


class History(Sequence[AnyEvent]):
    """Equal to whatever has the same events in the same order."""

    __slots__ = ("_count", "_derived", "_first", "_kept")

    def __init__(self, events: Iterable[AnyEvent] = ()) -> None:
        self._kept: list[AnyEvent] = []
        self._first: dict[tuple[str, str], int] = {}  # where each of their names stands first
        self._count = 0
        self._derived: dict[Hashable, tuple[int, Any]] = {}  # of so many of them
        self._add(events)

    def plus(self, events: Iterable[AnyEvent]) -> Self:
        """With these behind."""
        with ONE_AT_A_TIME:
            longer = copy(self) if len(self._kept) == self._count else type(self)(self)
            longer._add(events)
        return longer

    def follows(self, earlier: Sequence[AnyEvent]) -> bool:
        """Whether it is those with more behind them, or the same."""
        if isinstance(earlier, History) and earlier._kept is self._kept:
            return earlier._count <= self._count
        return self[: len(earlier)] == tuple(earlier)

    def has(self, call_id: str) -> bool:
        """Whether any of them bears it."""
        return self._place("call", call_id) is not None

    def answer_to(self, call_id: str) -> HumanResponse | None:
        """What a human has said of this call first."""
        answer = None if (place := self._place("answer", call_id)) is None else self._kept[place]
        return answer if isinstance(answer, HumanResponse) else None

    def delivered_as(self, key: str) -> Trigger | None:
        """The message that came under this key."""
        came = None if (place := self._place("delivery", key)) is None else self._kept[place]
        return came if isinstance(came, Trigger) else None

    def since(self, *kinds: type[AnyEvent]) -> tuple[AnyEvent, ...]:
        """Those behind the last one of these kinds."""
        place = self._count
        while place and not isinstance(self._kept[place - 1], kinds):
            place -= 1
        return self[place:]

    @property
    def size(self) -> int:
        """Characters of what happened, about."""
        return self.derived("size", 0, larger)

    def sha256(self) -> str:
        """Of one JSON object an event, a line each."""
        return str((self.derived("sha256", None, hashed) or sha256()).hexdigest())

    def derived(self, name: Hashable, start: V, more: Callable[[V, Iterable[AnyEvent]], V]) -> V:
        """What comes of all of them, by what adds more of them to what came of those before. It is
        kept under this name, and nothing that is kept ever changes.
        """
        count: int
        value: V
        count, value = self._derived.get(name, (0, start))
        if count < self._count:
            value = more(value, map(self._kept.__getitem__, range(count, self._count)))
            self._derived[name] = self._count, value
        return value

    def _place(self, kind: str, name: str) -> int | None:
        place = self._first.get((kind, name), self._count)
        return place if place < self._count else None

    def _add(self, events: Iterable[AnyEvent]) -> None:
        for event in events:
            for name in names_of(event):
                self._first.setdefault(name, len(self._kept))
            self._kept.append(event)
        self._count = len(self._kept)

    @overload
    def __getitem__(self, place: int) -> AnyEvent: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[AnyEvent, ...]: ...
    def __getitem__(self, place: int | slice) -> AnyEvent | tuple[AnyEvent, ...]:
        if isinstance(place, slice):
            begins, ends, step = place.indices(self._count)
            return tuple(self._kept[begins:ends:step] if step > 0 else tuple(self)[place])
        return self._kept[range(self._count)[place]]

    def __copy__(self) -> Self:
        alike = object.__new__(type(self))
        for name in self.__slots__:
            setattr(alike, name, getattr(self, name))
        alike._derived = dict(self._derived)
        return alike

    def __reduce__(self) -> tuple[type[Self], tuple[tuple[AnyEvent, ...]]]:
        return type(self), (tuple(self),)  # a hash cannot be taken along

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[AnyEvent]:
        return islice(self._kept, self._count)

    def __reversed__(self) -> Iterator[AnyEvent]:
        return map(self._kept.__getitem__, reversed(range(self._count)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, History | tuple):
            return NotImplemented
        return tuple(self) == tuple(other)

    def __repr__(self) -> str:
        return repr(tuple(self))


def names_of(event: AnyEvent) -> Iterator[tuple[str, str]]:
    """What it can be found by, each with what kind of name that is."""
    if event.call_id is not None:
        yield "call", event.call_id
    if isinstance(event, HumanResponse):
        yield "answer", event.call_id
    if isinstance(event, Trigger) and (key := (event.meta or {}).get("delivery")) is not None:
        yield "delivery", str(key)


def over(
    events: Sequence[AnyEvent], name: Hashable, start: V, more: Callable[[V, Iterable[AnyEvent]], V]
) -> V:
    """The same of any events; only of a history there is anything that is known already."""
    return events.derived(name, start, more) if isinstance(events, History) else more(start, events)


def larger(size: int, new: Iterable[AnyEvent]) -> int:
    return size + sum(len(str(event.data)) for event in new)


def hashed(before: Any, new: Iterable[AnyEvent]) -> Any:
    longer = before.copy() if before else None
    for event in new:
        line = event.model_dump_json().encode()
        if longer:
            longer.update(b"\n" + line)
        else:
            longer = sha256(line)
    return longer
