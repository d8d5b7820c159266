"""Where the template comes from: what the package carries, or the checkout we run in."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory

from . import __version__
from .errors import Failure
from .git import git
from .history import write_bundle
from .releases import in_the_making, numbers

PACKAGE = Path(__file__).parent
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
    """A git bundle with the versions of the template."""

    bundle: Path
    copier_yml: Path

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
        """The tags in the bundle, oldest first: its header, up to a blank line, names them."""
        with self.bundle.open("rb") as lines:
            refs = [
                line.decode().split()[-1] for line in takewhile(lambda line: line.strip(), lines)
            ]
        tags = (ref.removeprefix("refs/tags/") for ref in refs if ref.startswith("refs/tags/"))
        return sorted(tags, key=numbers)

    @property
    def changelog(self) -> Path:
        """What each version brought, in words: it lies beside copier.yml."""
        return self.copier_yml.with_name("CHANGELOG.md")

    def read(self, version: str, path: str) -> str:
        """A file of that version, by its path in the template's repository."""
        store, commits = self._unbundled
        return git("show", f"{commits[f'refs/tags/{version}']}:{path}", cwd=store)

    @cached_property
    def _unbundled(self) -> tuple[Path, dict[str, str]]:
        """A repository beside the bundle, with all that is in it, and the commit of each ref."""
        store = self.bundle.with_suffix(".repository")
        store.mkdir()
        git("init", "-q", cwd=store)
        found = git("bundle", "unbundle", str(self.bundle), cwd=store)
        return store, {ref: name for name, ref in map(str.split, found.splitlines())}

    def environment(self, env: Mapping[str, str]) -> dict[str, str]:
        """`env`, and in it settings with which git finds the bundle at the public URL."""
        count = int(env.get("GIT_CONFIG_COUNT") or 0)
        settings = {
            # Copier appends .git to the URL; the longest match wins over the user's own.
            f"url.{self.bundle.as_posix()}.insteadOf": f"{public_url()}.git",
            "protocol.file.allow": "always",
            # The user's hooks are for their own work, not for copier's temporary clones.
            "core.hooksPath": os.devnull,
            # Copier finds the patches that were rejected among the untracked files.
            "status.showUntrackedFiles": "all",
        }
        added = {"GIT_CONFIG_COUNT": str(count + len(settings))}
        for number, (key, value) in enumerate(settings.items(), count):
            added |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        if allowed := env.get("GIT_ALLOW_PROTOCOL"):
            added["GIT_ALLOW_PROTOCOL"] = f"{allowed}:file"
        return {**env, **added}


@contextmanager
def carried() -> Iterator[Source]:
    """The template that belongs to this installation."""
    packed = PACKAGE / "template.bundle.xz"
    folder = PACKAGE if packed.exists() else CHECKOUT
    if not (folder / "copier.yml").exists():
        raise Failure("this installation has no template: install the package again")
    with TemporaryDirectory(prefix="create-12-factor-agent-") as temporary:
        bundle = Path(temporary, "template.bundle")
        if packed.exists():
            bundle.write_bytes(_unpacked(packed))
        else:
            write_bundle(CHECKOUT, __version__, bundle)
        yield Source(bundle, folder / "copier.yml")


def _unpacked(packed: Path) -> bytes:
    try:
        # A Python that somebody compiled without the library comes without the module.
        import lzma
    except ModuleNotFoundError as error:
        raise Failure(f"this Python has no {error.name}: run it with another one") from None
    return lzma.decompress(packed.read_bytes())
