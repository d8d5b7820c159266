"""A merge is tried on a copy: the project itself is touched when the outcome is known."""

import re
from collections.abc import Container, Iterator, Sequence
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
SETTINGS = r"^(core\.(filemode|symlinks)|filter\..*|merge\..*)$"
# Line ends and encoding are the template's own: `checkout` makes the project's of them. And git
# itself finds out what is text, as it does in copier's own copies.
AS_RENDERED = "* -text -ident !working-tree-encoding !diff\n"
NO_FILTER = ("unspecified", "unset")
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
        self.git("-c", "core.fileMode=true", "add", "--all", "--force")
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

    def blob(self, file: Path, *, as_path: str | None = None) -> str:
        """Store a file's bytes, or what git would make of them at a path of the project."""
        how = ("--no-filters",) if as_path is None else ("--path", as_path)
        return self.git("hash-object", "-w", *how, "--", str(file)).strip()

    def blobs(self, paths: Sequence[str]) -> dict[str, str]:
        """Store the bytes of files that the template can have: no name has a line break."""
        listed = "".join(f"{self.path / path}\n" for path in paths)
        told = self.git("hash-object", "-w", "--no-filters", "--stdin-paths", stdin=listed)
        return dict(zip(paths, told.split(), strict=True))

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
def staged(project: Project, paths: Container[str]) -> Iterator[Copy]:
    """A copy of what the project has committed, gone afterwards.

    `paths` are those that the template can have.
    """
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
        (info / "attributes").write_bytes(AS_RENDERED.encode() + _unfiltered(project, paths))
        copy.git("read-tree", project.tree)
        copy.git("checkout-index", "--all", "--quiet")
        identity = [word for setting in NOBODY for word in ("-c", setting)]
        copy.git(*identity, "commit", "-q", "--no-gpg-sign", "-m", "The project")
        yield copy


def _unfiltered(project: Project, paths: Container[str]) -> bytes:
    """Attributes that leave the user's own files as git stores them.

    A filter may need what only their own repository has: keys, or what LFS has fetched.
    """
    listed = project.git("ls-files", "-z")
    told = project.git("check-attr", "-z", "--stdin", "filter", stdin=listed).split("\0")
    rows = zip(told[0::3], told[2::3], strict=False)
    own = [path for path, filtered in rows if filtered not in NO_FILTER and path not in paths]
    return b"".join(to_bytes(f'"/{_pattern(path)}" -filter\n') for path in own)


def _pattern(path: str) -> str:
    """Of this path alone, as gitattributes has it between quotes."""
    exactly = re.sub(r"([\\*?\[])", r"\\\1", path)
    return re.sub(r'([\\"])', r"\\\1", exactly).replace("\n", "\\n")
