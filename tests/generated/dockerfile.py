"""A Dockerfile without a container engine: its instructions, one after the other, in a folder.

The folder stands for the root of the image; the paths that the file names are led into it. All
stages share it, so `COPY --from` only looks whether the thing is there.
"""

import json
import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from .conftest import interpreter, run, succeed

DESCRIPTIONS = {"VOLUME", "USER", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD"}
NAMED = re.compile(r"(?<![\w./])/(?=(?:opt|build|data)\b)")


@dataclass
class Image:
    context: Path
    root: Path
    env: dict[str, str] = field(default_factory=dict)
    workdir: Path = Path("/")
    said: dict[str, str] = field(default_factory=dict)

    def led(self, text: str) -> str:
        """The same with every path of the image in our folder."""
        return NAMED.sub(f"{self.root}/", text)

    def command(self, name: str) -> list[str]:
        """The last ENTRYPOINT, CMD or HEALTHCHECK, each in its exec form."""
        return list(json.loads(self.said[name][self.said[name].index("[") :]))

    def do(self, name: str, rest: str) -> None:
        acts = {
            "FROM": self.start,
            "ENV": self.set,
            "WORKDIR": self.enter,
            "COPY": self.copy,
            "RUN": self.run,
        }
        assert name in {*acts, *DESCRIPTIONS}, f"{name} is not understood here"
        self.said[name] = rest
        if name in acts:
            acts[name](rest)

    def start(self, stage: str) -> None:
        """A new stage, with the base image's Python in a folder of ours."""
        base, home = stage.split()[0], self.root / "usr/local"
        if version := re.fullmatch(r"python:(3\.\d+)-slim", base):
            python = interpreter(version[1])
            assert python, f"there is no Python {version[1]} here"
            succeed(run([python, "-m", "venv", str(home)], self.root))
        else:
            assert base == "python", base
        self.env = {"PATH": f"{home}/bin:/usr/local/bin:/usr/bin:/bin"}
        self.workdir = self.root

    def set(self, pairs: str) -> None:
        for name, value in (pair.split("=", 1) for pair in pairs.split()):
            self.env[name] = self.led(value).replace("$PATH", self.env["PATH"])

    def enter(self, folder: str) -> None:
        self.workdir = Path(self.led(folder))
        self.workdir.mkdir(parents=True, exist_ok=True)

    def run(self, command: str) -> None:
        if command.startswith("apt-get"):  # this machine stands for the image here
            installed = re.search(r"--no-install-recommends (\S+) ", command)
            assert installed, command
            assert shutil.which(installed[1])
            return
        # Only root can give a folder away; for anybody else the folder is theirs.
        if os.geteuid() == 0 or not command.startswith("chown"):
            succeed(run(["sh", "-c", self.led(command)], self.workdir, **self.env))

    def copy(self, rest: str) -> None:
        *sources, last = rest.split()
        target = self.workdir / self.led(last)
        if sources[0].startswith("--from="):
            assert (self.led(sources[1]), target.exists()) == (str(target), True)
            return
        for source in (self.context / name for name in sources):
            if source.is_dir():
                shutil.copytree(source, target)
            else:
                shutil.copy(source, target)


def instructions(dockerfile: Path) -> list[tuple[str, str]]:
    text = re.sub(r"^#.*\n", "", dockerfile.read_text(), flags=re.MULTILINE)
    joined = re.sub(r"\\\n *", "", text)
    split = [line.partition(" ") for line in joined.splitlines() if line]
    return [(name, rest.strip()) for name, _, rest in split]


def build(project: Path, folder: Path) -> Image:
    """`docker build`, given only what .dockerignore lets through."""
    image = Image(folder / "context", folder / "root")
    image.context.mkdir(parents=True)
    image.root.mkdir()
    lines = (project / ".dockerignore").read_text().splitlines()
    for name in (line[1:] for line in lines if line.startswith("!")):
        source = project / name
        if source.is_dir():
            shutil.copytree(source, image.context / name)
        elif source.exists():
            shutil.copy(source, image.context / name)
    for name, rest in instructions(project / "Dockerfile"):
        image.do(name, rest)
    return image
