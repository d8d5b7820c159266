"""`update` in the repositories that people have, under the settings that they have."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import Desk, tree
from factory import Factory, Owner, make_project


def edit(owner: Owner) -> None:
    """Beside a change of the template's, with blanks at the end of the line, and amid another."""
    owner.edit("src/loop.py", "step_2 = 2\n", "step_2 = 'mine'  \n")
    owner.edit("README.md", "One line that is often changed.", "My line.")


@pytest.fixture
def edited(owner: Owner) -> Owner:
    """With an edit in a file that goes, besides."""
    edit(owner)
    owner.edit("src/going.py", "going_2 = 2", "going_2 = 'mine'")
    owner.commit()
    return owner


def arrived(owner: Owner, unmerged: str = "README.md\nsrc/going.py\n") -> None:
    """The update is there, the edits too, and the conflicts are known."""
    assert "step_2 = 'mine'  \n" in owner.read("src/loop.py").replace("\r\n", "\n")
    assert "step_15 = 1500" in owner.read("src/loop.py")
    assert "<<<<<<<" not in owner.read("src/loop.py")
    assert "<<<<<<< yours" in owner.read("README.md")
    assert owner.git("diff", "--name-only", "--diff-filter=U", "--relative") == unmerged
    if "going" in unmerged:
        assert "going_2 = 'mine'" in owner.read("src/going.py")
    files = tree(owner.project)
    assert owner.run("0.3.0", "update", "--abort").code == 0
    assert tree(owner.project) != files
    assert owner.git("status", "--porcelain", "--untracked-files=no", ".") == ""


def same_as_copier(owner: Owner, theirs: Path) -> None:
    """Copier's own update of a copy makes the same tree, but for its names of the two sides."""
    other = Owner(owner.desk, owner.factory, theirs)
    other.copier_update()
    readme = other.read("README.md").replace("before updating", "yours")
    other.write("README.md", readme.replace("after updating", "v0.3.0"))
    assert tree(owner.project) == tree(other.project)
    for command in (["status", "--porcelain", "."], ["ls-files", "-s"]):
        assert owner.git(*command) == other.git(*command)


def test_a_folder_of_a_monorepo_beside_a_dirty_sibling(desk: Desk, factory: Factory) -> None:
    desk.git("init", "-q", "-b", "main")
    sibling = desk.here / "sibling.txt"
    sibling.write_text("theirs\n")
    owner = make_project(desk, factory, at="apps/my agent/é")
    edit(owner)
    desk.git("add", "--all")
    desk.git("commit", "-q", "-m", "All")
    shutil.copytree(desk.here, desk.here.parent / "copy")
    sibling.write_text("dirty\n")
    desk.git("add", "sibling.txt")
    assert owner.update().code == 3
    same_as_copier(owner, desk.here.parent / "copy/apps/my agent/é")
    arrived(owner, unmerged="README.md\n")
    assert sibling.read_text() == "dirty\n"
    assert desk.git("status", "--porcelain") == "M  sibling.txt\n"


def test_two_projects_of_a_monorepo_are_taken_back_apart(desk: Desk, factory: Factory) -> None:
    desk.git("init", "-q", "-b", "main")
    one, two = (make_project(desk, factory, at=name) for name in ("one", "two"))
    for owner in (one, two):
        owner.edit("README.md", "One line that is often changed.", "My line.")
    desk.git("add", "--all")
    desk.git("commit", "-q", "-m", "All")
    assert (one.update().code, two.update().code) == (3, 3)
    files = tree(two.project)
    assert one.run("0.3.0", "update", "--abort").code == 0
    assert tree(two.project) == files
    assert two.run("0.3.0", "status").code == 3
    assert two.run("0.3.0", "update", "--abort").code == 0
    assert desk.git("status", "--porcelain") == ""


def test_a_work_tree_of_its_own(edited: Owner) -> None:
    edited.git("worktree", "add", "-q", "-b", "beside", "../beside the other")
    beside = Owner(edited.desk, edited.factory, edited.desk.here / "beside the other")
    before = edited.everything()
    assert beside.update().code == 3
    arrived(beside)
    assert edited.read("src/loop.py") == before["src/loop.py"].decode()  # type: ignore[union-attr]
    assert edited.git("status", "--porcelain") == ""


@pytest.mark.parametrize(
    "name", ["with space", "ünïcode + 日本", "quo'te\"s", "space behind ", "co:lon", "caf\udce9"]
)
def test_a_path_as_people_have_them(desk: Desk, factory: Factory, name: str) -> None:
    desk.git("init", "-q", "elsewhere")
    owner = make_project(desk, factory, "0.1.0", "--data", "project_name=my-agent", at=name)
    owner.write("ünï code/my file é.txt", "mine\n")
    edit(owner)
    owner.commit()
    assert owner.update().code == 3
    arrived(owner, unmerged="README.md\n")


