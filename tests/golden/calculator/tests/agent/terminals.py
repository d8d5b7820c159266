"""The agent at a real terminal, and somebody who reads its screen and types."""

import os
import pty
import select
import time
from dataclasses import dataclass

from .commands import Process, Shell

PATIENCE = 60.0
PAUSE = 0.3


@dataclass
class Terminal:
    """The agent with a terminal on all three of its streams."""

    process: Process
    screen: int
    seen: str = ""
    read: int = 0

    def expect(self, text: str) -> None:
        """Read until this comes up, behind what was expected before."""
        while (place := self.seen.find(text, self.read)) < 0:
            if not (more := self.receive()):
                raise AssertionError(f"{text!r} is not in {self.seen[self.read :]!r}")
            self.seen += more
        self.read = place + len(text)

    def receive(self) -> str:
        if not select.select([self.screen], [], [], PATIENCE)[0]:
            self.process.kill()
            raise AssertionError(f"nothing came for {PATIENCE} seconds after {self.seen!r}")
        try:
            return os.read(self.screen, 4096).decode()
        except OSError:  # the other end is closed
            return ""

    def type(self, keys: str) -> None:
        """As quick as a human: Python loses a Ctrl-C in the instant before it begins to read."""
        time.sleep(PAUSE)
        os.write(self.screen, keys.encode())

    def ends_with(self) -> int:
        while more := self.receive():
            self.seen += more
        os.close(self.screen)
        return self.process.wait(timeout=20)


def at_terminal(shell: Shell, *arguments: str) -> Terminal:
    screen, keyboard = pty.openpty()
    with os.fdopen(keyboard, "r+b", buffering=0) as ours:
        process = shell.start(*arguments, stdin=ours, stdout=ours, stderr=ours, terminal=True)
    return Terminal(process, screen)
