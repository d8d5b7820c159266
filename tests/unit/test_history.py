"""The wheel's history holds every version of the template, and its bytes depend on nothing else."""

import os
from concurrent.futures import Future
from pathlib import Path

import pytest
from conftest import Desk

from create_12_factor_agent.errors import Failure
from create_12_factor_agent.template.history import PARTS, history, unpack
from create_12_factor_agent.template.source import Source

RELEASES = "0.1.0", "0.2.0", "0.10.0"
LINES = "".join(f"line {number} of a file that git can make deltas of\n" for number in range(40))
# Everything here would show in it if anybody's settings had a say.
SETTINGS = """
[core]
    compression = 9
    autocrlf = true
    excludesFile = {ignored}
[diff]
    renames = copies
[pack]
    compression = 9
    window = 0
    threads = 4
[commit]
    gpgSign = true
[init]
    defaultBranch = other
"""


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def checkout(desk: Desk, tmp_path: Path) -> Path:
    """A checkout with three releases, and 0.11.0 in the making."""
    root = tmp_path / "checkout"
    desk.git("init", "-q", str(root))
    for version in (*RELEASES, "0.11.0.dev0"):
        write(root, "copier.yml", "_subdirectory: template/project\n")
        write(root, "template/project/file", f"{LINES}{version}\n{LINES}")
        write(root, "src/code.py", f"{version}\n")
        desk.git("add", "--all", cwd=root)
        desk.git("commit", "-qm", version, cwd=root)
        if version in RELEASES:
            desk.git("tag", f"v{version}", cwd=root)
    return root


def unpacked(desk: Desk, root: Path, version: str) -> Path:
    repository = root.parent / f"unpacked-{version}"
    unpack(history(root, version), repository)
    desk.git("checkout", "-q", "main", cwd=repository)
    return repository


def test_every_release_and_the_working_tree_is_a_tagged_commit(desk: Desk, checkout: Path) -> None:
    clone = unpacked(desk, checkout, "0.11.0.dev0")
    assert desk.git("tag", "--sort=version:refname", cwd=clone).split() == [
        "v0.1.0",
        "v0.2.0",
        "v0.10.0",
        "v0.11.0.dev0",
    ]
    for tag in (f"v{release}" for release in RELEASES):
        assert f"\n{tag[1:]}\n" in desk.git("show", f"{tag}:template/project/file", cwd=clone)
        assert desk.git("cat-file", "-t", f"refs/tags/{tag}", cwd=clone) == "tag\n"
        described = desk.git("describe", "--tags", f"{tag}^{{commit}}", cwd=clone)
        assert described == f"{tag}\n"


def test_only_the_template_is_in_it(desk: Desk, checkout: Path) -> None:
    clone = unpacked(desk, checkout, "0.11.0.dev0")
    files = desk.git("ls-files", cwd=clone).split()
    assert files == ["copier.yml", "template/project/file"]


def test_new_and_changed_files_are_in_it_and_ignored_ones_are_not(
    desk: Desk, checkout: Path
) -> None:
    write(checkout, ".gitignore", "*.log\n")
    write(checkout, "template/project/file", "changed\n")
    write(checkout, "template/project/new", "new\n")
    write(checkout, "template/project/run.log", "noise\n")
    clone = unpacked(desk, checkout, "0.11.0.dev0")
    assert (clone / "template/project/file").read_text() == "changed\n"
    assert (clone / "template/project/new").exists()
    assert not (clone / "template/project/run.log").exists()


def test_building_leaves_the_checkout_as_it_was(desk: Desk, checkout: Path) -> None:
    write(checkout, "template/project/new", "new\n")
    before = desk.git("status", "--porcelain", cwd=checkout)
    index = (checkout / ".git/index").read_bytes()
    history(checkout, "0.11.0.dev0")
    assert desk.git("status", "--porcelain", cwd=checkout) == before
    assert (checkout / ".git/index").read_bytes() == index


def test_a_checkout_of_a_release_has_no_version_in_the_making(desk: Desk, checkout: Path) -> None:
    desk.git("checkout", "-q", "v0.10.0", cwd=checkout)
    clone = unpacked(desk, checkout, "0.10.0")
    assert desk.git("tag", cwd=clone).split() == ["v0.1.0", "v0.10.0", "v0.2.0"]


def test_later_releases_stay_out_of_an_earlier_one(desk: Desk, checkout: Path) -> None:
    desk.git("checkout", "-q", "v0.1.0", cwd=checkout)
    clone = unpacked(desk, checkout, "0.1.0")
    assert desk.git("tag", cwd=clone).split() == ["v0.1.0"]


