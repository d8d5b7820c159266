"""Text of others' on a screen: what it would draw there is seen, and too much of it is cut."""

import os
import re
import shlex
import sys

LONGEST = 300


def visible(text: str) -> str:
    """One line, in which a newline is `\\n` and an escape is `\\x1b`; nothing else is changed."""
    return "".join(one if one.isprintable() else _escaped(one) for one in text)


def short(text: str) -> str:
    """Without most of a path or a word that fills the screen."""
    return re.sub(rf"(\S{{{LONGEST // 3}}})\S{{{LONGEST},}}(?<![:;,)\"'])", r"\1…", text)


def quoted(text: str) -> str:
    """A word for a shell, in letters that the screen has: as `$'…'` where it has not."""
    if text.isprintable() and _can_be_shown(text):
        return shlex.quote(text)
    return f"$'{''.join(map(_in_shell, os.fsencode(text)))}'"


def _escaped(one: str) -> str:
    return one.encode("unicode_escape").decode()


def _can_be_shown(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return False
    return True


def _in_shell(byte: int) -> str:
    plain = 32 <= byte < 127 and byte not in b"\\'"
    return chr(byte) if plain else f"\\{byte:03o}"
