"""The hooks of a generated project, run by the real pre-commit in a real repository."""

from pathlib import Path

import pytest
from conftest import Result

from .conftest import environment, fetch, run_offline, succeed
from .creating import created

pytestmark = pytest.mark.slow

UNTIDY = "import os\nx  =  1\n"
WRONG = 'number: int = "one"\n'


@pytest.fixture(scope="module")
def project(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = created(wheel, tmp_path_factory.mktemp("precommit"), ["precommit"])
    fetch(project, "3.11", "uv")
    succeed(hooks(project, "uv", "run", "pre-commit", "install"))
    return project


def hooks(project: Path, *command: str, path: str | None = None) -> Result:
    cache = {"PRE_COMMIT_HOME": str(project.parent / "cache")}
    return run_offline(command, project, PATH=path or environment()["PATH"], **cache)


def test_every_hook_passes_on_a_fresh_project(project: Path) -> None:
    done = succeed(hooks(project, "uv", "run", "pre-commit", "run", "--all-files"))
    assert done.stdout.count("Passed") == 3, done.stdout


@pytest.mark.parametrize(("content", "said"), [(UNTIDY, "F401"), (WRONG, "assignment")])
def test_a_commit_of_what_is_wrong_is_refused(project: Path, content: str, said: str) -> None:
    (project / "src/agent/channels/added.py").write_text(content)
    succeed(hooks(project, "git", "add", "src"))
    refused = hooks(project, "git", "commit", "-m", "Add what is wrong")
    assert refused.code != 0
    assert said in refused.stdout + refused.stderr


def test_without_uv_they_are_the_venv_s(project: Path) -> None:
    """What the head of the file says: `uv run` is taken out, and .venv is activated."""
    config = project / ".pre-commit-config.yaml"
    config.write_text(config.read_text().replace("entry: uv run ", "entry: "))
    (project / "src/agent/channels/added.py").write_text('"""Nothing is wrong."""\n')
    succeed(hooks(project, "git", "add", "."))
    path = f"{project}/.venv/bin:/usr/local/bin:/usr/bin:/bin"
    done = succeed(hooks(project, "git", "commit", "-m", "Use pip", path=path))
    assert done.stderr.count("Passed") == 3, done
