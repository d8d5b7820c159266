"""What the Dockerfile's commands make serves as its user, who can write nothing but the volume."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from conftest import Result

from .conftest import NO_NETWORK, interpreter, run, succeed
from .creating import EXAMPLES, created
from .dockerfile import Image, build
from .test_project import call, free_port, wait_for_port

pytestmark = pytest.mark.slow

TOKEN = "the-token-of-this-test"
ASKED = {"Authorization": f"Bearer {TOKEN}", "Prefer": "wait=10"}


# What each example is told, a word of its answer, and what it does not do without a yes.
SAID = {
    "calculator": ("what is 5 + 3?", "8", "refund A-1001"),
    "deploy": (
        "deploy the backend to staging",
        "staging",
        "deploy backend v1.2.0 to production",
    ),
    "blank": (
        "note shopping: milk and eggs",
        "shopping",
        "overwrite the note shopping: bread",
    ),
}


@pytest.fixture(scope="module", params=EXAMPLES)
def example(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def image(wheel: Path, tmp_path_factory: pytest.TempPathFactory, example: str) -> Iterator[Image]:
    if interpreter("3.13") is None:
        pytest.skip("there is no Python 3.13 here")
    project = created(wheel, tmp_path_factory.mktemp("docker"), ["docker"], example)
    # Not below pytest's folder, which is its user's alone: git asks whether it may enter.
    with TemporaryDirectory(prefix="create-12-factor-agent-image-") as folder:
        Path(folder).chmod(0o755)
        built = build(project, Path(folder, "image"))
        shutil.rmtree(built.context)
        shutil.rmtree(built.root / "build")
        succeed(run(["chmod", "-R", "a-w", "opt", "usr"], built.root))
        yield built


def as_its_user(image: Image) -> list[str]:
    """Not root any more. What is left lets it read through our folders, and write nowhere."""
    if os.geteuid() != 0:
        return []
    user, group = image.said["USER"].split(":")
    only = "-all,+dac_read_search"
    sets = f"--inh-caps={only} --ambient-caps={only[5:]} --bounding-set={only}"
    who = f"--reuid={user} --regid={group} --clear-groups --no-new-privs"
    return ["setpriv", *who.split(), *sets.split()]


def inside(image: Image, *command: str, **env: str) -> Result:
    return run([*as_its_user(image), *command], image.workdir, **image.env, **NO_NETWORK, **env)


@contextmanager
def serving(image: Image, port: int) -> Iterator[subprocess.Popen[bytes]]:
    command = [
        word.replace("8000", str(port))
        for word in image.command("ENTRYPOINT") + image.command("CMD")
    ]
    env = {**os.environ, **NO_NETWORK, **image.env, "AGENT_API_TOKEN": TOKEN}
    env["AGENT_MODEL"] = "offline"
    process = subprocess.Popen([*as_its_user(image), *command], cwd=image.workdir, env=env)
    try:
        wait_for_port(port, process)
        yield process
    finally:
        process.terminate()
        process.wait(30)


def files(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_it_serves_from_the_wheel_and_writes_nothing_but_the_volume(
    image: Image, example: str
) -> None:
    before, port = files(image.root / "opt"), free_port()
    healthy = [word.replace("8000", str(port)) for word in image.command("HEALTHCHECK")]
    with serving(image, port) as process:
        assert call(f"http://127.0.0.1:{port}/healthz") == (200, {"status": "ok"})
        assert inside(image, *healthy).code == 0
        url, message = f"http://127.0.0.1:{port}/api/v1/threads", {"message": SAID[example][0]}
        assert call(url, message, ASKED)[1]["status"] == "done"
    # uvicorn ends in order, and then as the signal would have it; process 1 cannot be killed so.
    assert process.returncode in {0, -signal.SIGTERM}
    assert inside(image, *healthy).code == 1
    assert files(image.root / "opt") == before
    assert image.led(image.said["VOLUME"]) == str(image.workdir)
    assert list(image.workdir.glob(".threads/*.json"))


def test_without_a_token_it_does_not_start(image: Image) -> None:
    refused = inside(image, *image.command("ENTRYPOINT"), *image.command("CMD"))
    assert refused.code == 2
    assert "AGENT_API_TOKEN" in refused.stderr


def test_it_answers_without_a_server_and_waits_for_a_yes(image: Image, example: str) -> None:
    message, word, to_be_approved = SAID[example]
    answered = inside(image, *image.command("ENTRYPOINT"), message)
    assert word in succeed(answered).stdout
    waiting = inside(image, *image.command("ENTRYPOINT"), to_be_approved)
    assert waiting.code == 3, f"{waiting.stdout}{waiting.stderr}"
    assert "needs the yes" in waiting.stdout
