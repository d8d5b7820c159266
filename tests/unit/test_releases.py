"""No build lacks a release, and no release is built without its tag."""

from pathlib import Path

import pytest
from conftest import Desk

from create_12_factor_agent.errors import Failure
from create_12_factor_agent.template.releases import require_all

CHANGELOG = """# Changes

## Unreleased

### Added

- Something.

## 0.10.0 - 2027-02-01

## [0.2.0] - 2027-01-01 [YANKED]

## 0.1.0 - 2026-12-01
"""


@pytest.fixture
def checkout(desk: Desk, tmp_path: Path) -> Path:
    """A checkout of what comes after the release 0.10.0."""
    root = tmp_path / "checkout"
    desk.git("init", "-q", str(root))
    (root / "CHANGELOG.md").write_text(CHANGELOG)
    for version in ("0.1.0", "0.2.0", "0.10.0"):
        (root / "file").write_text(f"As of {version}\n")
        desk.git("add", "--all", cwd=root)
        desk.git("commit", "-qm", version, cwd=root)
        desk.git("tag", f"v{version}", cwd=root)
    desk.git("config", "uploadpack.allowFilter", "true", cwd=root)
    return root


def clone(desk: Desk, checkout: Path, *how: str) -> Path:
    # A path, unlike a URL, would be copied whole.
    desk.git("clone", "-q", *how, checkout.as_uri(), "clone", cwd=checkout.parent)
    return checkout.parent / "clone"


def test_a_clone_with_all_releases_can_be_built(desk: Desk, checkout: Path) -> None:
    require_all(clone(desk, checkout), "0.11.0.dev0")
    require_all(checkout, "0.10.0")


def test_a_shallow_clone_is_refused(desk: Desk, checkout: Path) -> None:
    shallow = clone(desk, checkout, "--depth=1")
    with pytest.raises(Failure, match="git fetch --unshallow --tags"):
        require_all(shallow, "0.11.0.dev0")
    desk.git("fetch", "-q", "--unshallow", "--tags", cwd=shallow)
    require_all(shallow, "0.11.0.dev0")


def test_a_clone_without_tags_is_refused(desk: Desk, checkout: Path) -> None:
    without = clone(desk, checkout, "--no-tags")
    with pytest.raises(Failure, match=r"\(v0\.1\.0, v0\.2\.0, v0\.10\.0\): git fetch --tags"):
        require_all(without, "0.11.0.dev0")
    desk.git("fetch", "-q", "--tags", cwd=without)
    require_all(without, "0.11.0.dev0")


def test_a_clone_that_lacks_one_tag_is_refused(desk: Desk, checkout: Path) -> None:
    desk.git("tag", "-d", "v0.2.0", cwd=checkout)
    with pytest.raises(Failure, match=r"\(v0\.2\.0\)"):
        require_all(checkout, "0.10.0")


def test_a_partial_clone_is_refused(desk: Desk, checkout: Path) -> None:
    partial = clone(desk, checkout, "--filter=blob:none")
    with pytest.raises(Failure, match="git fetch --refetch --no-filter"):
        require_all(partial, "0.11.0.dev0")
    desk.git("fetch", "-q", "--refetch", "--no-filter", cwd=partial)
    require_all(partial, "0.11.0.dev0")


def test_a_release_without_its_tag_is_refused(checkout: Path) -> None:
    with pytest.raises(Failure, match=r"0\.11\.0 has no tag v0\.11\.0: tag it, or"):
        require_all(checkout, "0.11.0")


def test_releases_above_the_version_need_no_tag(desk: Desk, checkout: Path) -> None:
    desk.git("tag", "-d", "v0.10.0", cwd=checkout)
    require_all(checkout, "0.2.0")
    require_all(checkout, "0.10.0.dev0")


def test_a_folder_without_a_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="from the sdist"):
        require_all(tmp_path, "0.1.0.dev0")


@pytest.mark.parametrize("version", ["0.1", "0.1.0rc1", "0.1.0.dev1", "1.0.0.post1", "0.1.0+local"])
def test_other_forms_of_a_version_are_refused(checkout: Path, version: str) -> None:
    with pytest.raises(Failure, match="is no version"):
        require_all(checkout, version)


def test_no_file_of_the_template_becomes_a_folder(desk: Desk, checkout: Path) -> None:
    """Copier cannot update a project in which one does."""
    place = checkout / "template/project/tools.py.jinja"
    place.parent.mkdir(parents=True)
    place.write_text("tools = []\n")
    desk.git("add", "--all", cwd=checkout)
    desk.git("commit", "-qm", "0.11.0", cwd=checkout)
    desk.git("tag", "v0.11.0", cwd=checkout)
    changes = CHANGELOG.replace("## 0.10.0", "## 0.11.0 - 2027-03-01\n\n## 0.10.0")
    (checkout / "CHANGELOG.md").write_text(changes)
    require_all(checkout, "0.12.0.dev0")
    place.unlink()
    (checkout / "template/project/tools.py").mkdir()
    (checkout / "template/project/tools.py/one.py").write_text("one = 1\n")
    desk.git("add", "--all", cwd=checkout)
    with pytest.raises(
        Failure, match=r"a file in one release and a folder in another: .*tools\.py"
    ):
        require_all(checkout, "0.12.0.dev0")
