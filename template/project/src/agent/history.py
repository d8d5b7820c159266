"""The events of a thread, in order. They never change, and one more costs the same behind any;
what is known of all of them, their size and their hash, is made of what was known before.

Threads that come of each other share one list, of which each sees so many. Who appends where the
list ends adds to it, which no thread sees that was there before. Who appends to an earlier thread,
as where two do it to the same, has a list of their own from there on.
"""

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from hashlib import sha256
from itertools import islice
from threading import Lock
from typing import Self, overload

from .events import AnyEvent, HumanResponse, Trigger

ONE_AT_A_TIME = Lock()  # for as long as it takes to append


class History(Sequence[AnyEvent]):
    """Equal to whatever has the same events in the same order."""

    __slots__ = ("_count", "_first", "_hashed", "_kept", "_sized")

    def __init__(self, events: Iterable[AnyEvent] = ()) -> None:
        self._kept: list[AnyEvent] = []
        self._first: dict[tuple[str, str], int] = {}  # where each of their names stands first
        self._count = 0
        self._hashed = 0, sha256()  # so many of them
        self._sized = 0, 0
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
        count, size = self._sized
        size += sum(len(str(event.data)) for event in islice(self._kept, count, self._count))
        self._sized = self._count, size
        return size

    def sha256(self) -> str:
        """Of one JSON object an event, a line each."""
        count, hashed = self._hashed
        hashed = hashed.copy()
        for place in range(count, self._count):
            line = self._kept[place].model_dump_json()
            hashed.update(f"\n{line}".encode() if place else line.encode())
        self._hashed = self._count, hashed
        return hashed.hexdigest()

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
