"""Git as a subprocess, its index, files as it keeps them, a new project's repository."""

from .command import apart, environment, git, require, to_bytes, to_text, version

__all__ = ["apart", "environment", "git", "require", "to_bytes", "to_text", "version"]
