"""What is typed at the terminal."""

import sys
from contextlib import suppress


def forget_what_was_typed() -> None:
    """An answer is to what stands on the screen: what was typed before it stood there is none."""
    with suppress(ImportError, OSError, ValueError):  # another system, or no terminal
        import termios

        with suppress(termios.error):
            termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
