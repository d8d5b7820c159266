"""A merge is tried on a copy: the project itself is touched when the outcome is known."""

import os
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from .conflicts import LABELS
from .errors import Failure
from .git import git, to_bytes
from .index import Entry, entries, lines, removed
from .project import Project

# What a repository may say for itself alone about how its files are written and merged.
SETTINGS = r"^(core\.(autocrlf|eol|safecrlf|filemode|symlinks)|filter\..*|merge\..*)$"
NOBODY = (
    "-c",
    "user.name=create-12-factor-agent",
    "-c",
    "user.email=template@create-12-factor-agent.invalid",
    "-c",
    f"core.hooksPath={os.devnull}",
)


@dataclass(frozen=True)
class Copy:
    """A repository with nothing but what the project has committed, and borrowed objects."""

    path: Path

    def git(self, *arguments: str, stdin: str | None = None, fine: Container[int] = (0,)) -> str:
        return git(*arguments, cwd=self.path, stdin=stdin, fine=fine)

    @cached_property
    def before(self) -> dict[str, Entry]:
        """The project's committed files."""
        return {entry.path: entry for entry in entries(self.git("ls-files", "-s", "-z"))}

    def unmerged(self) -> list[Entry]:
        return list(entries(self.git("ls-files", "-u", "-z")))

    def changed(self) -> list[str]:
        """The paths that are no longer as they were committed, new and deleted ones included."""
        told = self.git(
            "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--ignored"
        )
        return sorted(line[3:] for line in told.split("\0") if line)

    def unmerge(self, *sides: Entry) -> None:
        """Note a conflict where git's status shows it."""
        noted = lines(removed(sides[0].path), *sides)
        self.git("update-index", "-z", "--index-info", stdin=noted)

    def blob(self, file: Path, *, as_path: str | None = None) -> str:
        """Store a file's bytes, or what git would make of them at a path of the project."""
        how = ("--no-filters",) if as_path is None else ("--path", as_path)
        return self.git("hash-object", "-w", *how, "--", str(file)).strip()

    def content(self, entry: Entry) -> bytes:
        return to_bytes(self.git("cat-file", "blob", entry.blob))

    def merged(self, mine: bytes, base: bytes, new: bytes) -> bytes | None:
        """As copier does it, between its marks where they meet; None if one of them is no text."""
        labels = [word for label in LABELS for word in ("-L", label)]
        with TemporaryDirectory(prefix="create-12-factor-agent-") as folder:
            files = [Path(folder, name) for name in ("mine", "base", "new")]
            for file, content in zip(files, (mine, base, new), strict=True):
                file.write_bytes(content)
            try:
                # It exits with the number of conflicts, or with 255 where it has met no text.
                told = self.git("merge-file", "-p", *labels, *map(str, files), fine=range(255))
            except Failure:
                return None
        return to_bytes(told)

    def diff(self) -> str:
        """Everything that changed, as a patch for the project's folder."""
        self.git("add", "--all", "--force")
        # The user's own settings for diffs are for their eyes; this is for `git apply` too.
        plain = ("--no-ext-diff", "--no-textconv", "--no-renames", "--binary", "--no-color")
        return self.git("diff", "--cached", *plain, "--src-prefix=a/", "--dst-prefix=b/", "HEAD")


@contextmanager
def staged(project: Project) -> Iterator[Copy]:
    """A copy of what the project has committed, gone afterwards."""
    with TemporaryDirectory(prefix="create-12-factor-agent-") as folder:
        # Copier strips the path that git tells it.
        copy = Copy(Path(folder, project.path.name.strip() or "project"))
        copy.path.mkdir()
        copy.git("init", "-q", "-b", "main", "--template=", "--object-format=sha1")
        info = copy.path / ".git/info"
        objects = project.git_path("objects").resolve()
        (info.parent / "objects/info/alternates").write_text(f"{objects}\n", encoding="utf-8")
        for name, value in project.settings(SETTINGS):
            copy.git("config", "--add", name, value)
        info.mkdir(exist_ok=True)
        (info / "attributes").write_bytes(_attributes(project))
        copy.git("read-tree", project.tree)
        copy.git("checkout-index", "--all", "--quiet")
        copy.git(*NOBODY, "commit", "-q", "--no-verify", "--no-gpg-sign", "-m", "The project")
        yield copy


def _attributes(project: Project) -> bytes:
    """What the folders around the project, and the repository itself, say about files in it.

    A pattern with a slash means another place here; git's own order of precedence is kept among
    those that have none, except that these come before the project's own .gitattributes.
    """
    depth = project.prefix.count("/")
    around = [parent / ".gitattributes" for parent in project.path.parents[:depth]]
    files = [*reversed(around), project.git_path("info/attributes")]
    return b"".join(file.read_bytes() + b"\n" for file in files if file.is_file())
