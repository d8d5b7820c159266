"""What is served: stands for your servers.

deployed/releases/backend/v1.2.0-3f2a91c04d7e   a folder of the repository, as it was tagged
deployed/production/backend                     a link to it, turned in one go: never half
"""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal
from urllib.parse import quote, unquote

from .files import sync_folder
from .repository import Tag, export

Environment = Literal["staging", "production"]
Service = Literal["backend", "frontend"]  # each is a folder in the repository

DEPLOYED = Path("deployed")
NOTHING = "nothing"


def release_of(tag: Tag) -> str:
    """Its name has the commit: a tag that was moved is another release."""
    return f"{quote(tag.name, safe='')}-{tag.commit}"


def tag_of(release: str) -> str:
    return NOTHING if release == NOTHING else unquote(release.rpartition("-")[0])


def served(service: Service, environment: Environment) -> str:
    """The release that is there now, or NOTHING."""
    link = DEPLOYED / environment / service
    return link.readlink().name if link.is_symlink() else NOTHING


def serve(service: Service, environment: Environment, release: str) -> None:
    """Raises OSError, and then what was served still is."""
    folder, link = prepared(service, release), DEPLOYED / environment / service
    link.parent.mkdir(exist_ok=True)
    beside = link.with_name(f".{service}")
    beside.unlink(missing_ok=True)  # a crash may have left it
    beside.symlink_to(os.path.relpath(folder, link.parent), target_is_directory=True)
    beside.replace(link)
    sync_folder(link.parent)


def prepared(service: Service, release: str) -> Path:
    """The folder of this release; written beside its place and then renamed."""
    folder = DEPLOYED / "releases" / service / release
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=DEPLOYED) as beside:
            export(release.rpartition("-")[2], service, Path(beside, service))
            Path(beside, service).rename(folder)
    return folder
