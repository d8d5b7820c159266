"""The agent as its users run it: its commands and its server, each a process of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from getpass import getuser
from io import StringIO
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import IO

import httpx2
import pytest

from agent.terminal.cli import main

from .openai_server import Model, openai_server
from .processes import SOURCES
from .scripted import DONE

Process = subprocess.Popen[str]
Stream = int | IO[str] | IO[bytes]
Said = tuple[int | str | None, str, str]
MAIN = (sys.executable, "-c", "from agent.terminal.cli import main; main()")
HERE = {"user": getuser(), "channel": "terminal"}  # who speaks

# Ctrl-C reaches whoever has the terminal as its own and is not deaf to it, as everything is that
# a shell starts in the background.
TAKE = """
import fcntl, os, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""
IN_TERMINAL = (sys.executable, "-c", TAKE)


def as_told(prompt: str) -> str:
    """The message is the script: a JSON list of steps. Behind the last one it is done."""
    context = prompt.partition("<thread>\n")[2].partition("\n</thread>")[0]
    message = re.search(r"^<user_input>\n(.*?)\n</user_input>$", context, re.S | re.M)
    try:
        script = [*json.loads(message[1] if message else ""), DONE]
    except (ValueError, TypeError):
        script = [DONE]
    tags = "|".join(step["intent"] for step in script)
    decided = len(re.findall(rf"^<({tags})>$", context, re.M))
    return json.dumps(script[min(decided, len(script) - 1)])


@dataclass(frozen=True)
class Server:
    process: Process
    client: httpx2.Client
    log: Path

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@dataclass(frozen=True)
class Shell:
    """Runs the agent in the current folder, with these variables and nobody at the terminal."""

    variables: dict[str, str]
    sources: Path = SOURCES

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if "UV_" not in name}
        return inherited | self.variables | {"PYTHONPATH": str(self.sources)}

    def start(
        self,
        *arguments: str,
        stdin: Stream = DEVNULL,
        stdout: Stream = PIPE,
        stderr: Stream = PIPE,
        terminal: bool = False,
    ) -> Process:
        """`terminal`: stdin is one, and Ctrl-C there is a signal to the agent."""
        return subprocess.Popen(
            [*(IN_TERMINAL if terminal else ()), *MAIN, *arguments],
            env=self.environment,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=terminal,
            text=True,
        )

    def here(self, *arguments: str) -> Said:
        """The same in this process, which is quicker."""
        before = dict(os.environ)
        os.environ.update(self.variables)
        try:
            with (
                redirect_stdout(StringIO()) as out,
                redirect_stderr(StringIO()) as err,
                pytest.raises(SystemExit) as ended,
            ):
                main(list(arguments))
        finally:
            os.environ.clear()
            os.environ.update(before)
        return ended.value.code or 0, out.getvalue(), err.getvalue()

    def run(self, *arguments: str) -> Said:
        """The exit code, and what went to stdout and to stderr."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=60)
        assert "Traceback" not in err
        return process.returncode, out, err

    @contextmanager
    def serving(self, *arguments: str) -> Iterator[Server]:
        """Its server on a free port of this machine, from its first answer on."""
        log = Path(f"server-{time.monotonic_ns()}.log").absolute()
        with log.open("w") as said:
            process = self.start("serve", "--port", "0", *arguments, stdout=said, stderr=said)
        try:
            with httpx2.Client(base_url=address(process, log), timeout=20) as client:
                yield Server(process, client, log)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)


def address(process: Process, log: Path) -> str:
    """Where it says that it listens."""
    while process.poll() is None:
        if found := re.search(r"running on (http://[\d.:]+)", log.read_text("utf-8")):
            return found[1]
        time.sleep(0.02)
    raise AssertionError(log.read_text("utf-8"))


@contextmanager
def shell_with(model: Model = as_told, **variables: str) -> Iterator[Shell]:
    """A shell whose agent asks this model, over HTTP and through the real client."""
    with openai_server(model) as server:
        model_variables = {
            "AGENT_MODEL": "OpenAICompatible",
            "OPENAI_COMPATIBLE_URL": server.url,
            "OPENAI_COMPATIBLE_MODEL": "scripted",
            "OPENAI_COMPATIBLE_KEY": "sk-the-key-of-the-tests",
            "AGENT_MAX_REQUESTS": "1000000",
            "AGENT_CHANNELS": "terminal",  # a server tells nobody, so nothing comes by itself
        }
        yield Shell(model_variables | variables)
