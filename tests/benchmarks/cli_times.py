"""The generator beside copier's own command: whole processes, warm."""

import json
import shutil
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from history_size import as_bundle
from page import Chapter, table
from timing import Times, in_turn, ratio, ratios, run, seconds, spread
from workshop import Workshop

VERSION, HELP, COPIER_HELP = "`create-12-factor-agent --version`", "… `--help`", "`copier --help`"
NEW, COMMIT = "`new --yes --no-git`", "`new --yes`, with the first commit"
BUNDLE, CACHED = "`copier copy`, git bundle", "`copier copy`, git URL in copier's cache"


def measure(workshop: Workshop, rounds: int) -> str:
    chapter = Chapter("The generator beside copier")
    _short(chapter, workshop, rounds)
    _new(chapter, workshop, rounds)
    packages = ("create-12-factor-agent", "copier", "typer")
    return chapter.markdown(workshop.versions(workshop.generator, *packages), workshop.folder)


def _short(chapter: Chapter, workshop: Workshop, rounds: int) -> None:
    ours, copier = _commands(workshop)
    timed = partial(seconds, cwd=workshop.folder)
    times = in_turn(
        {
            VERSION: partial(timed, ours, "--version"),
            HELP: partial(timed, ours, "--help"),
            COPIER_HELP: partial(timed, copier, "--help"),
        },
        2 * rounds,
    )
    chapter.aim("`--version` of `copier --help`", ratio(times[VERSION], times[COPIER_HELP]), 0.25)
    chapter.aim("`--help` of `copier --help`", ratio(times[HELP], times[COPIER_HELP]), 0.45)
    chapter.say(_table(times, COPIER_HELP))


def _new(chapter: Chapter, workshop: Workshop, rounds: int) -> None:
    ours, _ = _commands(workshop)
    bundle = _bundle(workshop)
    clone = workshop.fresh("clone")
    run("git", "clone", "-q", bundle, clone, cwd=workshop.folder)
    copied = _copy(workshop)
    cache = {"COPIER_CACHE_DIR": str(workshop.fresh("cache"))}
    with TemporaryDirectory() as outside:  # of every repository, or no first commit is made
        into = partial(_into_a_fresh_folder, Path(outside))
        times = in_turn(
            {
                NEW: partial(into, ours, "new", "--yes", "--no-git"),
                BUNDLE: partial(into, *copied, bundle, **cache),
                CACHED: partial(into, *copied, f"git+file://{clone}", **cache),
                COMMIT: partial(into, ours, "new", "--yes", **_identity(workshop)),
            },
            rounds,
        )
    chapter.aim("`new --yes` of `copier copy`", ratio(times[NEW], times[BUNDLE]), 1.0)
    chapter.say(
        "Both render the same template at the same tag into a folder that is not there yet."
        " Compared is `--no-git`, because copier makes no repository; with the repository and its"
        " first commit it stands beside it. Our command makes a repository of the history in"
        " its wheel; copier clones the same from a git bundle, and in the line below from a git"
        " URL that is in its cache already."
    )
    chapter.say(_table(times, BUNDLE))


def _bundle(workshop: Workshop) -> Path:
    """What the wheel carries, as copier reads it."""
    packed = next(workshop.generator.parent.glob("lib/*/site-packages/*/template.history.xz"))
    return as_bundle(packed.read_bytes(), workshop.fresh("bundle"))


def _commands(workshop: Workshop) -> tuple[Path, Path]:
    return workshop.generator / "create-12-factor-agent", workshop.generator / "copier"


def _copy(workshop: Workshop) -> tuple[str | Path, ...]:
    """Copier's command with the same answers and the same tag as ours."""
    ours, copier = _commands(workshop)
    target = workshop.fresh("dry")
    planned = run(ours, "new", target, "--yes", "--dry-run", "--json", cwd=workshop.folder)
    created = json.loads(planned)
    answers = [part for key, value in created["answers"].items() for part in _data(key, value)]
    tag = created["template_version"]
    return copier, "copy", "--defaults", "--quiet", "--vcs-ref", tag, *answers


def _data(key: str, value: object) -> tuple[str, str]:
    return "--data", f"{key}={json.dumps(value) if isinstance(value, list) else value}"


def _identity(workshop: Workshop) -> dict[str, str]:
    """Git commits only for somebody."""
    settings = workshop.folder / "gitconfig"
    settings.write_text("[user]\nname = A User\nemail = user@example.org\n", encoding="utf-8")
    return {"GIT_CONFIG_GLOBAL": str(settings)}


_numbers = count()


def _into_a_fresh_folder(parent: Path, *command: str | Path, **env: str) -> float:
    target = parent / f"agent-{next(_numbers)}"
    took = seconds(*command, target, cwd=parent, **env)
    shutil.rmtree(target)
    return took


def _table(times: Times, base: str) -> str:
    rows = [(name, spread(values), ratios(values, times[base])) for name, values in times.items()]
    return table(("", "seconds", f"of {base}"), rows)
