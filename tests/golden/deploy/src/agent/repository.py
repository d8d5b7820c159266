"""The git repository that is deployed: `shop` stands for your code. Point REPOSITORY at your clone.

Where nothing is, a sample with three tags is made, so that a new project has something to deploy.
"""

import os
import subprocess
import tarfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

REPOSITORY = Path("shop")
SHOWN = 10  # tags that the model is shown
PATIENCE = 60  # seconds for one git command

COMMIT = "%(if)%(*objectname)%(then)%(*objectname:short=12)%(else)%(objectname:short=12)%(end)"
FORMAT = f"%(refname:strip=2)%09{COMMIT}%09%(creatordate:short)"

SAMPLE = {"v1.0.0": "2026-01-12", "v1.1.0": "2026-02-09", "v1.2.0": "2026-03-16"}
# The sample is the same everywhere: it knows nothing of your name, your hooks and your signature.
NOBODY = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
NOBODY |= {f"GIT_{who}_NAME": "Shop" for who in ("AUTHOR", "COMMITTER")}
NOBODY |= {f"GIT_{who}_EMAIL": "shop@example.org" for who in ("AUTHOR", "COMMITTER")}


class Tag(NamedTuple):
    name: str
    commit: str
    date: str


def newest_tags() -> dict[str, Any]:
    """What the model is shown: the newest first, and how many older ones there are."""
    every = tags()
    return {"tags": [tag._asdict() for tag in every[:SHOWN]], "older": len(every[SHOWN:])}


def tags() -> list[Tag]:
    """Every tag, the newest first. Raises OSError."""
    if not REPOSITORY.exists():
        make_sample()
    order = ("--sort=-version:refname", "--sort=-creatordate")
    listed = git("for-each-ref", *order, f"--format={FORMAT}", "refs/tags").decode("utf-8")
    return [Tag(*line.split("\t")) for line in listed.splitlines()]


def tag_named(name: str) -> Tag:
    """Looked up among the tags, never given to git: it is no option and no other revision.

    Raises ValueError or OSError.
    """
    every = tags()
    if found := next((tag for tag in every if tag.name == name), None):
        return found
    newest = ", ".join(tag.name for tag in every[:SHOWN]) or "none at all"
    raise ValueError(f"there is no tag {name}: the newest are {newest}")


def export(commit: str, folder: str, target: Path) -> None:
    """Write that folder as it is in the commit. Raises OSError or tarfile.TarError."""
    archive = git("archive", "--format=tar", f"{commit}:{folder}")
    with tarfile.open(fileobj=BytesIO(archive)) as files:
        # What would leave the target is refused, from Python 3.11.4 on; git packs nothing such.
        files.extraction_filter = getattr(tarfile, "data_filter", None)
        files.extractall(target)


def git(
    *arguments: str,
    at: Path | None = None,
    variables: Mapping[str, str] | None = None,
    patience: float = PATIENCE,
) -> bytes:
    """What git says, with none of the GIT_* variables around. Raises OSError with its last line."""
    folder = (at or REPOSITORY).absolute()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    inherited["GIT_CEILING_DIRECTORIES"] = str(folder.parent)  # no repository around it is meant
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            env=inherited | dict(variables or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=patience,
        )
    except FileNotFoundError:
        raise OSError("git is not installed: without it there are no tags to deploy") from None
    except subprocess.TimeoutExpired:
        raise OSError(f"git {arguments[0]} was not done in {patience} seconds") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise OSError(f"git {arguments[0]}: {said[-1] if said else done.returncode}")
    return done.stdout


def make_sample() -> None:
    """Beside its place and then renamed, so that nobody ever finds half of it."""
    with TemporaryDirectory(prefix=".shop-", dir=REPOSITORY.parent) as beside:
        sample = Path(beside, "shop")
        git("init", "--quiet", "--template=", "shop", at=Path(beside), variables=NOBODY)
        for tag, day in SAMPLE.items():
            write(sample / "backend" / "app.py", f'print("the shop, {tag}")\n')
            write(sample / "frontend" / "index.html", f"<h1>The shop, {tag}</h1>\n")
            dated = {f"GIT_{who}_DATE": f"{day}T12:00:00Z" for who in ("AUTHOR", "COMMITTER")}
            for command in (["add", "."], ["commit", "--quiet", "--message", tag], ["tag", tag]):
                git(*command, at=sample, variables=NOBODY | dated)
        try:
            sample.rename(REPOSITORY)
        except OSError:
            if not REPOSITORY.exists():  # another process was no quicker: it cannot be made
                raise


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8", newline="\n")
