"""How much of the wheel is the template's history, while it grows by 63 invented releases."""

import lzma
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from random import Random
from zipfile import ZipFile

from page import ROOT, Chapter, table
from timing import run
from workshop import Workshop

COUNTS, MOST = (1, 4, 16, 64), 150
PACKAGE = "create_12_factor_agent"
WORD = re.compile(r"\w{3,}")
ABOUT = """What `template.history.xz` in a wheel weighs, in KB of 1000 bytes. The first version is
the template as it is today, the others are invented. Each changes one to three places in five
files, with lines from elsewhere in the template in which two words are others; every eighth brings
a file of 60 lines. On the right is what `git bundle` makes of the same history by itself, each
object compressed on its own."""


def measure(workshop: Workshop, rounds: int) -> str:
    """A size needs no rounds."""
    checkout = checkout_of(workshop, "history")
    template = Template.read(checkout)
    sizes = {}
    for number in range(1, COUNTS[-1] + 1):
        if number > 1:
            template.change(number)
        release(checkout, f"0.{number}.0")
        if number in COUNTS:
            sizes[number] = _sizes(workshop, checkout)
    chapter = Chapter("The history in the wheel")
    chapter.aim(f"{COUNTS[-1]} versions, of {MOST} KB", sizes[COUNTS[-1]][0] / MOST, 1.0)
    chapter.say(" ".join(ABOUT.split("\n")))
    rows = [(str(number), *(f"{size:.0f}" for size in sizes[number])) for number in COUNTS]
    chapter.say(table(("versions", "`template.history.xz`", "by `git bundle` alone"), rows))
    return chapter.markdown(run("git", "--version", cwd=checkout).strip(), workshop.folder)


def checkout_of(workshop: Workshop, name: str) -> Path:
    """A repository with the files of ours, and no history yet."""
    checkout = workshop.fresh(name)
    listed = run("git", "ls-files", "-z", "-co", "--exclude-standard", cwd=ROOT)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, checkout / name)
    (checkout / "CHANGELOG.md").write_text("# Changes\n", encoding="utf-8")
    run("git", "init", "-q", cwd=checkout)
    return checkout


def release(checkout: Path, version: str) -> None:
    module = checkout / f"src/{PACKAGE}/__init__.py"
    module.write_text(f'__version__ = "{version}"\n', encoding="utf-8")
    somebody = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
    run("git", "add", "--all", cwd=checkout)
    run("git", *somebody, "commit", "-q", "-m", version, cwd=checkout)
    run("git", "tag", f"v{version}", cwd=checkout)


def _sizes(workshop: Workshop, checkout: Path) -> tuple[float, float]:
    """Of the history in the wheel, and of a bundle with git's own compression; in KB."""
    out, python = workshop.fresh("wheels"), workshop.generator / "python"
    run(python, "-m", "pip", "wheel", "-q", "--no-deps", "-w", out, checkout, cwd=workshop.folder)
    with ZipFile(next(out.glob("*.whl"))) as wheel:
        packed = wheel.read(f"{PACKAGE}/template.history.xz")
    return len(packed) / 1000, as_bundle(packed, out / "plain").stat().st_size / 1000


def as_bundle(packed: bytes, folder: Path) -> Path:
    """The history in a wheel as git itself packs one, for whoever cannot read ours."""
    folder.mkdir(parents=True)
    (folder / "stream").write_bytes(lzma.decompress(packed))
    run("git", "init", "-q", "-b", "main", cwd=folder)
    with (folder / "stream").open("rb") as stream:
        subprocess.run(("git", "fast-import", "--quiet"), stdin=stream, cwd=folder, check=True)
    run("git", "repack", "-a", "-d", "-F", "-q", cwd=folder)
    run("git", "bundle", "create", "-q", "template.bundle", "HEAD", "--all", cwd=folder)
    return folder / "template.bundle"


@dataclass
class Template:
    """The files of the template, which change by the same chance each time."""

    folder: Path
    files: list[Path]
    lines: list[str]
    words: list[str]
    chance: Random

    @classmethod
    def read(cls, checkout: Path) -> "Template":
        files = sorted(path for path in (checkout / "template").rglob("*") if path.is_file())
        texts = [path.read_text(encoding="utf-8") for path in files]
        lines = [line for text in texts for line in text.splitlines(keepends=True)]
        words = sorted({word for line in lines for word in WORD.findall(line)})
        return cls(checkout / "template", files, lines, words, Random(12))

    def change(self, number: int) -> None:
        for path in self.chance.sample(self.files, 5):
            text = path.read_text(encoding="utf-8").splitlines(keepends=True)
            for _ in range(self.chance.randint(1, 3)):
                place = self.chance.randint(0, len(text))
                gone, come = self.chance.randint(0, 2), self.chance.randint(1, 3)
                text[place : place + gone] = self._anew(come)
            path.write_text("".join(text), encoding="utf-8")
        if number % 8 == 0:
            self.files.append(self.folder / f"project/src/agent/added_{number}.py")
            self.files[-1].write_text("".join(self._anew(60)), encoding="utf-8")

    def _anew(self, count: int) -> list[str]:
        """Lines of the template, two words in each replaced."""
        lines = self.chance.choices(self.lines, k=count)
        return [WORD.sub(lambda _: self.chance.choice(self.words), line, count=2) for line in lines]
