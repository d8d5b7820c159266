"""Git as a subprocess, its index, files as it keeps them, a new project's repository."""

from .command import apart, environment, git, in_one_line, require, to_bytes, to_text, version

__all__ = [
    "apart",
    "environment",
    "git",
    "in_one_line",
    "require",
    "to_bytes",
    "to_text",
    "version",
]
