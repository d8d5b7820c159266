"""What a computation costs, whatever else the machine has to do while it is measured."""

from collections.abc import Callable
from time import process_time

USUAL = 0.025  # seconds that `known` takes where nothing else is done


def known() -> int:
    return sum(number * number for number in range(500_000))


def taken(act: Callable[[], object]) -> float:
    began = process_time()
    act()
    return process_time() - began


def takes_less(seconds: float, act: Callable[[], object]) -> bool:
    """Whether it takes less of a core's time, once in three times.

    Less, that is, on a machine of the usual pace: where it took longer, how slow this one is just
    then is measured by what is known. Who compares it with a clock alone measures the neighbours.
    `act` must keep nothing from one time to the next, and what it waits for is not counted.
    """

    def once() -> bool:
        took = taken(act)
        return took < seconds or took * USUAL / max(taken(known), USUAL) < seconds

    return any(once() for _ in range(3))
