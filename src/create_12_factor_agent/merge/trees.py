"""The repository in which a merge is tried: gone afterwards, and full of what others have."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

from ..git import apart, git, to_bytes, to_text
from ..git.contents import Content, content_of
from ..git.index import Entry, entries, lines
from ..project import Project

# Files are merged as the template renders them, and as git itself sees what is text in them.
AS_RENDERED = "* -text -ident -filter !working-tree-encoding !diff !merge !conflict-marker-size\n"
SETTINGS = {
    "core.fileMode": "true",
    "merge.renames": "true",
    "merge.directoryRenames": "false",
    "merge.conflictStyle": "merge",
    "user.name": "create-12-factor-agent",
    "user.email": "template@create-12-factor-agent.invalid",
}
WHO = "create-12-factor-agent <template@create-12-factor-agent.invalid> 1735689600 +0000"


class Trees:
    """A throw-away repository that borrows the objects of the project's own."""

    def __init__(self, folder: Path, project: Project) -> None:
        self.folder, self.project = folder, project
        self.env = apart(SETTINGS)
        self._numbers = count()
        folder.mkdir()
        form = "sha256" if len(project.tree) == 64 else "sha1"
        self.git("init", "-q", "-b", "base", f"--object-format={form}")
        info = folder / ".git/info"
        info.mkdir(exist_ok=True)
        (info / "attributes").write_text(AS_RENDERED, encoding="utf-8")
        borrowed = project.git_path("objects").resolve()
        alternates = folder / ".git/objects/info/alternates"
        alternates.write_bytes(to_bytes(f"{borrowed}\n"))

    def git(
        self,
        *arguments: str,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: str | None = None,
        fine: Container[int] = (0,),
    ) -> str:
        env = {**self.env, **(env or {})}
        return git(*arguments, cwd=cwd or self.folder, env=env, stdin=stdin, fine=fine)

    def of(self, files: Path | str, *instead: Entry | str) -> str:
        """The tree of a folder's files, or of a tree, but for some entries."""
        index = {"GIT_INDEX_FILE": str(self.folder / f".git/index-{next(self._numbers)}")}
        if isinstance(files, str):
            if not instead:
                return files
            self.git("read-tree", files, env=index)
        else:
            index |= {"GIT_DIR": str(self.folder / ".git"), "GIT_WORK_TREE": str(files)}
            self.git("add", "--all", "--force", "--", ".", cwd=files, env=index)
        if instead:
            self.git("update-index", "-z", "--index-info", env=index, stdin=lines(*instead))
        return self.git("write-tree", env=index).strip()

    def entries(self, tree: str) -> dict[str, Entry]:
        return {entry.path: entry for entry in entries(self.git("ls-tree", "-r", "-z", tree))}

    def commit(self, base: str, **sides: str) -> None:
        """A branch for each side, with the base as what they have in common."""
        stream = f'commit refs/heads/base\nmark :1\ncommitter {WHO}\ndata 0\nM 040000 {base} ""\n'
        for branch, tree in sides.items():
            stream += f"commit refs/heads/{branch}\ncommitter {WHO}\ndata 0\nfrom :1\n"
            stream += f'M 040000 {tree} ""\n'
        self.git("fast-import", "--quiet", stdin=stream)

    def store(self, content: str | bytes) -> str:
        """Keep these bytes, and return git's name for them."""
        text = content if isinstance(content, str) else to_text(content)
        return self.git("hash-object", "-w", "--stdin", stdin=text).strip()

    def content(self, entry: Entry) -> bytes:
        return to_bytes(self.git("cat-file", "blob", entry.blob))

    def changed(self, before: str, after: str) -> dict[str, Entry | None]:
        """What becomes of each path that is another in the second tree; None where it goes."""
        told = self.git("diff-tree", "-r", "-z", "--no-renames", before, after).split("\0")
        rows = zip(told[0::2], told[1::2], strict=False)
        found = ((what.split(), path) for what, path in rows)
        return {
            path: None if words[4] == "D" else Entry(words[1], words[3], 0, path)
            for words, path in found
        }

    def moved(self, before: str, after: str, *, alike: int = 50) -> dict[str, str]:
        """Where the files of the first tree are in the second, as git takes it; in per cent."""
        how = ("-r", "-z", f"-M{alike}%", "--diff-filter=R")
        told = self.git("diff-tree", *how, before, after).split("\0")
        return dict(zip(told[1::3], told[2::3], strict=False))

    def diff(self, before: str, after: str) -> str:
        """As a patch, for `git apply` too."""
        how = ("-p", "-r", "-U3", "--no-renames", "--binary", "--no-color")
        return self.git("diff-tree", *how, before, after)

    def checked_out(self, wanted: Sequence[Entry]) -> dict[str, Content]:
        """Files as the project's own git would lay them there: its line ends, its encoding.

        With no filter: what is merged has been through it. Nothing is written into its repository.
        """
        index = {"GIT_INDEX_FILE": str(self.folder / f".git/index-{next(self._numbers)}")}
        env = {**index, "GIT_OBJECT_DIRECTORY": str(self.folder / ".git/objects")}
        folder = self.folder.parent / "files"
        listed = lines(
            *(replace(entry, path=f"{self.project.prefix}{entry.path}") for entry in wanted)
        )
        quiet = self.project.quietly(filters=False)
        self.project.git(*quiet, "update-index", "-z", "--index-info", env=env, stdin=listed)
        self.project.git(*quiet, "checkout-index", "--all", f"--prefix={folder}/", env=env)
        made = {
            entry.path: content_of(folder / self.project.prefix / entry.path) for entry in wanted
        }
        modes = {entry.path: entry.mode for entry in wanted}
        return {path: replace(found, mode=modes[path]) for path, found in made.items() if found}
