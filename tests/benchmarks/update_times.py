"""An update of a project beside copier's own update of the same: whole processes, warm."""

import shutil
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from history_size import Template, checkout_of, release
from page import Chapter, table
from timing import Times, in_turn, ratio, ratios, run, seconds, spread
from workshop import Workshop

URL = "https://github.com/create-12-factor-agent/create-12-factor-agent.git"
UPDATE, SHOWN = "`update --yes`", "`update --diff`"
COPIER, STATUS = "`copier update --defaults`", "`status`"
OLD, NEW = "0.1.0", "0.2.0"
ABOUT = f"""A fresh project goes from {OLD} to {NEW} of the template as it is today; the second has
one to three places in five files changed. Ours takes the template from the wheel, and
copier from a git bundle that stands at the public URL by git's `insteadOf`.
Our command renders the two versions side by side and has git merge them with what is committed;
copier renders three times and applies patches."""


def measure(workshop: Workshop, rounds: int) -> str:
    repository = checkout_of(workshop, "updates")
    release(repository, OLD)
    old = _installed(workshop, repository, "old")
    Template.read(repository).change(1)
    release(repository, NEW)
    new = _installed(workshop, repository, "new")
    bundle = workshop.folder / "updates.bundle"
    run("git", "bundle", "create", "-q", bundle, "--all", cwd=repository)
    with TemporaryDirectory() as outside:  # of every repository
        project = Path(outside, "my-agent")
        env = {"GIT_CONFIG_GLOBAL": str(_settings(Path(outside), bundle))}
        run(old / "create-12-factor-agent", "new", project, "--yes", cwd=Path(outside), **env)
        on_a_copy = partial(_on_a_copy, project, **env)
        ours, copier = new / "create-12-factor-agent", new / "copier"
        times = in_turn(
            {
                UPDATE: partial(on_a_copy, ours, "update", "--yes"),
                COPIER: partial(on_a_copy, copier, "update", "--defaults", "--quiet"),
                SHOWN: partial(on_a_copy, ours, "update", "--yes", "--diff"),
                STATUS: partial(on_a_copy, ours, "status"),
            },
            rounds,
        )
    chapter = Chapter("An update beside copier's")
    chapter.aim("`update` of `copier update`", ratio(times[UPDATE], times[COPIER]), 0.7)
    chapter.say(" ".join(ABOUT.split("\n")))
    chapter.say(_table(times))
    packages = ("create-12-factor-agent", "copier")
    return chapter.markdown(workshop.versions(new, *packages), workshop.folder)


def _installed(workshop: Workshop, repository: Path, name: str) -> Path:
    """The commands of an installation of the repository as it is now."""
    bin_ = workshop.environment(f"update-{name}")
    pip = (bin_ / "python", "-m", "pip", "install", "-q")
    run(*pip, repository, cwd=workshop.folder)
    run(*pip, "--force-reinstall", "--no-deps", repository, cwd=workshop.folder)
    return bin_


def _settings(folder: Path, bundle: Path) -> Path:
    """Git commits only for somebody, and finds the bundle at the public URL."""
    settings = folder / "gitconfig"
    lines = [
        "[user]\nname = A User\nemail = user@example.org",
        f'[url "{bundle}"]\ninsteadOf = {URL}',
        '[protocol "file"]\nallow = always\n',
    ]
    settings.write_text("\n".join(lines), encoding="utf-8")
    return settings


_numbers = count()


def _on_a_copy(project: Path, *command: str | Path, **env: str) -> float:
    copy = project.with_name(f"copy-{next(_numbers)}")
    shutil.copytree(project, copy)
    run("git", "status", "--porcelain", cwd=copy, **env)  # the index knows the new files
    took = seconds(*command, cwd=copy, **env)
    shutil.rmtree(copy)
    return took


def _table(times: Times) -> str:
    base = times[COPIER]
    rows = [(name, spread(values), ratios(values, base)) for name, values in times.items()]
    return table(("", "seconds", f"of {COPIER}"), rows)
