"""What a computation costs, whatever else the machine has to do while it is measured."""

from collections.abc import Callable
from time import process_time

USUAL = 0.025  # seconds that `known` takes where nothing else is done


def known() -> float:
    began = process_time()
    sum(number * number for number in range(500_000))
    return process_time() - began


def measured(act: Callable[[], object]) -> float:
    before, began = known(), process_time()
    act()
    return (process_time() - began) * USUAL / max(before, known(), USUAL)


def takes_less(seconds: float, act: Callable[[], object]) -> bool:
    """Whether it takes less of a core's time, once in three times.

    Less, that is, on a machine of the usual pace: how slow this one is just then is measured by
    what is known, in the same run. Who compares it with a clock alone measures the neighbours.
    `act` must keep nothing from one time to the next, and what it waits for is not counted.
    """
    return any(measured(act) < seconds for _ in range(3))
