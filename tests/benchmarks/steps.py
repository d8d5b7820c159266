"""What both sides of the loop benchmark share: the script, the clock, and what is reported."""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection

PORT = int(os.environ.get("BENCHMARK_PORT", "0"))
URL = f"http://127.0.0.1:{PORT}/v1"
LENGTHS = {10: 5, 50: 3}  # steps of a thread, and how many such threads each process runs


def memory() -> float:
    """The most that this process ever held, in MB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def begin_script(length: int) -> None:
    connection = HTTPConnection("127.0.0.1", PORT)
    connection.request("POST", f"/script/{length}")
    connection.getresponse().read()
    connection.close()


def report(run_thread: Callable[[int], int]) -> None:
    """Time the threads. `run_thread` is told how many steps, and returns how many it ran."""
    imported = memory()
    timed(run_thread, 2)  # connections, lazy imports
    times = {n: [timed(run_thread, n) for _ in range(often)] for n, often in LENGTHS.items()}
    print(json.dumps({"steps": times, "imported_mb": imported, "ran_mb": memory()}))


def timed(run_thread: Callable[[int], int], length: int) -> float:
    """Milliseconds a step."""
    begin_script(length)
    began = time.perf_counter()
    ran = run_thread(length)
    took = time.perf_counter() - began
    if ran != length:
        raise SystemExit(f"{ran} steps were run, not {length}")
    return took / length * 1000
