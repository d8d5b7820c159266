"""A command at the other end of a pseudo-terminal."""

import fcntl
import os
import pty
import select
import signal
import subprocess
import termios
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 60.0
ENTER, CTRL_C, CTRL_D, CTRL_U = "\r", "\x03", "\x04", "\x15"


def hear_signals() -> None:
    """Whatever a shell starts in the background is deaf to some, and so are its children."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def sit_at_it() -> None:
    """What ends the terminal ends its session, as a window that is closed does."""
    hear_signals()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@dataclass
class Terminal:
    """The command at the other end of a pseudo-terminal, and what it has printed."""

    process: subprocess.Popen[bytes]
    screen: int
    seen: str = ""

    def read_until(self, text: str) -> None:
        while text not in self.seen:
            assert self.receive(), f"{text!r} is not in {self.seen!r}"

    def receive(self) -> bool:
        """Read on; false when the other end is closed."""
        found = select.select([self.screen], [], [], PATIENCE)[0]
        assert found, f"nothing came for {PATIENCE} seconds after {self.seen!r}"
        try:
            block = os.read(self.screen, 4096)
        except OSError:  # how Linux says that the other end is closed
            return False
        self.seen += block.decode("utf-8", "replace")
        return bool(block)

    def type(self, keys: str) -> None:
        os.write(self.screen, keys.encode())

    def accept(self, *questions: str) -> None:
        """Wait for each of the questions, and take its default."""
        for question in questions:
            self.read_until(question)
            self.type(ENTER)

    def close(self) -> int:
        """Close the window; the exit code."""
        os.close(self.screen)
        self.screen = os.open(os.devnull, os.O_RDWR)
        return self.process.wait(PATIENCE)

    def end(self) -> int:
        """The exit code, once everything was read."""
        while self.receive():
            pass
        return self.process.wait(PATIENCE)


@contextmanager
def terminal(command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Iterator[Terminal]:
    screen, inside = pty.openpty()
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env={**env, "TERM": "xterm"},
        stdin=inside,
        stdout=inside,
        stderr=inside,
        start_new_session=True,
        preexec_fn=sit_at_it,
    )
    os.close(inside)
    user = Terminal(process, screen)
    try:
        yield user
    finally:
        process.kill()
        process.wait()
        os.close(user.screen)