SETTINGS = [
    {"core.autocrlf": "true"},
    {"core.autocrlf": "input", "core.safecrlf": "true"},
    {"core.safecrlf": "true", "core.autocrlf": "true"},
    {"core.eol": "crlf"},
    {"commit.gpgsign": "true", "tag.gpgsign": "true", "user.signingkey": "none"},
    {"core.hooksPath": "HOOKS"},
    {"init.templateDir": "HOOKS"},
    {"url.ssh://git@nowhere.invalid/.insteadOf": "https://github.com/"},
    {"protocol.file.allow": "never", "protocol.allow": "never"},
    {"core.quotePath": "false", "diff.noprefix": "true", "diff.external": "false"},
    {"color.ui": "always", "core.pager": "false", "status.short": "true"},
    {"merge.conflictStyle": "zdiff3", "diff.renames": "copies", "apply.whitespace": "fix"},
    {"apply.whitespace": "error-all", "apply.ignoreWhitespace": "change"},
    {"core.attributesFile": "ATTRIBUTES"},
    {"core.fsmonitor": "true", "feature.manyFiles": "true", "index.threads": "1"},
    {"core.excludesFile": "EVERYTHING/info/exclude"},
    {"init.templateDir": "EVERYTHING"},
    {"core.excludesFile": "EXCLUDES", "status.showUntrackedFiles": "no"},
    {"submodule.recurse": "true", "safe.bareRepository": "explicit"},
    {"fetch.fsckObjects": "true", "transfer.fsckObjects": "true", "gc.auto": "1"},
]


@pytest.mark.slow
@pytest.mark.parametrize("settings", SETTINGS, ids=lambda found: next(iter(found)))
def test_settings_of_the_user_s_own(edited: Owner, settings: dict[str, str]) -> None:
    hooks = edited.desk.here.parent / "hooks"
    for name in ("pre-commit", "post-checkout", "hooks/pre-commit", "hooks/post-checkout"):
        (hooks / name).parent.mkdir(parents=True, exist_ok=True)
        (hooks / name).write_text("#!/bin/sh\nexit 1\n")
        (hooks / name).chmod(0o755)
    excludes = edited.desk.here.parent / "excludes"
    excludes.write_text("*.rej\n*.orig\n")
    everything = edited.desk.here.parent / "everything"
    everything.mkdir()
    (everything / "info").mkdir()
    (everything / "info/exclude").write_text("src/\n*.md\n")
    attributes = edited.desk.here.parent / "attributes"
    attributes.write_text("*.py -diff\n*.md binary\n")
    places = {"HOOKS": str(hooks), "EXCLUDES": str(excludes), "EVERYTHING": str(everything)}
    places["ATTRIBUTES"] = str(attributes)
    for name, value in settings.items():
        edited.desk.configure(
            name, value.replace(*next(((a, b) for a, b in places.items() if a in value), ("", "")))
        )
    updated = edited.update()
    assert updated.code == 3, updated.stderr
    arrived(edited)


def test_inside_a_hook_git_s_variables_belong_to_another_repository(edited: Owner) -> None:
    other = edited.desk.here / "other"
    edited.desk.git("init", "-q", str(other))
    index = other / ".git/index"
    variables = {
        "GIT_DIR": str(other / ".git"),
        "GIT_WORK_TREE": str(other),
        "GIT_INDEX_FILE": str(index),
        "GIT_PREFIX": "",
    }
    assert edited.run("0.3.0", "update", "--yes", cwd=None, **variables).code == 3
    assert not index.exists()
    arrived(edited)


@pytest.mark.parametrize(
    "variables",
    [
        {"GIT_INDEX_FILE": ".git/index"},  # as git sets it for the hooks of a commit
        {"GIT_NAMESPACE": "another"},
        {"GIT_DEFAULT_HASH": "sha256"},
        {"GIT_LITERAL_PATHSPECS": "1"},  # as editors and hooks set them
        {"GIT_ICASE_PATHSPECS": "1"},
        {"GIT_NOGLOB_PATHSPECS": "1"},
        {"GIT_EXTERNAL_DIFF": "false", "GIT_DIFF_OPTS": "-u0"},
        {"GIT_CEILING_DIRECTORIES": "/", "GIT_CONFIG": "/dev/null"},
        {"GIT_TRACE": "2", "GIT_TRACE_SETUP": "1", "GIT_ATTR_SOURCE": "HEAD"},
    ],
    ids=lambda found: next(iter(found)),
)
def test_variables_of_the_environment(edited: Owner, variables: dict[str, str]) -> None:
    updated = edited.run("0.3.0", "update", "--yes", cwd=None, **variables)
    assert updated.code == 3, updated.stderr
    arrived(edited)


