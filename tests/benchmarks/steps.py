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


def for_agent(port: str | int) -> dict[str, str]:
    """What lets a generated agent ask the scripted server."""
    return {
        "OPENAI_COMPATIBLE_URL": f"http://127.0.0.1:{port}/v1",
        "OPENAI_COMPATIBLE_MODEL": "scripted",
        "OPENAI_COMPATIBLE_KEY": "none",
        "AGENT_MODEL": "OpenAICompatible",
        "AGENT_MAX_STEPS": "1000",
    }


def memory() -> float:
    """The most that this process ever held, in MB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def tell(port: str | int, path: str) -> bytes:
    """What the scripted server answers."""
    connection = HTTPConnection("127.0.0.1", int(port))
    connection.request("POST", path)
    reply = connection.getresponse().read()
    connection.close()
    return reply


def report(run_thread: Callable[[int], int]) -> None:
    """Time the threads. `run_thread` is told how many steps, and returns how many it ran."""
    imported = memory()
    timed(run_thread, 2)  # connections, lazy imports
    times = {n: [timed(run_thread, n) for _ in range(often)] for n, often in LENGTHS.items()}
    print(json.dumps({"steps": times, "imported_mb": imported, "ran_mb": memory()}))


def timed(run_thread: Callable[[int], int], length: int) -> float:
    """Milliseconds a step."""
    tell(PORT, f"/script/{length}/0")
    began = time.perf_counter()
    ran = run_thread(length)
    took = time.perf_counter() - began
    if ran != length:
        raise SystemExit(f"{ran} steps were run, not {length}")
    return took / length * 1000
