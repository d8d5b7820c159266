"""The history of the template as one git bundle: a tagged commit for each version.

The bundle is what copier clones, so every version in it can be rendered and updated to
without a network. Its bytes depend on the template alone: not on the clock, on who builds
it, or on how the checkout happens to be packed.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from .errors import Failure
from .git import git

# .gitattributes comes along so that no user's autocrlf reaches the template.
PARTS = {"copier.yml": "100644", ".gitattributes": "100644", "template": "040000"}
BRANCH = "refs/heads/main"
AUTHOR = "create-12-factor-agent <template@create-12-factor-agent.invalid> 1735689600 +0000"

Parts = dict[str, str]


def write_bundle(root: Path, version: str, bundle: Path) -> None:
    """Write the versions of the template in the checkout `root` up to `version`."""
    with TemporaryDirectory(prefix="create-12-factor-agent-") as folder:
        store = Store(root, Path(folder))
        store.git("fast-import", "--quiet", stdin="".join(_stream(store.versions(version))))
        # Packed anew (-F), because the checkout's own deltas would shine through.
        store.git("-c", "pack.threads=1", "repack", "-a", "-d", "-F", "-q")
        store.git("-c", "pack.threads=1", "bundle", "create", "-q", str(bundle), "HEAD", "--all")


class Store:
    """A throw-away repository that borrows the objects of the checkout, if it is one."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root, self.folder = root, folder
        self.env = {
            "GIT_DIR": str(folder),
            "GIT_WORK_TREE": str(root),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        git("init", "-q", "--bare", "-b", "main", str(folder), cwd=folder)
        self.is_checkout = (root / ".git").exists()
        if self.is_checkout:
            objects = root / git("rev-parse", "--git-path", "objects", cwd=root).strip()
            (folder / "objects/info/alternates").write_text(f"{objects}\n", encoding="utf-8")

    def git(self, *arguments: str, stdin: str | None = None) -> str:
        return git(*arguments, cwd=self.root, env=self.env, stdin=stdin)

    def versions(self, version: str) -> dict[str, Parts]:
        """Each tag with its parts: the releases, then the working tree if it is not one."""
        here = self.parts([self.working_tree()])[0]
        released = self.releases(version)
        tags = dict(zip(released, self.parts(released.values()), strict=True))
        if f"v{version}" not in tags:
            return {**tags, f"v{version}.dev0": here}
        if tags[f"v{version}"] != here:
            raise Failure(f"the template differs from its tag v{version}: raise the version")
        return tags

    def releases(self, version: str) -> dict[str, str]:
        """The release tags up to `version` in their order, and their trees."""
        if not self.is_checkout:
            return {}
        tags = git("tag", "--list", "v*", cwd=self.root).split()
        known = {_numbers(tag): tag for tag in tags if re.fullmatch(r"v\d+\.\d+\.\d+", tag)}
        wanted = [known[key] for key in sorted(known) if key <= _numbers(version)]
        trees = git("rev-parse", *(f"refs/tags/{tag}^{{tree}}" for tag in wanted), cwd=self.root)
        return dict(zip(wanted, trees.split(), strict=True))

    def working_tree(self) -> str:
        """The tree of what is on disk, uncommitted and new files too, ignored ones not."""
        env = {} if self.is_checkout else self.env
        listed = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *PARTS)
        files = git(*listed, cwd=self.root, env=env)
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


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def _stream(versions: dict[str, Parts]) -> Iterator[str]:
    """What `git fast-import` reads: for each version one commit and its annotated tag.

    Annotated, because `git describe` chooses wrongly among lightweight tags.
    """
    for tag, parts in versions.items():
        data = f"data {len(tag)}\n{tag}\n"
        yield f"commit {BRANCH}\ncommitter {AUTHOR}\n{data}deleteall\n"
        yield from (f"M {PARTS[part]} {parts[part]} {part}\n" for part in parts)
        yield f"\ntag {tag}\nfrom {BRANCH}\ntagger {AUTHOR}\n{data}"
