"""The results page: one chapter a measurement, each with what was measured and when."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from timing import machine

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/benchmarks.md"
INTRODUCTION = """# Benchmarks

Written by [`tests/benchmarks/run.py`](../tests/benchmarks/README.md) from what it measured: one
command does all of it again. Candidates take turns (A B A B …). A ratio is ours divided by
theirs, so less than 1 is faster or smaller: the median of the ratios round by round, which is
what a target is held to; in the tables of times the ratio of the two minima stands behind it.
Times are minimum / median / maximum. The machine is shared and so is its disk: a wide spread
means that others were at work, and then the minima say more than the medians.
"""


@dataclass(frozen=True)
class Target:
    what: str
    measured: float
    at_most: float

    @property
    def row(self) -> tuple[str, ...]:
        verdict = "met" if round(self.measured, 2) <= self.at_most else "**missed**"
        return self.what, f"{self.measured:.2f}", f"{self.at_most:.2f}", verdict


@dataclass
class Chapter:
    title: str
    paragraphs: list[str] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.paragraphs.append(text)

    def aim(self, what: str, measured: float, at_most: float) -> None:
        self.targets.append(Target(what, measured, at_most))

    def markdown(self, versions: str, folder: Path) -> str:
        about = f"{datetime.now(UTC):%Y-%m-%d}; {machine(folder)}; {versions}."
        reached = table(
            ("target", "measured", "at most", ""), [target.row for target in self.targets]
        )
        return "\n\n".join([f"## {self.title}", about, reached, *self.paragraphs]) + "\n"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def publish(chapters: dict[str, str]) -> None:
    """Put these chapters last on the page; the others stay as they were measured."""
    known = _chapters(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else {}
    measured = {text.partition("\n")[0]: text for text in chapters.values()}
    kept = {title: text for title, text in known.items() if title not in measured}
    together = kept | measured
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text("\n".join([INTRODUCTION, *together.values()]), encoding="utf-8")


def _chapters(page: str) -> dict[str, str]:
    """By their title."""
    parts = [f"## {part.strip()}\n" for part in page.split("\n## ")[1:]]
    return {part.partition("\n")[0]: part for part in parts}