def test_a_repository_of_sha_256(desk: Desk, factory: Factory) -> None:
    owner = Owner(desk, factory, desk.here / "my-agent")
    new = ("new", "my-agent", "--yes", "--data", "components=[docker]")
    assert owner.run("0.1.0", *new, cwd=desk.here, GIT_DEFAULT_HASH="sha256").code == 0
    assert owner.git("rev-parse", "--show-object-format") == "sha256\n"
    edit(owner)
    owner.edit("src/going.py", "going_2 = 2", "going_2 = 'mine'")
    (owner.project / "tool.sh").unlink()
    (owner.project / "tool.sh").symlink_to("README.md")
    owner.edit("Dockerfile", "agent", "mine")
    owner.commit()
    assert owner.update().code == 3
    arrived(owner, unmerged="Dockerfile\nREADME.md\nsrc/going.py\ntool.sh\n")
    assert owner.run("0.1.0", "add", "ci").code == 0
    owner.commit()
    assert owner.run("0.1.0", "remove", "docker", "--force").code == 0
    assert owner.run("0.1.0", "status").code == 0


@pytest.fixture
def latin(desk: Desk) -> dict[str, str]:
    """A locale of old, made here; or, where that cannot be, one that knows ASCII alone."""
    folder = desk.here.parent / "locales"
    folder.mkdir()
    made = shutil.which("localedef") and subprocess.run(
        ["localedef", "-i", "en_US", "-f", "ISO-8859-1", str(folder / "en_US.ISO-8859-1")],
        capture_output=True,
    )
    if made and (folder / "en_US.ISO-8859-1/LC_CTYPE").exists():
        return {"LOCPATH": str(folder), "LC_ALL": "en_US.ISO-8859-1"}
    return {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.parametrize("name", ["plain", "ünïcode + 日本", "caf\udce9"])
def test_a_locale_of_old_has_no_say_in_paths(
    desk: Desk, factory: Factory, latin: dict[str, str], name: str
) -> None:
    desk.git("init", "-q")
    owner = make_project(desk, factory, "0.1.0", "--data", "project_name=my-agent", at=name)
    owner.write("ünï code/my file é.txt", "mine\n")
    edit(owner)
    owner.commit()
    updated = owner.run("0.3.0", "update", "--yes", "--json", cwd=None, **latin)
    assert updated.code == 3, updated.stderr
    assert updated.json["path"] == str(owner.project)
    arrived(owner, unmerged="README.md\n")
    owner.git("reset", "-q", "--hard")
    assert owner.run("0.1.0", "add", "ci", "--json", cwd=None, **latin).code == 0
    assert owner.run("0.1.0", "status", "--json", cwd=None, **latin).code == 0


def test_files_of_the_user_s_with_crlf_stay_so(owner: Owner) -> None:
    owner.write("mine.txt", "one\r\ntwo\r\n")
    owner.write("src/loop.py", owner.read("src/loop.py").replace("\n", "\r\n"))
    owner.commit()
    updated = owner.update()
    assert owner.read("mine.txt") == "one\r\ntwo\r\n"
    assert updated.code == 3  # every line of it is an edit
    for number in range(1, 31):
        assert f"step_{number} = {number}\r\n" in owner.read("src/loop.py")


def test_a_checkout_with_crlf_is_no_edit(owner: Owner) -> None:
    owner.desk.configure("core.autocrlf", "true")
    owner.git("rm", "-q", "--cached", "-r", ".")
    owner.git("reset", "-q", "--hard")
    assert "\r\n" in owner.read("src/loop.py")
    assert "edited" not in owner.run("0.3.0", "status").stdout
    assert owner.update().code == 0
    owner.git("add", "--all")
    assert "step_15 = 1500\n" in owner.git("show", ":src/loop.py")
    assert "step_15 = 1500\r\n" in owner.read("src/loop.py")


def test_links_and_modes_stay(owner: Owner) -> None:
    (owner.project / "link").symlink_to("README.md")
    (owner.project / "src/loop.py").chmod(0o755)
    owner.write("own.sh", "#!/bin/sh\n")
    (owner.project / "own.sh").chmod(0o755)
    owner.commit()
    assert owner.update().code == 0
    assert str((owner.project / "link").readlink()) == "README.md"
    for name in ("own.sh", "run.sh", "src/loop.py"):
        assert os.access(owner.project / name, os.X_OK), name
