"""A log that nobody reads, or that cannot be written, stops nothing."""

import io
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import DEVNULL

import httpx2
import pytest
import structlog

from agent.log import logger
from agent.stream import patient_streams

from ..yours.samples import SAFE_STEP
from .commands import MAIN, Shell, Stream, shell_with
from .serving import THREADS, told


class Full(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


class Closed(io.StringIO):
    def write(self, text: str) -> int:
        raise ValueError("I/O operation on closed file")


class Stuck(io.StringIO):
    """A pipe that is full, and whose other end somebody holds and does not read."""

    def write(self, text: str) -> int:
        threading.Event().wait()
        raise AssertionError


@pytest.mark.parametrize("stream", [Full(), Closed(), Stuck(), None])
def test_what_is_logged_neither_fails_nor_waits(
    stream: io.StringIO | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    begun = time.monotonic()
    with patient_streams():
        for _ in range(20_000):
            print("a line", file=sys.stderr, flush=True)
        sys.stderr.close()
        print("and one more", file=sys.stderr, flush=True)
        logger().error("something", thread="1")
    assert time.monotonic() - begun < 5


OPENS = """
from agent.stream import open_missing
open_missing()
with open("a-thread", "w") as file:
    file.write(str(file.fileno()))
"""


@pytest.mark.parametrize("closed", ["2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_no_file_of_ours_gets_the_number_of_a_stream_that_is_missing(closed: str) -> None:
    """C code would write its complaints into it."""
    words = ["sh", "-c", f'exec "$@" {closed}', "-", sys.executable, "-c", OPENS]
    subprocess.run(words, env=Shell({}).environment, check=True)
    assert int(Path("a-thread").read_text()) > 2


@pytest.mark.parametrize("stream", [Full(), Closed(), None])
def test_a_logger_does_not_fail_without_them_either(
    stream: io.StringIO | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the agent is part of another program."""
    monkeypatch.setattr(sys, "stderr", stream)
    logger().warning("something", thread="1")


def test_a_logger_of_the_program_around_it_may_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> str:
        raise ZeroDivisionError

    structlog.configure(processors=[broken])
    try:
        logger().warning("something")
    finally:
        structlog.reset_defaults()


def test_what_is_said_is_written_in_order_before_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = io.StringIO()
    monkeypatch.setattr(sys, "stdout", kept)
    with patient_streams():
        for number in range(1_000):
            print(number)
    assert kept.getvalue().split() == [str(number) for number in range(1_000)]
    assert sys.stdout is kept


@contextmanager
def nowhere(kind: str) -> Iterator[tuple[Stream, list[str]]]:
    """Where to the server writes, and the words of the shell that begin it."""
    if kind == "/dev/full":
        with Path(kind).open("w") as full:
            yield full, []
    elif kind == "closed":
        yield DEVNULL, ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "-"]
    else:
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        with suppress(BlockingIOError):
            while True:
                os.write(writer, b"." * 4096)
        os.set_blocking(writer, True)
        with os.fdopen(reader), os.fdopen(writer, "w") as unread:
            yield unread, []


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def is_up(client: httpx2.Client) -> bool:
    with suppress(httpx2.TransportError):
        return client.get("/healthz").status_code == 200
    return False


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="as Linux has it")
@pytest.mark.parametrize("kind", ["/dev/full", "closed", "a pipe that nobody reads"])
def test_a_server_serves_whoever_reads_its_log(kind: str) -> None:
    """And what is stored is a thread, and nothing that was meant for the log."""
    port = free_port()
    with (
        shell_with() as shell,
        nowhere(kind) as (stream, words),
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client,
    ):
        process = subprocess.Popen(
            [*words, *MAIN, "serve", "--port", str(port)],
            env=shell.environment,
            stdin=DEVNULL,
            stdout=stream,
            stderr=stream,
        )
        try:
            until = time.monotonic() + 30
            while not is_up(client) and time.monotonic() < until:
                time.sleep(0.05)
            for _ in range(5):
                answer = client.post(THREADS, json=told(SAFE_STEP), headers={"Prefer": "wait=20"})
                assert (answer.status_code, answer.json()["status"]) == (200, "done")
            assert client.get("/healthz").status_code == 200
        finally:
            process.terminate()
            process.wait(timeout=20)
    for path in Path(".threads").glob("*.json"):
        assert len(json.loads(path.read_text("utf-8"))["events"]) == 4


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="as Linux has it")
@pytest.mark.parametrize("kind", ["/dev/full", "closed"])
def test_a_thread_at_the_terminal_runs_whoever_reads(kind: str) -> None:
    message = told(SAFE_STEP)["message"]
    with shell_with() as shell, nowhere(kind) as (stream, words):
        process = subprocess.Popen(
            [*words, *MAIN, message], env=shell.environment, stdout=stream, stderr=stream
        )
        assert process.wait(timeout=60) == 0
    [path] = Path(".threads").glob("*.json")
    assert len(json.loads(path.read_text("utf-8"))["events"]) == 4


CLOSES = """
import os, socket, sys
from agent.log import logger
from agent.stream import patient_streams

ours, theirs = socket.socketpair()
with patient_streams():
    os.close(2)
    os.dup2(ours.fileno(), 2)
    logger().error("something", thread="1")
    print("a word", file=sys.stderr)
theirs.setblocking(False)
try:
    print(theirs.recv(9999))
except BlockingIOError:
    print("nothing")
count = "import os; print(len(os.listdir('/proc/self/fd')))"
os.execv(sys.executable, [sys.executable, "-c", count])
"""


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts what is open")
def test_whoever_gets_the_number_of_stderr_gets_no_line_of_ours() -> None:
    """The log goes on where it went, and no program that is started has its file."""
    words = [sys.executable, "-c", CLOSES]
    ran = subprocess.run(words, env=Shell({}).environment, capture_output=True, text=True)
    assert ran.stdout.splitlines() == ["nothing", "4"]
    assert '"something"' in ran.stderr
    assert "a word" in ran.stderr
