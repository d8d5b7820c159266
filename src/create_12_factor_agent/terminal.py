"""Where the commands print to, which may be closed before they have ended."""

import json
import os
import sys
from typing import Any

from rich.console import Console


class Terminal(Console):
    def on_broken_pipe(self) -> None:
        """Nobody reads on. What was done is done, and the exit code says what."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


console = Terminal(highlight=False, soft_wrap=True, markup=False)


def print_json(found: Any) -> None:
    try:
        print(json.dumps(found, indent=2), flush=True)
    except BrokenPipeError:
        console.on_broken_pipe()
