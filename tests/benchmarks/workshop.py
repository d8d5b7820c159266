"""Everything that is measured, installed: the generator, a generated agent, and their peers."""

import shutil
import sys
from functools import cached_property
from pathlib import Path

from page import ROOT
from timing import run

HERE = Path(__file__).parent
CLIENT = "baml.generated('sync_client')"  # makes it, where it is missing


class Workshop:
    """A folder that git ignores. Environments are kept in it; what is ours is installed anew."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / ".gitignore").write_text("*\n", encoding="utf-8")

    def fresh(self, name: str) -> Path:
        """A path at which there is nothing."""
        path = self.folder / name
        shutil.rmtree(path, ignore_errors=True)
        return path

    @cached_property
    def generator(self) -> Path:
        """The commands of an installation from a wheel; copier comes along."""
        bin_ = self.environment("generator")
        pip = (bin_ / "python", "-m", "pip", "install", "-q")
        run(*pip, ROOT, cwd=self.folder)
        run(*pip, "--force-reinstall", "--no-deps", ROOT, cwd=self.folder)
        return bin_

    @cached_property
    def project(self) -> Path:
        """The agent, generated as anybody would."""
        project = self.fresh("project")
        command = self.generator / "create-12-factor-agent"
        run(command, "new", project, "--yes", "--no-git", cwd=self.folder)
        return project

    @cached_property
    def agent(self) -> Path:
        """The environment of the generated agent, from its own requirements."""
        project, bin_ = self.project, self.environment("agent")
        install = ("install", "-q", "-r", "requirements.txt")
        run(bin_ / "python", "-m", "pip", *install, cwd=project)
        run(bin_ / "python", "-c", f"from agent.model import baml; {CLIENT}", cwd=project)
        return bin_

    @cached_property
    def with_stores(self) -> Path:
        """An agent with each store, workers and the inbox."""
        project = self.fresh("with-stores")
        command = self.generator / "create-12-factor-agent"
        chosen = ("--data", "components=[inbox,sqlite,postgres,worker]")
        run(command, "new", project, "--yes", "--no-git", *chosen, cwd=self.folder)
        return project

    @cached_property
    def stores(self) -> Path:
        """Its environment, with a Postgres to start."""
        project, bin_ = self.with_stores, self.environment("stores")
        install = ("install", "-q", "-r", "requirements-dev.txt")
        run(bin_ / "python", "-m", "pip", *install, cwd=project)
        run(bin_ / "python", "-c", f"from agent.model import baml; {CLIENT}", cwd=project)
        return bin_

    @cached_property
    def peers(self) -> Path:
        return self._installed("peers", "requirements.txt")

    @cached_property
    def counters(self) -> Path:
        return self._installed("counters", "requirements-tokens.txt")

    def versions(self, environment: Path, *packages: str) -> str:
        code = "import sys; from importlib.metadata import version as v\n"
        code += "print(', '.join(f'{name} {v(name)}' for name in sys.argv[1:]))"
        return run(environment / "python", "-c", code, *packages, cwd=self.folder).strip()

    def _installed(self, name: str, requirements: str) -> Path:
        bin_ = self.environment(name)
        pip = (bin_ / "python", "-m", "pip", "install", "-q")
        run(*pip, "-r", HERE / requirements, cwd=self.folder)
        return bin_

    def environment(self, name: str) -> Path:
        path = self.folder / f"{name}-{sys.version_info.major}.{sys.version_info.minor}"
        if not path.exists():
            run(sys.executable, "-m", "venv", path, cwd=self.folder)
        return path / "bin"