def test_a_template_that_differs_from_its_tag_is_refused(checkout: Path) -> None:
    with pytest.raises(Failure, match=r"differs from its tag v0\.10\.0"):
        history(checkout, "0.10.0")


def test_each_release_is_what_its_tag_is(desk: Desk, checkout: Path) -> None:
    clone = unpacked(desk, checkout, "0.11.0.dev0")
    for tag in (f"v{release}" for release in RELEASES):
        # Git's names of objects are hashes of their content.
        carried = desk.git("ls-tree", tag, cwd=clone)
        assert carried == desk.git("ls-tree", tag, *PARTS, cwd=checkout)


def test_a_file_can_become_a_folder_and_a_folder_a_file(desk: Desk, checkout: Path) -> None:
    desk.git("mv", "template/project/file", "template/project/other", cwd=checkout)
    write(checkout, "template/project/file/one", "1\n")
    desk.git("add", "--all", cwd=checkout)
    desk.git("commit", "-qm", "0.11.0", cwd=checkout)
    desk.git("tag", "v0.11.0", cwd=checkout)
    desk.git("rm", "-rq", "template/project/file", cwd=checkout)
    write(checkout, "template/project/file", "2\n")
    clone = unpacked(desk, checkout, "0.12.0.dev0")
    known = ("ls-tree", "-r", "--name-only")
    for tag, files in (("v0.11.0", ["file/one", "other"]), ("v0.12.0.dev0", ["file", "other"])):
        assert desk.git(*known, f"{tag}:template/project", cwd=clone).split() == files


def test_the_versions_are_known_oldest_first(desk: Desk, checkout: Path) -> None:
    unpacking: Future[Path] = Future()
    unpacking.set_result(unpacked(desk, checkout, "0.11.0.dev0"))
    source = Source(unpacking, checkout / "copier.yml")
    assert source.versions == ["v0.1.0", "v0.2.0", "v0.10.0", "v0.11.0.dev0"]


def test_a_release_without_its_tag_is_still_in_the_making(desk: Desk, checkout: Path) -> None:
    clone = unpacked(desk, checkout, "0.11.0")
    assert desk.git("tag", "--list", "v0.11*", cwd=clone).split() == ["v0.11.0.dev0"]


def test_what_is_in_the_making_comes_before_its_release(desk: Desk, checkout: Path) -> None:
    clone = unpacked(desk, checkout, "0.10.0.dev0")
    assert desk.git("tag", cwd=clone).split() == ["v0.1.0", "v0.10.0.dev0", "v0.2.0"]


def test_the_bytes_are_the_same_however_the_checkout_is_packed(desk: Desk, checkout: Path) -> None:
    first = history(checkout, "0.11.0.dev0")
    desk.git("gc", "-q", "--aggressive", cwd=checkout)
    assert history(checkout, "0.11.0.dev0") == first
    desk.git("clone", "-q", str(checkout), "other", cwd=checkout.parent)
    assert history(checkout.parent / "other", "0.11.0.dev0") == first
    desk.git("worktree", "add", "-q", "../tree", cwd=checkout)
    assert history(checkout.parent / "tree", "0.11.0.dev0") == first


def test_the_bytes_are_the_same_from_a_clone_that_was_partial(desk: Desk, checkout: Path) -> None:
    desk.git("config", "uploadpack.allowFilter", "true", cwd=checkout)
    partial = ("clone", "-q", "--filter=blob:none", checkout.as_uri(), "partial")
    desk.git(*partial, cwd=checkout.parent)
    desk.git("fetch", "-q", "--refetch", "--no-filter", cwd=checkout.parent / "partial")
    assert history(checkout.parent / "partial", "0.11.0.dev0") == history(checkout, "0.11.0.dev0")


def test_the_bytes_are_the_same_whoever_builds_and_when(
    desk: Desk, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(checkout, "template/project/new", "new\n")
    first = history(checkout, "0.11.0.dev0")
    settings, ignored = checkout.parent / "settings", checkout.parent / "ignored"
    settings.write_text(SETTINGS.format(ignored=ignored))
    ignored.write_text("new\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "pack.depth")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "0")
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Somebody Else")
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2001-01-01T00:00:00+0100")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    for path in (checkout / "template").rglob("*"):
        os.utime(path, (1, 1))
    assert history(checkout, "0.11.0.dev0") == first


def test_a_folder_without_git_is_the_version_in_the_making(desk: Desk, tmp_path: Path) -> None:
    root = tmp_path / "unpacked"
    write(root, "copier.yml", "_subdirectory: template/project\n")
    write(root, "template/project/file", "1\n")
    clone = unpacked(desk, root, "0.1.0.dev0")
    assert desk.git("tag", cwd=clone).split() == ["v0.1.0.dev0"]
    assert (clone / "template/project/file").exists()
