"""A command at the other end of a pseudo-terminal."""

import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 120.0
ENTER, CTRL_C, CTRL_U = "\r", "\x03", "\x15"


def hear_ctrl_c() -> None:
    """Whatever a shell starts in the background is deaf to it, and so are its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@dataclass
class Terminal:
    """The command at the other end of a pseudo-terminal, and what it has printed."""

    process: subprocess.Popen[bytes]
    screen: int
    seen: str = ""

    def read_until(self, text: str) -> None:
        end = time.monotonic() + PATIENCE
        while text not in self.seen:
            assert time.monotonic() < end, f"waited for {text!r}, saw {self.seen!r}"
            if select.select([self.screen], [], [], 0.1)[0]:
                self.seen += os.read(self.screen, 4096).decode("utf-8", "replace")

    def type(self, keys: str) -> None:
        os.write(self.screen, keys.encode())

    def end(self) -> int:
        """The exit code, once everything was read."""
        with open(self.screen, "rb", buffering=0, closefd=False) as screen:
            try:
                while block := screen.read(4096):
                    self.seen += block.decode("utf-8", "replace")
            except OSError:  # how Linux says that the other end is closed
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
        preexec_fn=hear_ctrl_c,
    )
    os.close(inside)
    try:
        yield Terminal(process, screen)
    finally:
        process.kill()
        process.wait()
        os.close(screen)
