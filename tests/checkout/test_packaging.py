"""What is built carries the template, the same from every source."""

import lzma
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from building import IDENTITY, PACKAGE, build, buildable, set_version, stand_in
from conftest import ROOT
from factory import URL

from create_12_factor_agent import __version__
from create_12_factor_agent.errors import Failure
from create_12_factor_agent.git import git
from create_12_factor_agent.template.history import PARTS, unpack

HISTORY = f"{PACKAGE}/template.history.xz"


def contents(wheel: Path) -> dict[str, list[bytes]]:
    """The lines of each file, sorted: what is not in the checkout stands last in a wheel's list."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: sorted(archive.read(name).splitlines()) for name in archive.namelist()}


def carried(wheel: Path, folder: Path) -> Path:
    """The history that the wheel carries."""
    with zipfile.ZipFile(wheel) as archive:
        unpack(lzma.decompress(archive.read(HISTORY)).decode(), folder / "carried")
    return folder / "carried"


def clone(origin: Path, name: str, *how: str) -> Path:
    git("clone", "-q", *how, origin.as_uri(), name, cwd=origin.parent)
    return origin.parent / name


def commit(root: Path, version: str) -> None:
    """A change of the template, and the version that it is."""
    set_version(root, version)
    with (root / "template/project/README.md.jinja").open("a") as readme:
        readme.write(f"As of {version}.\n")
    git("commit", "-qam", version, cwd=root, env=IDENTITY)


def template_version(root: Path) -> str:
    """What the command, run from the checkout `root`, has for a template."""
    code = "from create_12_factor_agent.template.source import carried\n"
    code += "with carried() as source: print(source.version)"
    env = {**os.environ, "PYTHONPATH": str(root / "src")}
    return subprocess.check_output([sys.executable, "-c", code], env=env, encoding="utf-8")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return buildable(tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(source, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    return stand_in(tmp_path)


def test_the_wheel_carries_the_history_the_questions_and_the_changes(wheel: Path) -> None:
    files = contents(wheel)
    assert {HISTORY, f"{PACKAGE}/copier.yml", f"{PACKAGE}/CHANGELOG.md"} <= set(files)
    assert not [name for name in files if name.startswith(("template/", "tests/"))]


def test_the_page_of_an_index_links_to_files_that_there_are(wheel: Path) -> None:
    name = next(name for name in contents(wheel) if name.endswith("/METADATA"))
    with zipfile.ZipFile(wheel) as archive:
        page = archive.read(name).decode()
    release = re.findall(r"^Version: (.*)$", page, re.MULTILINE)[0]
    links = re.findall(r"(!?)\[[^]]*\]\(([^)#]+)", page)
    assert len(links) > 10
    for picture, link in links:
        kind = "raw" if picture else "blob"
        _, ours, path = link.partition(f"{URL.removesuffix('.git')}/{kind}/v{release}/")
        assert (ROOT / path).exists() if ours else link.startswith("https://"), link


@pytest.mark.parametrize("target", ["wheel", "sdist"])
def test_two_builds_of_one_commit_are_the_same(origin: Path, tmp_path: Path, target: str) -> None:
    one, other = clone(origin, "one"), clone(origin, "other")
    git("gc", "-q", "--aggressive", cwd=other)
    os.utime(other / "CHANGELOG.md", (1, 1))
    first = build(one, target, tmp_path / "first")
    second = build(other, target, tmp_path / "second", TZ="Asia/Tokyo", LANG="C", USER="somebody")
    assert first.read_bytes() == second.read_bytes()


def test_the_sdist_builds_the_same_wheel_without_git(
    source: Path, wheel: Path, tmp_path: Path
) -> None:
    sdist = build(source, "sdist", tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    unpacked = next(tmp_path.glob("create_12_factor_agent-*"))
    again = build(unpacked, "wheel", tmp_path / "again", PATH="")
    assert contents(again) == contents(wheel)
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(again) as other:
        assert one.read(HISTORY) == other.read(HISTORY)


def test_what_the_wheel_carries_is_what_is_tagged(origin: Path, tmp_path: Path) -> None:
    root = clone(origin, "root")
    for version in ("90.0.0", "90.9.0", "90.10.0"):
        commit(root, version)
        git("tag", f"v{version}", cwd=root)
    history = carried(build(root, "wheel", tmp_path), tmp_path)
    tags = git("tag", "--sort=version:refname", cwd=history).split()
    assert tags[-3:] == ["v90.0.0", "v90.9.0", "v90.10.0"]
    for tag in tags:
        # The names of git's objects are hashes of what is in them.
        assert git("ls-tree", tag, cwd=history) == git("ls-tree", tag, *PARTS, cwd=root)


def test_what_this_checkout_s_wheel_carries_is_what_is_tagged(
    source: Path, wheel: Path, tmp_path: Path
) -> None:
    history = carried(wheel, tmp_path)
    *released, last = git("tag", "--sort=version:refname", cwd=history).split()
    assert last == f"v{__version__}"
    for tag in released:
        assert git("ls-tree", tag, cwd=history) == git("ls-tree", tag, *PARTS, cwd=source)


def test_a_shallow_clone_is_not_built_but_it_runs(origin: Path, tmp_path: Path) -> None:
    root = clone(origin, "root")
    commit(root, "90.1.0.dev0")
    shallow = clone(root, "shallow", "--depth=1")
    for target in ("wheel", "sdist"):
        with pytest.raises(Failure, match="a shallow clone lacks releases"):
            build(shallow, target, tmp_path / "out")
    assert template_version(shallow) == "v90.1.0.dev0\n"


def test_a_release_without_its_tag_is_not_built(origin: Path, tmp_path: Path) -> None:
    root = clone(origin, "root")
    commit(root, "90.1.0")
    with pytest.raises(Failure, match=r"90\.1\.0 has no tag v90\.1\.0"):
        build(root, "wheel", tmp_path / "out")


def test_a_release_that_differs_from_its_tag_is_not_built(origin: Path, tmp_path: Path) -> None:
    root = clone(origin, "root")
    commit(root, "90.1.0")
    git("tag", "v90.1.0", cwd=root)
    commit(root, "90.1.0")
    with pytest.raises(Failure, match=r"differs from its tag v90\.1\.0"):
        build(root, "wheel", tmp_path / "out")


def test_a_clone_without_tags_is_not_built(origin: Path, tmp_path: Path) -> None:
    root = clone(origin, "root", "--no-tags")
    commit(root, "90.2.0.dev0")
    text = (root / "CHANGELOG.md").read_text()
    (root / "CHANGELOG.md").write_text(f"{text}\n## 90.1.0 - 2090-01-01\n")
    with pytest.raises(Failure, match=r"CHANGELOG\.md \(.*v90\.1\.0\): git fetch --tags"):
        build(root, "wheel", tmp_path / "out")
