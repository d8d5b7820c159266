"""Takes times in turn, A B A B, because the speed of a shared machine drifts."""

import os
import platform
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

# Python's own settings would change what is measured: without cached bytecode an import
# compiles every file again.
ENVIRONMENT = {
    key: value
    for key, value in os.environ.items()
    if not key.startswith(("PYTHON", "AGENT_", "GIT_", "LANGSMITH_", "LANGCHAIN_"))
}
Times = dict[str, list[float]]


def run(*command: str | Path, cwd: Path, **env: str) -> str:
    """What the command prints; if it fails, its stderr is the error."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**ENVIRONMENT, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def seconds(*command: str | Path, cwd: Path, **env: str) -> float:
    """The whole process, from before it is started until it is gone."""
    began = time.perf_counter()
    run(*command, cwd=cwd, **env)
    return time.perf_counter() - began


def in_turn(candidates: Mapping[str, Callable[[], float]], rounds: int, warm_up: int = 1) -> Times:
    """Each candidate once a round; the rounds of the warm-up are not counted."""
    times: Times = {name: [] for name in candidates}
    for number in range(warm_up + rounds):
        for name, measure in candidates.items():
            took = measure()
            if number >= warm_up:
                times[name].append(took)
    return times


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the ratios round by round: drift touches both sides of a round alike."""
    return median(a / b for a, b in zip(ours, theirs, strict=True))


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """The ratio, and that of the two minima: what others do to the machine only adds to a time."""
    return f"{ratio(ours, theirs):.2f}; {min(ours) / min(theirs):.2f}"


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Minimum, median and maximum."""
    return " / ".join(f"{value:.{digits}f}" for value in (min(values), median(values), max(values)))


def machine(folder: Path) -> str:
    """The machine in one line, without its name."""
    load = "/".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()},"
        f" {_file_system(folder)}, Python {platform.python_version()}, load average {load}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or "a processor without a name"


def _file_system(folder: Path) -> str:
    try:
        return run("df", "--output=fstype", folder, cwd=folder).split()[-1]
    except (OSError, SystemExit):
        return "a file system without a name"
