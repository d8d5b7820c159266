"""What a release publishes, and the proof that it is what was tagged."""

import json
import lzma
import os
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path
from tempfile import TemporaryDirectory

from create_12_factor_agent.errors import Failure
from create_12_factor_agent.git import git, to_text
from create_12_factor_agent.template.history import PARTS, unpack
from create_12_factor_agent.template.releases import order, tagged

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
PACKAGE = "create_12_factor_agent"
HISTORY, TEXTS = "template.history.xz", ("copier.yml", "CHANGELOG.md")
CLOSED = "http://127.0.0.1:9"
NO_NETWORK = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), CLOSED)


def built(version: str) -> tuple[Path, Path]:
    """The wheel and the sdist."""
    name = f"{PACKAGE}-{version}"
    found = DIST / f"{name}-py3-none-any.whl", DIST / f"{name}.tar.gz"
    for path in found:
        require(path.exists(), f"{path} is missing: .ci/release build {version}")
    return found


def prove(version: str) -> None:
    wheel, sdist = built(version)
    with zipfile.ZipFile(wheel) as archive:
        carried = {name: archive.read(f"{PACKAGE}/{name}") for name in (HISTORY, *TEXTS)}
        metadata = archive.read(f"{PACKAGE}-{version}.dist-info/METADATA")
    _prove_metadata(version, metadata)
    with tarfile.open(sdist) as archive:
        for name, content in carried.items():
            member = archive.extractfile(f"{PACKAGE}-{version}/src/{PACKAGE}/{name}")
            require(member and member.read() == content, f"the sdist has another {name}")
    for name in TEXTS:
        there = git("show", f"refs/tags/v{version}:{name}", cwd=ROOT)
        require(carried[name].decode() == there, f"{name} is not what is tagged")
    with TemporaryDirectory() as folder:
        _prove_templates(version, to_text(lzma.decompress(carried[HISTORY])), Path(folder))
        _prove_that_it_works(version, wheel, Path(folder))


def _prove_metadata(version: str, metadata: bytes) -> None:
    """What the package index will refuse, or show wrong."""
    found = message_from_bytes(metadata)
    wanted = {
        "Name": "create-12-factor-agent",
        "Version": version,
        "Description-Content-Type": "text/markdown",
        "License-Expression": "Apache-2.0",
    }
    for key, value in wanted.items():
        require(found[key] == value, f"the wheel's {key} is {found[key]}, not {value}")
    require(str(found.get_payload()).strip(), "the wheel has no README")


def _prove_templates(version: str, carried: str, folder: Path) -> None:
    """Git's names of objects are hashes: the same name is the same content."""
    history = folder / "history"
    unpack(carried, history)
    tags = [f"v{known}" for known in tagged(ROOT) if order(known) <= order(version)]
    found = git("tag", cwd=history).split()
    require(sorted(tags) == sorted(found), f"the wheel has {found}, and tagged are {tags}")
    for tag in tags:
        there = git("ls-tree", f"refs/tags/{tag}", *PARTS, cwd=ROOT)
        same = git("ls-tree", f"refs/tags/{tag}", cwd=history) == there
        require(same, f"the wheel's {tag} is not what is tagged {tag}")


def _prove_that_it_works(version: str, wheel: Path, folder: Path) -> None:
    run(sys.executable, "-m", "venv", "venv", cwd=folder)
    run("venv/bin/python", "-m", "pip", "install", "-q", str(wheel), cwd=folder)
    command = "venv/bin/create-12-factor-agent"
    said = run(command, "--version", cwd=folder).strip()
    require(said == version, f"the installed command says that it is {said}")
    made = run(command, "my-agent", "--yes", "--no-git", "--json", cwd=folder, **NO_NETWORK)
    tag = json.loads(made)["template_version"]
    require(tag == f"v{version}", f"the installed command makes projects of {tag}")
    answers = (folder / "my-agent/.copier-answers.yml").read_text(encoding="utf-8")
    require(f"_commit: v{version}\n" in answers, "a project does not know its version")


def run(*command: str, cwd: Path, **env: str) -> str:
    """What it prints. Settings of this Python, such as PYTHONPATH, are not for others."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        command, cwd=cwd, env={**kept, **env}, capture_output=True, encoding="utf-8"
    )
    require(done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def require(condition: object, otherwise: str) -> None:
    if not condition:
        raise Failure(otherwise)
