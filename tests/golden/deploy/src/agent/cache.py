"""What can be made again is kept while there is room, and the room is counted in bytes."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Cache(Generic[K, V]):
    """What was used last, up to so many bytes. Any thread may use it."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.used = 0
        self._kept: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key][0]

    def keep(self, key: K, value: V, size: int) -> V:
        """`size` is in bytes, as whoever keeps it reckons.

        What is larger than the room is not kept, and drives nothing out.
        """
        with self._lock:
            self.used -= self._kept.pop(key, (None, 0))[1]
            if size > self.room:
                return value
            self._kept[key] = value, size
            self.used += size
            while self.used > self.room:
                _, (_, dropped) = self._kept.popitem(last=False)
                self.used -= dropped
        return value
