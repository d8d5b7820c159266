"""The real template, as wheels of three versions: a project lives through all of them.

new → edit → update → add → update, by the command with networking off, and by plain copier from
the repository that the public URL stands for.
"""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import ROOT, tree
from factory import URL
from generated.conftest import installed, run, run_offline, succeed

pytestmark = pytest.mark.slow

PROJECT = "template/project"
QUESTION = "\ncolour:\n  type: str\n  help: Which colour?\n  default: blue\n"


@dataclass(frozen=True)
class Releases:
    """The repository with its tags, a wheel for each, and one environment that is upgraded."""

    repository: Path
    wheels: dict[str, Path]
    command: Path

    def upgrade(self, version: str) -> None:
        pip = self.command.with_name("pip")
        options = ("--quiet", "--no-deps", "--force-reinstall", "--no-index")
        succeed(run_offline([str(pip), "install", *options, str(self.wheels[version])], ROOT))

    def run(self, project: Path, *arguments: str) -> str:
        return succeed(run_offline([str(self.command), *arguments], project)).stdout

    def copier(self, project: Path, version: str, *arguments: str) -> None:
        settings = {f"url.{self.repository}.insteadOf": URL, "protocol.file.allow": "always"}
        env = {"GIT_CONFIG_COUNT": str(len(settings))}
        for number, (key, value) in enumerate(settings.items()):
            env |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        command = [str(self.command.with_name("copier")), "update", "--defaults", "--quiet"]
        succeed(run([*command, "--vcs-ref", f"v{version}", *arguments], project, **env))


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    folder = tmp_path_factory.mktemp("releases")
    repository = folder / "repository"
    shutil.copytree(ROOT, repository, ignore=_not_ours)
    git(repository, "init", "-q", "-b", "main")
    wheels = {}
    for version, change in {"0.1.0": first, "0.2.0": second, "0.3.0": third}.items():
        change(repository)
        release(repository, version)
        out = folder / version
        build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", str(out)]
        succeed(run(build, repository))
        wheels[version] = next(out.glob("*.whl"))
    command = installed(wheels["0.1.0"], sys.executable, folder / "cli")
    return Releases(repository, wheels, command)


def _not_ours(folder: str, names: list[str]) -> set[str]:
    """What git ignores, and its own folder."""
    if Path(folder).name == "__pycache__" or Path(folder, "pyvenv.cfg").exists():
        return set(names)
    told = subprocess.run(
        ["git", "check-ignore", *names], cwd=folder, capture_output=True, text=True
    )
    return {".git", *told.stdout.splitlines()}


def release(repository: Path, version: str) -> None:
    """The changelog's section, the version, the commit, the tag."""
    package = repository / "src/create_12_factor_agent/__init__.py"
    text = package.read_text()
    package.write_text(re.sub(r'__version__ = ".*"', f'__version__ = "{version}"', text))
    changelog = repository / "CHANGELOG.md"
    noted = "" if version == "0.1.0" else changelog.read_text()
    section = f"# Changes\n\n## [{version}] - 2026-11-21\n\n- What {version} brought.\n"
    changelog.write_text(section + noted.removeprefix("# Changes\n"))
    git(repository, "add", "--all")
    git(repository, "commit", "-q", "-m", version)
    git(repository, "tag", "-a", f"v{version}", "-m", version)


def first(repository: Path) -> None:
    """As it is in the checkout."""


def second(repository: Path) -> None:
    """A file more, a change beside what the user edits, a dependency bumped."""
    (repository / PROJECT / "src/agent/two.py").write_text('"""New in two."""\n')
    replace(repository / PROJECT / "pyproject.toml.jinja", r'"typer>=[\d.]+"', '"typer>=0.21"')
    replace(repository / PROJECT / "src/agent/loop.py", r'\A"""', '"""Two: ')


def third(repository: Path) -> None:
    """A file gone, one renamed, a question more, and the component changed."""
    git(repository, "rm", "-q", f"{PROJECT}/AGENTS.md.jinja")
    git(repository, "mv", f"{PROJECT}/src/agent/two.py", f"{PROJECT}/src/agent/three.py")
    replace(repository / PROJECT / "README.md.jinja", "^# ", "# The agent ")
    (repository / PROJECT / ".dockerignore.jinja").open("a").write("three\n")
    (repository / "copier.yml").open("a").write(QUESTION)
    (repository / PROJECT / "colour.txt.jinja").write_text("<$ colour $>\n")


def replace(file: Path, pattern: str, new: str) -> None:
    text, count = re.subn(pattern, new, file.read_text(), count=1, flags=re.MULTILINE)
    assert count == 1, f"{pattern} is not in {file}"
    file.write_text(text)


def git(folder: Path, *arguments: str) -> None:
    succeed(run(["git", "-c", "core.hooksPath=/dev/null", *arguments], folder))


def edit(project: Path) -> None:
    """Beside what the template changes, at the end of a file, and in a file of one's own."""
    (project / "src/agent/loop.py").open("a").write("\n# mine\n")
    replace(project / "README.md", "^## Work on it", "Mine.\n\n## Work on it")
    (project / "src/agent/mine.py").write_text('"""Mine."""\n')


def test_a_project_lives_through_three_versions(releases: Releases, tmp_path: Path) -> None:
    releases.upgrade("0.1.0")
    releases.run(tmp_path, "my-agent", "--yes")
    project = tmp_path / "my-agent"
    assert "_commit: v0.1.0\n" in (project / ".copier-answers.yml").read_text()
    edit(project)
    commit(project)
    theirs = tmp_path / "plain"
    shutil.copytree(project, theirs)

    releases.upgrade("0.2.0")
    assert "What 0.2.0 brought" in releases.run(project, "update")
    releases.copier(theirs, "0.2.0")
    same(project, theirs)
    assert (project / "src/agent/two.py").exists()
    assert "Two: " in (project / "src/agent/loop.py").read_text()

    releases.run(project, "add", "docker")
    releases.copier(theirs, "0.2.0", "--data", "components=[inbox,docker]")
    same(project, theirs)

    releases.upgrade("0.3.0")
    assert run_offline([str(releases.command), "update", "--check"], project).code == 4
    releases.run(project, "update", "--data", "colour=red")
    releases.copier(theirs, "0.3.0", "--data", "colour=red")
    same(project, theirs)
    assert run_offline([str(releases.command), "update", "--check"], project).code == 0
    assert not (project / "AGENTS.md").exists()
    assert (project / "colour.txt").read_text() == "red\n"
    assert (project / ".dockerignore").read_text().endswith("three\n")
    assert (project / "src/agent/loop.py").read_text().endswith("# mine\n")
    assert "Mine.\n\n## Work on it" in (project / "README.md").read_text()


def same(one: Path, other: Path) -> None:
    """Byte for byte; then committed, for the next step."""
    assert tree(one) == tree(other)
    for project in (one, other):
        commit(project)


def commit(project: Path) -> None:
    git(project, "add", "--all")
    git(project, "commit", "-q", "-m", "Mine")
