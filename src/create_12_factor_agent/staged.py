"""A merge is tried on a copy: the project itself is touched when the outcome is known."""

from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from .conflicts import LABELS
from .errors import Failure
from .git import apart, git, to_bytes
from .index import Entry, entries, lines, removed
from .project import Project

# What a repository may say for itself alone about how its files are written and merged.
SETTINGS = r"^(core\.(filemode|symlinks)|merge\..*)$"
# All files as git stores them, which is how the template's are: with LF, and unfiltered (a filter
# may need what only the project's own repository has, keys or what LFS has fetched). And git
# itself finds out what is text, as it does in copier's own copies.
AS_STORED = "* -text -filter -ident !working-tree-encoding !diff\n"
NOBODY = ("user.name=create-12-factor-agent", "user.email=template@create-12-factor-agent.invalid")


@dataclass(frozen=True)
class Copy:
    """A repository with nothing but what the project has committed, and borrowed objects."""

    path: Path

    def git(self, *arguments: str, stdin: str | None = None, fine: Container[int] = (0,)) -> str:
        return git(*arguments, cwd=self.path, env=apart(), stdin=stdin, fine=fine)

    @cached_property
    def before(self) -> dict[str, Entry]:
        """The project's committed files."""
        return {entry.path: entry for entry in entries(self.git("ls-files", "-s", "-z"))}

    def after(self) -> dict[str, Entry]:
        """All files as they are now; of a conflict, git's index knows nothing any more."""
        self.git("add", "--all", "--force")
        return {entry.path: entry for entry in entries(self.git("ls-files", "-s", "-z"))}

    def has_committed(self, entry: Entry) -> bool:
        """Whether a file is the one that was there before."""
        before = self.before.get(entry.path)
        return before is not None and before.content == entry.content

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

    def blob(self, file: Path) -> str:
        """Store a file's bytes."""
        return self.git("hash-object", "-w", "--no-filters", "--", str(file)).strip()

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
        """Everything that changed since, once `after` was asked, as a patch for the project."""
        # The user's own settings for diffs are for their eyes; this is for `git apply` too.
        plain = ("-U3", "--no-ext-diff", "--no-textconv", "--no-renames", "--binary", "--no-color")
        return self.git("diff", "--cached", *plain, "--src-prefix=a/", "--dst-prefix=b/", "HEAD")


@contextmanager
def staged(project: Project) -> Iterator[Copy]:
    """A copy of what the project has committed, gone afterwards."""
    with TemporaryDirectory(prefix="create-12-factor-agent-") as folder:
        # Copier strips the path that git tells it.
        copy = Copy(Path(folder, project.path.name.strip() or "project"))
        copy.path.mkdir()
        copy.git("init", "-q", "-b", "main")
        info = copy.path / ".git/info"
        objects = project.git_path("objects").resolve()
        (info.parent / "objects/info/alternates").write_text(f"{objects}\n", encoding="utf-8")
        for name, value in project.settings(SETTINGS):
            copy.git("config", "--add", name, value)
        info.mkdir(exist_ok=True)
        (info / "attributes").write_text(AS_STORED, encoding="utf-8")
        copy.git("read-tree", project.tree)
        copy.git("checkout-index", "--all", "--quiet")
        identity = [word for setting in NOBODY for word in ("-c", setting)]
        copy.git(*identity, "commit", "-q", "--no-gpg-sign", "-m", "The project")
        yield copy
