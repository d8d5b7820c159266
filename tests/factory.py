"""A small template with a history, and the command as it was installed at each of its versions.

Small, because what is tested is what becomes of a project's files; the real template goes the
same ways in tests/generated.
"""

import json
import lzma
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from conftest import ROOT, Desk, Result

from create_12_factor_agent.template.history import history

PACKAGE = ROOT / "src/create_12_factor_agent"
URL = "https://github.com/create-12-factor-agent/create-12-factor-agent.git"

COPIER_YML = """\
_subdirectory: template/project
_answers_file: .copier-answers.yml
_templates_suffix: .jinja
_envops: {block_start_string: "<%", block_end_string: "%>", variable_start_string: "<$",
  variable_end_string: "$>", comment_start_string: "<#", comment_end_string: "#>",
  trim_blocks: true, keep_trailing_newline: true}
project_name: {type: str, default: my-agent}
example: {type: str, default: calculator, choices: {"calculator: sums": calculator}}
components:
  type: str
  multiselect: true
  default: []
  choices: {"docker: a container": docker, "ci: checks": ci}
_exclude:
  - "<% if 'docker' not in components %>Dockerfile<% endif %>"
  - "<% if 'ci' not in components %>.ci.yml<% endif %>"
"""
QUESTION = 'colour: {type: str, default: blue, help: "Which colour?"}\n'
COMPONENTS_YML = """\
docker: {files: [Dockerfile], dependencies: [], variables: [PORT]}
ci: {files: [.ci.yml], dependencies: [], variables: []}
"""
README = """\
# <$ project_name $>

How to begin.

One line that is often changed.

<% if components %>
Components: <$ components | join(", ") $>.

<% endif %>
How to go on.

The end.
"""
TOOL = "template/project/tool.sh"
BLOCK = "options\n  retries 2\n  model one\n  timeout 60\n  cache no\n  stream no\nend\n\n"
ROOMS_YML = "- {paths: [src/loop.py], about: the loop, factors: [8]}\n"

FIRST = {
    "copier.yml": COPIER_YML,
    ".gitattributes": "* text=auto eol=lf\n",
    "template/components.yml": COMPONENTS_YML,
    "template/rooms.yml": ROOMS_YML,
    "template/project/.copier-answers.yml.jinja": "# Made.\n<$ _copier_answers|to_nice_yaml $>",
    "template/project/README.md.jinja": README,
    "template/project/.gitignore": "*.log\n/private/\n",
    "template/project/pyproject.toml.jinja": '[project]\nname = "<$ project_name $>"\n'
    'dependencies = [\n  "rich>=14.0",\n  "typer>=0.20",\n]\n',
    "template/project/src/loop.py": "".join(f"step_{n} = {n}\n" for n in range(1, 31)),
    "template/project/src/old.py": "".join(f"old_{n} = {n}\n" for n in range(1, 9)),
    # Blocks that look alike; one more comes in two.
    "template/project/clients.txt": "".join(f"client {name}\n{BLOCK}" for name in "abcd"),
    "template/project/src/going.py": "".join(f"going_{n} = {n}\n" for n in range(1, 9)),
    "template/project/run.sh": "#!/bin/sh\necho run\n",
    TOOL: "".join(f"echo {n}\n" for n in range(1, 31)),
    "template/project/Dockerfile": "FROM python\nCMD agent\n",
    "template/project/.ci.yml": "steps:\n- pytest\n",
}
# In two: a file more, one that is changed, a dependency bumped. In three: one gone, one renamed,
# a question more, and changes here and there.
SECOND = {
    **FIRST,
    "template/project/src/two.py": "two = 2\n",
    TOOL: FIRST[TOOL].replace("15", "15 in two"),
    "template/project/clients.txt": "".join(f"client {name}\n{BLOCK}" for name in "0abcd"),
    "template/project/src/loop.py": FIRST["template/project/src/loop.py"].replace(
        "step_15 = 15", "step_15 = 1500"
    ),
    "template/project/pyproject.toml.jinja": FIRST["template/project/pyproject.toml.jinja"].replace(
        "rich>=14.0", "rich>=14.1"
    ),
}
THIRD = {
    **{name: text for name, text in SECOND.items() if "going" not in name and "old" not in name},
    "copier.yml": COPIER_YML + QUESTION,
    "template/project/src/new.py": FIRST["template/project/src/old.py"],
    "template/project/README.md.jinja": README.replace("often changed", "changed in three"),
    "template/project/Dockerfile": "FROM python:3\nCMD agent\n",
    "template/project/colour.txt.jinja": "<$ colour $>\n",
    "template/project/fresh/folder/one.py": "one = 1\n",
}
HISTORY: Mapping[str, Mapping[str, str]] = {"0.1.0": FIRST, "0.2.0": SECOND, "0.3.0": THIRD}
CHANGELOG = "# Changes\n" + "".join(
    f"\n## {version}\n\n- What {version} brought.\n" for version in reversed(list(HISTORY))
)


