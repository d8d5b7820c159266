"""Where the template comes from: what the package carries, or the checkout we run in."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from concurrent.futures import ThreadPoolExecutor as Threads
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from .. import __version__
from ..errors import Failure
from ..git import apart, git, to_text
from ..interruption import temporary_folder
from .history import history, unpack
from .releases import in_the_making, order

PACKAGE = Path(__file__).parents[1]
CHECKOUT = PACKAGE.parents[1]


@cache
def public_url() -> str:
    """The repository that answers files name: the `Source` of the package's own metadata."""
    # 35 ms to import, which `--version` must not pay for.
    from importlib.metadata import metadata

    urls = metadata("create-12-factor-agent").get_all("Project-URL") or []
    named = dict(url.split(", ", 1) for url in urls)
    return str(named["Source"])


@dataclass(frozen=True)
class Source:
    """The versions of the template; `unpacking` ends with their repository."""

    unpacking: Future[Path]
    copier_yml: Path

    @property
    def repository(self) -> Path:
        """A git repository with a tag for each version."""
        return self.unpacking.result()

    @cached_property
    def version(self) -> str:
        """The tag that is the CLI's own version of the template."""
        wanted = f"v{__version__}", in_the_making(__version__)
        found = [tag for tag in wanted if tag in self.versions]
        if not found:
            raise Failure(f"the template {wanted[0]} is missing: install the package again")
        return found[0]

    @cached_property
    def versions(self) -> list[str]:
        """The tags, oldest first."""
        return sorted(git("tag", "--list", cwd=self.repository).split(), key=order)

    @property
    def changelog(self) -> Path:
        """What each version brought, in words: it lies beside copier.yml."""
        return self.copier_yml.with_name("CHANGELOG.md")

    def read(self, version: str, path: str) -> str:
        """A file of that version, by its path in the template's repository."""
        return git("cat-file", "blob", f"refs/tags/{version}:{path}", cwd=self.repository)

    def components(self, version: str) -> str:
        """What each component brings, as YAML."""
        return self.read(version, "template/components.yml")

    def requirements(self, version: str) -> str:
        """What a project can install, whatever its example and its components."""
        places = ("template/components.yml", "template/project/requirements*")
        found = ("grep", "-h", "-e", "[=<>~!]=", f"refs/tags/{version}", "--", *places)
        return git(*found, cwd=self.repository, fine=(0, 1))

    def environment(self, env: Mapping[str, str]) -> dict[str, str]:
        """`env`, and in it settings with which git finds the repository at the public URL."""
        # Copier appends .git to the URL.
        found = {f"url.{self.repository.as_posix()}.insteadOf": f"{public_url()}.git"}
        return {**env, **apart(found), "GIT_ALLOW_PROTOCOL": "file"}


@contextmanager
def carried() -> Iterator[Source]:
    """The template that belongs to this installation."""
    packed = PACKAGE / "template.history.xz"
    folder = PACKAGE if packed.exists() else CHECKOUT
    if not (folder / "copier.yml").exists():
        raise Failure("this installation has no template: install the package again")
    # Copier is imported meanwhile.
    with temporary_folder() as temporary, Threads(1) as threads:
        unpacking = threads.submit(_unpacked, packed, temporary / "template")
        threads.shutdown(wait=False)  # its thread ends with it, and the process can fork
        yield Source(unpacking, folder / "copier.yml")


def _unpacked(packed: Path, repository: Path) -> Path:
    known = _decompressed(packed) if packed.exists() else history(CHECKOUT, __version__)
    unpack(known, repository)
    return repository


def _decompressed(packed: Path) -> str:
    try:
        # A Python that somebody compiled without the library comes without the module.
        import lzma
    except ModuleNotFoundError as error:
        raise Failure(f"this Python has no {error.name}: run it with another one") from None
    try:
        return to_text(lzma.decompress(packed.read_bytes()))
    except lzma.LZMAError:
        raise Failure(f"{packed} is damaged: install the package again") from None
