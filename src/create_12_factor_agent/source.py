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
from .history import write_bundle

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
        wanted = f"v{__version__}", f"v{__version__}.dev0"
        found = [tag for tag in wanted if tag in self.versions]
        if not found:
            raise Failure(f"the template {wanted[0]} is missing: install the package again")
        return found[0]

    @cached_property
    def versions(self) -> list[str]:
        """The tags in the bundle: its header, up to a blank line, is `hash ref` lines."""
        with self.bundle.open("rb") as lines:
            refs = [
                line.decode().split()[-1] for line in takewhile(lambda line: line.strip(), lines)
            ]
        return [ref.removeprefix("refs/tags/") for ref in refs if ref.startswith("refs/tags/")]

    def environment(self, env: Mapping[str, str]) -> dict[str, str]:
        """`env`, and in it settings with which git finds the bundle at the public URL."""
        count = int(env.get("GIT_CONFIG_COUNT") or 0)
        settings = {
            # Copier appends .git to the URL; the longest match wins over the user's own.
            f"url.{self.bundle.as_posix()}.insteadOf": f"{public_url()}.git",
            "protocol.file.allow": "always",
            # The user's hooks are for their own work, not for copier's temporary clones.
            "core.hooksPath": os.devnull,
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
    packaged = PACKAGE / "template.bundle"
    if packaged.exists():
        yield Source(packaged, PACKAGE / "copier.yml")
        return
    if not (CHECKOUT / "copier.yml").exists():
        raise Failure("this installation has no template: install the package again")
    with TemporaryDirectory(prefix="create-12-factor-agent-") as folder:
        bundle = Path(folder, "template.bundle")
        write_bundle(CHECKOUT, __version__, bundle)
        yield Source(bundle, CHECKOUT / "copier.yml")