@dataclass(frozen=True)
class Factory:
    """The template's repository, and an installation of the command for each version."""

    folder: Path

    @property
    def repository(self) -> Path:
        return self.folder / "repository"

    def installed(self, version: str) -> Path:
        return self.folder / f"installed-{version}"


def make_factory(folder: Path) -> Factory:
    factory = Factory(folder)
    factory.repository.mkdir(parents=True)
    _git(factory, "init", "-q", "-b", "main")
    for version, files in HISTORY.items():
        _git(factory, "rm", "-rqf", "--ignore-unmatch", ".")
        for name, text in files.items():
            file = factory.repository / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            # tool.sh can be run from the second version on.
            executable = name.endswith(".sh") and (name, version) != (TOOL, "0.1.0")
            file.chmod(0o755 if executable else 0o644)
        _git(factory, "add", "--all")
        _git(factory, "commit", "-q", "-m", version)
        _git(factory, "tag", "-a", f"v{version}", "-m", version)
        _install(factory, version)
    return factory


def _install(factory: Factory, version: str) -> None:
    package = factory.installed(version) / PACKAGE.name
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__", "*.xz"))
    (package / "__init__.py").write_text(f'__version__ = "{version}"\n')
    known = history(factory.repository, version).encode()
    (package / "template.history.xz").write_bytes(lzma.compress(known))
    (package / "copier.yml").write_text(HISTORY[version]["copier.yml"])
    (package / "CHANGELOG.md").write_text(CHANGELOG)


def _git(factory: Factory, *arguments: str) -> None:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    command = ["git", *identity, *arguments]
    subprocess.run(command, cwd=factory.repository, check=True, capture_output=True)


@dataclass(frozen=True)
class Owner:
    """Who has a project, at a desk of their own."""

    desk: Desk
    factory: Factory
    project: Path

    def run(self, version: str, *arguments: str, cwd: Path | None = None, **env: str) -> Result:
        """The command of that version, in the project's folder."""
        path = {"PYTHONPATH": str(self.factory.installed(version))}
        return replace(self.desk, here=cwd or self.project).run(*arguments, **path, **env)

    def update(self, version: str = "0.3.0", *arguments: str, **env: str) -> Result:
        return self.run(version, "update", "--yes", *arguments, cwd=None, **env)

    def git(self, *arguments: str) -> str:
        return self.desk.git(*arguments, cwd=self.project)

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "-q", "--allow-empty", "-m", "Mine")

    def write(self, name: str, text: str) -> None:
        file = self.project / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())

    def read(self, name: str) -> str:
        return (self.project / name).read_bytes().decode()

    def edit(self, name: str, old: str, new: str) -> None:
        text = self.read(name)
        assert old in text
        self.write(name, text.replace(old, new))

    def everything(self) -> dict[str, bytes | str]:
        """Every file and link, git's own among them: what must not change changes nothing here."""
        return {
            path.relative_to(self.project).as_posix(): (
                str(path.readlink()) if path.is_symlink() else path.read_bytes()
            )
            for path in sorted(self.project.rglob("*"))
            if path.is_symlink() or path.is_file()
        }

    def copier_update(self, version: str = "0.3.0", *arguments: str) -> None:
        """Plain copier, with the template's own repository at the public URL."""
        settings = {
            f"url.{self.factory.repository}.insteadOf": URL,
            "protocol.file.allow": "always",
        }
        found = {"GIT_CONFIG_COUNT": str(len(settings))}
        for number, (key, value) in enumerate(settings.items()):
            found |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        command = [sys.executable, "-m", "copier", "update", "--defaults", "--quiet"]
        subprocess.run(
            [*command, "--vcs-ref", f"v{version}", *arguments],
            cwd=self.project,
            env={**self.desk.env, **found},
            check=True,
            capture_output=True,
        )


def make_project(
    desk: Desk, factory: Factory, version: str = "0.1.0", *arguments: str, at: str = "my-agent"
) -> Owner:
    """A project that was made by that version, and committed."""
    owner = Owner(desk, factory, desk.here / at)
    made = owner.run(version, "new", at, "--yes", *arguments, cwd=desk.here)
    assert made.code == 0, made.stderr
    return owner


def answers(owner: Owner) -> str:
    return owner.read(".copier-answers.yml")


def as_json(result: Result) -> dict[str, object]:
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found
