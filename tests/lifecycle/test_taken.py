"""A folder in which an editor or a hosting site was first is taken, and nothing there is lost."""

from pathlib import Path

import pytest
from conftest import COMMAND, Desk, Result, tree
from terminal import terminal

FILES = {
    "LICENSE": "theirs\n",
    ".idea/misc.xml": "<theirs/>\n",
    ".vscode/settings.json": "{}\n",
    ".DS_Store": "\0",
    ".python-version": "3.12\n",
    "readme.rst": "Theirs\n",
    "bot.iml": "<theirs/>\n",
    ".github/FUNDING.yml": "github: theirs\n",
}
QUESTIONS = ("What does it do", "Which example", "Which components")


def lay(folder: Path, files: dict[str, str]) -> dict[str, bytes]:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return {name: text.encode() for name, text in files.items()}


def clone(desk: Desk, files: dict[str, str]) -> Path:
    """A repository as a hosting site makes it, freshly cloned."""
    origin = desk.here.parent / "origin"
    desk.git("init", "-q", "-b", "trunk", str(origin))
    lay(origin, files)
    desk.git("add", "--all", cwd=origin)
    desk.git("commit", "-q", "-m", "Initial commit", cwd=origin)
    desk.git("clone", "-q", str(origin), "bot")
    return desk.here / "bot"


def create(desk: Desk, *flags: str) -> Result:
    return desk.run("bot", "--yes", "--json", *flags)


@pytest.mark.parametrize("name", list(FILES))
def test_what_an_editor_or_a_hosting_site_put_there_stays(desk: Desk, name: str) -> None:
    theirs = lay(desk.here / "bot", {name: FILES[name]})
    created = create(desk, "--data", "components=[ci]")
    assert (created.code, created.json["conflicts"]) == (0, []), created.stderr
    assert tree(desk.here / "bot").items() >= theirs.items()
    assert desk.git("log", "--oneline", cwd=desk.here / "bot").count("\n") == 1


@pytest.mark.parametrize(
    ("pin", "old"), [("3.9\n", "3.9"), ("cpython-3.10.4\n", "3.10"), ("3.12\n", ""), ("x\n", "")]
)
def test_a_python_that_is_too_old_is_told(desk: Desk, pin: str, old: str) -> None:
    lay(desk.here / "bot", {".python-version": pin})
    told = [each for each in create(desk).json["warnings"] if ".python-version" in each]
    assert len(told) == bool(old)
    assert all(f"asks for Python {old}, and" in each for each in told)


def test_all_of_it_in_a_fresh_clone(desk: Desk) -> None:
    project = clone(desk, FILES)
    created = create(desk)
    assert (created.code, created.json["git"]) == (0, "existing")
    assert tree(project).items() >= {name: text.encode() for name, text in FILES.items()}.items()
    assert desk.git("status", "--porcelain", "--untracked-files=no", cwd=project) == ""


def test_what_is_on_both_sides_is_a_conflict_as_in_an_update(desk: Desk) -> None:
    theirs = {"README.md": "# Their bot\n\nTheir words.\n", ".gitignore": "*.theirs\n"}
    project = clone(desk, theirs)
    (project / "README.md").chmod(0o600)
    created = create(desk)
    assert created.code == 3
    conflicts = {found["path"]: found["kind"] for found in created.json["conflicts"]}
    assert conflicts == {"README.md": "lines", ".gitignore": "lines"}
    text = (project / "README.md").read_text()
    yours, ours = text.split("<<<<<<< yours\n")[1].split("=======\n")[0:2]
    assert "Their words.\n" in text
    assert "Where each factor lives" in text
    assert yours
    assert ours
    assert (project / "README.md").stat().st_mode & 0o777 == 0o600
    assert "*.theirs" in (project / ".gitignore").read_text()
    desk.git("add", "--all", cwd=project)
    desk.git("commit", "-q", "-m", "Mine", cwd=project)
    status = desk.run("status", "bot")
    assert (status.code, "conflict README.md: 1 hunk" in status.stdout) == (3, True)


