"""Repositories that can be built, whatever the tests themselves were checked out from."""

import os
import re
import subprocess
import sys
from pathlib import Path

from conftest import ROOT

from create_12_factor_agent import __version__
from create_12_factor_agent.errors import Failure
from create_12_factor_agent.git import git
from create_12_factor_agent.template.releases import SECTION, require_all

PACKAGE = "create_12_factor_agent"
NOBODY = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "A Developer"), ("EMAIL", "developer@example.org"))
}


def build(root: Path, target: str, out: Path, **env: str) -> Path:
    """A wheel or an sdist, without an environment of its own: that would take a package index."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(out)]
    done = subprocess.run(
        command, cwd=root, env={**os.environ, **env}, capture_output=True, encoding="utf-8"
    )
    if done.returncode:
        raise Failure(done.stderr)
    return next(out.glob("*.whl" if target == "wheel" else "*.tar.gz"))


def buildable(folder: Path) -> Path:
    """The checkout; or, where that lacks releases, a clone of a stand-in made in `folder`."""
    try:
        require_all(ROOT, __version__)
    except Failure:
        git("clone", "-q", str(stand_in(folder)), str(folder / "clone"), cwd=folder)
        return folder / "clone"
    return ROOT


def stand_in(folder: Path) -> Path:
    """A bare repository whose only commit has the files of the checkout, as they are now.

    Every release that CHANGELOG.md names is tagged on it.
    """
    origin = folder / "origin.git"
    git("init", "-q", "--bare", "-b", "main", str(origin), cwd=folder)
    env = {**NOBODY, **IDENTITY, "GIT_DIR": str(origin), "GIT_WORK_TREE": str(ROOT)}
    git("add", "--all", cwd=ROOT, env=env)
    git("commit", "-q", "-m", "As it is now", cwd=ROOT, env=env)
    for release in SECTION.findall((ROOT / "CHANGELOG.md").read_text()):
        git("tag", f"v{release}", cwd=ROOT, env=env)
    return origin


def set_version(root: Path, version: str) -> None:
    module = root / f"src/{PACKAGE}/__init__.py"
    text = re.sub(r'__version__ = ".*"', f'__version__ = "{version}"', module.read_text())
    module.write_text(text)
