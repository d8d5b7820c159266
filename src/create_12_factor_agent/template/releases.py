"""What a release is: a version X.Y.Z, its tag, and a section of CHANGELOG.md.

Between two releases the version is X.Y.Z.dev0. So a build is a release, or not, by its
version alone, and nobody can forget a flag.
"""

import re
from pathlib import Path

from ..errors import Failure
from ..git import git

# As copier.yml says.
PROJECT, SUFFIX = "template/project", ".jinja"
VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(\.dev0)?")
SECTION = re.compile(r"^## \[?(\d+\.\d+\.\d+)\b", re.MULTILINE)


def is_release(version: str) -> bool:
    return re.fullmatch(r"\d+\.\d+\.\d+", version) is not None


def order(version: str) -> tuple[int, int, int, bool]:
    """What versions and tags are sorted by: `v0.2.0.dev0` comes before `v0.2.0`.

    Raises ValueError for what is neither.
    """
    numbers = VERSION.fullmatch(version)
    if numbers is None:
        raise ValueError(f"{version} is no version of the template")
    major, minor, patch, in_the_making = numbers.groups()
    return int(major), int(minor), int(patch), in_the_making is None


def in_the_making(version: str) -> str:
    """The tag of a template that is no release, or not yet."""
    return f"v{version.removesuffix('.dev0')}.dev0"


def tagged(root: Path) -> list[str]:
    """The releases that have a tag in the repository `root`, oldest first."""
    tags = git("tag", "--list", "v*", cwd=root).split()
    return sorted((tag[1:] for tag in tags if is_release(tag[1:])), key=order)


def require_all(root: Path, version: str) -> None:
    """Refuse a build that would lack a release: who has that one could never update."""
    if not is_release(version.removesuffix(".dev0")):
        raise Failure(f"{version} is no version: X.Y.Z, or X.Y.Z.dev0 before it is released")
    if not (root / ".git").exists():
        raise Failure("no git repository, so no releases: build from a clone, or from the sdist")
    if git("rev-parse", "--is-shallow-repository", cwd=root).strip() == "true":
        raise Failure("a shallow clone lacks releases: git fetch --unshallow --tags")
    _require_tags(root, version)
    _require_files_to_stay_files(root)
    listed = ("rev-list", "--tags=v*", "--no-walk", "--objects", "--missing=print")
    if re.search(r"^\?", git(*listed, cwd=root), re.MULTILINE):
        raise Failure("a partial clone lacks files of releases: git fetch --refetch --no-filter")


def _require_tags(root: Path, version: str) -> None:
    """CHANGELOG.md knows what was released, and a clone without tags does not."""
    tags = tagged(root)
    named = SECTION.findall((root / "CHANGELOG.md").read_text(encoding="utf-8"))
    older = [name for name in sorted(named, key=order) if order(name) < order(version)]
    if missing := ", ".join(f"v{name}" for name in older if name not in tags):
        raise Failure(f"no tag here for releases in CHANGELOG.md ({missing}): git fetch --tags")
    if is_release(version) and version not in tags:
        raise Failure(f"{version} has no tag v{version}: tag it, or make it {version}.dev0")


def _require_files_to_stay_files(root: Path) -> None:
    """Copier cannot update a project in which a file becomes a folder, or a folder a file."""
    files = set(git("ls-files", "-z", "--", PROJECT, cwd=root).split("\0"))
    for tag in tagged(root):
        listed = ("ls-tree", "-r", "-z", "--name-only", f"refs/tags/v{tag}", "--", PROJECT)
        files |= set(git(*listed, cwd=root).split("\0"))
    names = {file.removesuffix(SUFFIX) for file in files}
    folders = {str(folder) for name in names for folder in Path(name).parents}
    if both := ", ".join(sorted(names & folders)):
        raise Failure(f"a file in one release and a folder in another: {both}: choose another name")