def test_a_dry_run_tells_of_it_and_writes_nothing(desk: Desk) -> None:
    theirs = lay(desk.here / "bot", {"README.md": "# Theirs\n", "AGENTS": "x\n"} | FILES)
    (desk.here / "bot/AGENTS").unlink()
    del theirs["AGENTS"]
    told = desk.run("bot", "--yes", "--dry-run")
    assert (told.code, "README.md: 1 hunk" in told.stdout) == (3, True)
    assert tree(desk.here / "bot") == theirs


@pytest.mark.parametrize("same", [True, False])
def test_what_is_the_same_or_empty_is_no_conflict(desk: Desk, same: bool) -> None:
    desk.run("other", "--yes", "--data", "project_name=bot")
    text = (desk.here / "other/README.md").read_text() if same else ""
    lay(desk.here / "bot", {"README.md": text})
    assert create(desk).code == 0
    assert tree(desk.here / "bot") == tree(desk.here / "other")


@pytest.mark.parametrize("answer", ["y", "n"])
def test_a_readme_of_one_title_is_replaced_if_its_owner_says_so(desk: Desk, answer: str) -> None:
    lay(desk.here / "bot", {"README.md": "# bot\n"})
    with terminal([*COMMAND, "bot"], desk.here, desk.env) as user:
        for question in QUESTIONS:
            user.accept(question)
        user.read_until("replace it?")
        user.type(answer)
        assert user.end() == (0 if answer == "y" else 3), user.seen
    text = (desk.here / "bot/README.md").read_text()
    assert ("<<<<<<< yours" in text) == (answer == "n")
    assert "Where each factor lives" in text


def test_a_readme_with_more_is_never_asked_about(desk: Desk) -> None:
    lay(desk.here / "bot", {"README.md": "# bot\n\nTheir words.\n"})
    with terminal([*COMMAND, "bot"], desk.here, desk.env) as user:
        for question in QUESTIONS:
            user.accept(question)
        assert user.end() == 3
    assert "Their words.\n" in (desk.here / "bot/README.md").read_text()


@pytest.mark.parametrize("kind", ["binary", "folder", "link", "link to a folder", "file"])
def test_what_cannot_meet_is_refused_and_stays(desk: Desk, kind: str) -> None:
    project = desk.here / "bot"
    project.mkdir()
    elsewhere = desk.here / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").write_text("theirs\n")
    match kind:
        case "binary":
            (project / "README.md").write_bytes(b"\0\1\2")
        case "folder":
            (project / "README.md").mkdir()
        case "link":
            (project / "README.md").symlink_to(elsewhere / "file")
        case "link to a folder":
            (project / ".github").symlink_to(elsewhere)
        case "file":
            (project / ".github").write_text("theirs\n")
    before = tree(desk.here)
    refused = create(desk, "--data", "components=[ci]")
    assert refused.code == 2
    assert refused.stderr.endswith("move it\n")
    assert refused.stderr.count("\n") == 1
    assert tree(desk.here) == before


@pytest.mark.parametrize("name", ["main.py", "src/x.py", ".env", "docs/index.md", "pyproject.toml"])
def test_their_own_work_is_in_the_way(desk: Desk, name: str) -> None:
    theirs = lay(desk.here / "bot", FILES | {name: "theirs\n"})
    refused = create(desk)
    assert (refused.code, name.partition("/")[0] in refused.stderr) == (2, True)
    assert "LICENSE" not in refused.stderr
    assert tree(desk.here / "bot") == theirs


def test_what_a_sudden_end_has_left_does_not_stand_in_the_way(desk: Desk) -> None:
    lay(desk.here / "bot", {".create-12-factor-agent-abc/project/README.md": "half\n"})
    assert create(desk).code == 0
