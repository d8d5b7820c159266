"""Whatever a user did to a project: after an update nothing of it has vanished in silence.

And every file is what git's own merge makes of the three trees, in a plain repository.
"""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from conftest import Desk, tree
from factory import HISTORY, Factory, Owner, make_project
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.slow

UPDATES = [("0.1.0", "0.2.0"), ("0.1.0", "0.3.0"), ("0.2.0", "0.3.0")]
ANSWERS = ".copier-answers.yml"
# Of the template, of versions to come, of nobody, and as git names what it puts aside.
NAMES = ["src/two.py", "src/new.py", "colour.txt", "mine.py", "docs/mine é.md", "src/deep/mine.py"]
NAMES += ["src/loop.py~HEAD", "src/old.py~yours"]


@dataclass(frozen=True)
class Edit:
    """One thing that a user does; `file`, `line` and `name` count through what there is."""

    kind: str
    file: int
    line: int
    name: int
    lines: int


Edits = st.lists(
    st.builds(
        Edit,
        kind=st.sampled_from(["insert", "change", "delete", "add", "remove", "rename", "note"]),
        file=st.integers(0, 30),
        line=st.integers(0, 40),
        name=st.integers(0, len(NAMES) - 1),
        lines=st.integers(1, 3),
    ),
    min_size=1,
    max_size=6,
)


class User:
    """Edits a project; every line that is written bears a mark that no other line has."""

    def __init__(self, owner: Owner) -> None:
        self.owner = owner
        self.count = 0

    def files(self) -> list[str]:
        return sorted(name for name in tree(self.owner.project) if name != ANSWERS)

    def marked(self, number: int) -> Iterator[str]:
        for _ in range(number):
            self.count += 1
            yield f"# user-{self.count:03}\n"

    def does(self, edit: Edit) -> None:
        name = self.files()[edit.file % len(self.files())]
        other = NAMES[edit.name]
        lines = self.owner.read(name).splitlines(keepends=True)
        at = edit.line % (len(lines) + 1)
        match edit.kind:
            case "insert":
                lines[at:at] = self.marked(edit.lines)
            case "change":
                lines[at : at + edit.lines] = self.marked(edit.lines)
            case "delete":
                del lines[at : at + edit.lines]
            case "add":
                self.owner.write(other, "".join(self.marked(edit.lines)))
                return
            case "remove":
                (self.owner.project / name).unlink()
                return
            case "rename":
                self.owner.write(other, "".join(lines))
                (self.owner.project / name).unlink(missing_ok=name != other)
                return
            case "note":
                name, lines = ANSWERS, [*self.owner.read(ANSWERS), *self.marked(1)]
        self.owner.write(name, "".join(lines))


@pytest.fixture(scope="module")
def made(
    tmp_path_factory: pytest.TempPathFactory, factory: Factory, desk_in: Callable[[Path], Desk]
) -> dict[str, Owner]:
    """A fresh project of each version, to be copied."""
    desk = desk_in(tmp_path_factory.mktemp("made"))
    return {
        version: make_project(desk, factory, version, at=f"at-{version}") for version in HISTORY
    }


Tree = dict[str, bytes]


def merged_by_git(
    folder: Path, base: Tree, mine: Tree, new: Tree, version: str
) -> tuple[Tree, str]:
    """What `git merge` makes of the three in a repository of its own, and what is unmerged."""
    repository = folder / "repository"
    shutil.rmtree(repository, ignore_errors=True)
    repository.mkdir()

    def git(*arguments: str, check: bool = True) -> str:
        who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "core.quotePath=false")
        command = ["git", *who, "-c", "merge.directoryRenames=false", *arguments]
        done = subprocess.run(command, cwd=repository, check=check, capture_output=True, text=True)
        return done.stdout

    def commit(tree: Tree, branch: str) -> None:
        git("checkout", "-q", "-B", branch)
        git("rm", "-q", "-r", "--ignore-unmatch", ".")
        for name, content in tree.items():
            (repository / name).parent.mkdir(parents=True, exist_ok=True)
            (repository / name).write_bytes(content)
        git("add", "--all", "--force")
        git("commit", "-q", "--allow-empty", "-m", branch)

    git("init", "-q", "-b", "base")
    commit(base, "base")
    commit(new, f"v{version}")
    git("checkout", "-q", "base")
    commit(mine, "mine")
    git("merge", "-q", "--no-commit", "--no-ff", f"v{version}", check=False)
    found = {
        name: content.replace(b"<<<<<<< HEAD", b"<<<<<<< yours")
        for name, content in tree(repository).items()
    }
    return found, git("diff", "--name-only", "--diff-filter=U")


# Each is a test of its own, so that they run beside one another.
@pytest.mark.parametrize(
    ("before", "after", "component"),
    [*((*update, "") for update in UPDATES), (*UPDATES[1], "docker")],
)
def test_nothing_of_the_user_s_vanishes_in_silence(
    made: dict[str, Owner],
    tmp_path_factory: pytest.TempPathFactory,
    before: str,
    after: str,
    component: str,
) -> None:
    plain = replace(made[before], project=tmp_path_factory.mktemp("plain") / "my-agent")
    shutil.copytree(made[before].project, plain.project)
    if component:
        assert plain.run(before, "add", component).code == 0
        plain.commit()
    old = tree(plain.project)
    assert plain.update(after).code == 0
    new = tree(plain.project)
    scratch = tmp_path_factory.mktemp("scratch")

    @settings(
        max_examples=35,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],  # each case takes seconds, and has six edits at most
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(Edits)
    def check(edits: list[Edit]) -> None:
        project = tmp_path_factory.mktemp("edited") / "my-agent"
        shutil.copytree(made[before].project, project)
        owner = replace(made[before], project=project)
        if component:
            assert owner.run(before, "add", component).code == 0
            owner.commit()
        user = User(owner)
        for edit in edits:
            user.does(edit)
        owner.commit()
        edited = tree(project)
        updated = owner.update(after)
        shown = updated.stdout + updated.stderr
        assert updated.code in (0, 3), shown
        event(f"exit code {updated.code}")
        now = tree(project)
        for name, content in edited.items():
            for line in content.decode().splitlines():
                if line.startswith("# user-"):
                    kept = any(line in text.decode() for text in now.values())
                    assert kept or line in shown, f"{line} of {name} is gone"
        base = old | {ANSWERS: edited[ANSWERS]}  # they are written anew
        wanted, unmerged = merged_by_git(scratch, base, edited, new, after)
        assert now == wanted
        owner.git("config", "core.quotePath", "false")
        assert owner.git("diff", "--name-only", "--diff-filter=U") == unmerged
        assert all(name in shown for name in unmerged.splitlines())
        assert (updated.code == 3) == ("Conflicts in" in shown) == bool(unmerged)
        if updated.code == 3:
            assert owner.run(after, "update", "--abort").code == 0
            assert tree(project) == edited
            assert owner.git("status", "--porcelain") == ""
        shutil.rmtree(project.parent)

    check()
