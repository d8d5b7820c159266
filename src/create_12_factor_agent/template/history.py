"""The history of the template in one file: a tagged commit for each version.

It is a stream that `git fast-import` makes a repository of, and copier clones that: every version
in it can be rendered and updated to without a network. Its bytes depend on the template alone: not
on the clock, on who builds it, on their settings, or on how the checkout happens to be packed.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from ..errors import Failure
from ..git import apart, git, to_bytes
from .releases import in_the_making, order, tagged

# .gitattributes comes along so that no user's autocrlf reaches the template.
PARTS = {"copier.yml": "100644", ".gitattributes": "100644", "template": "040000"}
BRANCH = "refs/heads/main"
AUTHOR = "create-12-factor-agent <template@create-12-factor-agent.invalid> 1735689600 +0000"
# Of a repository that is gone in a second.
IMPORT = ("-c", "core.compression=0", "fast-import", "--quiet", "--depth=0")

Parts = dict[str, str]


def history(root: Path, version: str) -> str:
    """The versions of the template in the checkout `root` up to `version`.

    They are the releases that are tagged there; `releases.require_all` says if one is missing.
    """
    with TemporaryDirectory(prefix="create-12-factor-agent-") as folder:
        store = Store(root, Path(folder))
        store.git("fast-import", "--quiet", stdin="".join(_stream(store.versions(version))))
        # As changes, a file that becomes a folder would be lost: git deletes the file last.
        return store.git("fast-export", "--all", "--full-tree")


def unpack(history: str, repository: Path) -> None:
    """Make a git repository of what `history` has returned, at a path where nothing is."""
    git("init", "-q", str(repository), cwd=repository.parent, env=apart())
    git(*IMPORT, cwd=repository, env=apart(), stdin=history)


class Store:
    """A throw-away repository that borrows the objects of the checkout, if it is one."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root, self.folder = root.absolute(), folder
        self.env = {**apart(), "GIT_DIR": str(folder), "GIT_WORK_TREE": str(self.root)}
        git("init", "-q", "--bare", "-b", "main", str(folder), cwd=folder, env=apart())
        self.is_checkout = (self.root / ".git").exists()
        if self.is_checkout:
            objects = self.root / git("rev-parse", "--git-path", "objects", cwd=root).strip()
            borrowed = folder / "objects/info/alternates"
            borrowed.write_bytes(to_bytes(f"{objects}\n"))

    def git(self, *arguments: str, stdin: str | None = None) -> str:
        return git(*arguments, cwd=self.root, env=self.env, stdin=stdin)

    def versions(self, version: str) -> dict[str, Parts]:
        """Each tag with its parts: the releases, then the working tree if it is not one."""
        here = self.parts([self.working_tree()])[0]
        released = self.releases(version)
        tags = dict(zip(released, self.parts(released.values()), strict=True))
        if f"v{version}" not in tags:
            return {**tags, in_the_making(version): here}
        if tags[f"v{version}"] != here:
            raise Failure(f"the template differs from its tag v{version}: raise the version")
        return tags

    def releases(self, version: str) -> dict[str, str]:
        """The release tags up to `version` in their order, and their trees."""
        if not self.is_checkout:
            return {}
        # 0.2.0 may be tagged already when we look back to 0.2.0.dev0.
        wanted = [
            f"v{release}"
            for release in tagged(self.root)
            if order(release) <= order(version)
        ]
        trees = git("rev-parse", *(f"refs/tags/{tag}^{{tree}}" for tag in wanted), cwd=self.root)
        return dict(zip(wanted, trees.split(), strict=True))

    def working_tree(self) -> str:
        """The tree of what is on disk, uncommitted and new files too, ignored ones not."""
        env = {} if self.is_checkout else self.env
        # Not --exclude-standard: what one developer ignores for himself is in the template.
        listed = ("ls-files", "-z", "--cached", "--others", "--exclude-per-directory=.gitignore")
        files = git(*listed, "--", *PARTS, cwd=self.root, env=env)
        self.git("update-index", "--add", "--remove", "-z", "--stdin", stdin=files)
        return self.git("write-tree").strip()

    def parts(self, trees: Iterable[str]) -> list[Parts]:
        """The objects of the template's parts in each of the trees."""
        asked = "".join(f"{tree}:{part}\n" for tree in trees for part in PARTS)
        answers = self.git("cat-file", "--batch-check=%(objectname)", stdin=asked).splitlines()
        return [
            {part: found for part, found in zip(PARTS, row, strict=True) if " " not in found}
            for row in zip(*[iter(answers)] * len(PARTS), strict=True)
        ]


def _stream(versions: dict[str, Parts]) -> Iterator[str]:
    """What `git fast-import` reads: for each version one commit and its annotated tag.

    Annotated, because `git describe` chooses wrongly among lightweight tags.
    """
    for tag, parts in versions.items():
        data = f"data {len(tag)}\n{tag}\n"
        yield f"commit {BRANCH}\ncommitter {AUTHOR}\n{data}deleteall\n"
        yield from (f"M {PARTS[part]} {parts[part]} {part}\n" for part in parts)
        yield f"\ntag {tag}\nfrom {BRANCH}\ntagger {AUTHOR}\n{data}"
