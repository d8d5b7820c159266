"""The image, as far as it can be judged without building it."""

import json
import re
import tomllib
from typing import Any

import yaml

from .processes import HOME
from .serving import TOKEN, serving


def instructions(name: str) -> list[str]:
    """What stands behind each instruction of this name in the Dockerfile, the first one first."""
    lines = re.sub(r"^#.*\n", "", (HOME / "Dockerfile").read_text("utf-8"), flags=re.M)
    found = re.findall(rf"^{name} +(.*)$", re.sub(r"\\\n *", "", lines), re.M)
    assert found, f"the Dockerfile has no {name}"
    return found


def service() -> Any:
    return yaml.safe_load((HOME / "compose.yaml").read_text("utf-8"))["services"]["agent"]


def test_its_python_is_one_that_the_project_supports() -> None:
    brought = re.match(r"python:(\d+)\.(\d+)", instructions("FROM")[0])
    project = tomllib.loads((HOME / "pyproject.toml").read_text("utf-8"))["project"]
    least = re.search(r">=(\d+)\.(\d+)", project["requires-python"])
    assert brought
    assert least
    assert tuple(map(int, brought.groups())) >= tuple(map(int, least.groups()))


def test_what_is_copied_is_there_and_is_not_ignored() -> None:
    let_through = (HOME / ".dockerignore").read_text("utf-8").splitlines()
    ours = [words.split()[:-1] for words in instructions("COPY") if not words.startswith("--from")]
    for source in {source for sources in ours for source in sources}:
        assert (HOME / source).exists(), f"the Dockerfile copies {source}, which is not there"
        assert f"!{source}" in let_through, f".dockerignore keeps {source} from the Dockerfile"


def test_it_does_not_run_as_root() -> None:
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", instructions("USER")[-1])


def test_a_signal_reaches_the_agent() -> None:
    command = json.loads(instructions("ENTRYPOINT")[-1]) + json.loads(instructions("CMD")[-1])
    assert command[:2] == ["agent", "serve"]


def test_the_health_check_asks_for_what_is_served_without_a_token() -> None:
    asked = re.search(r"'GET', '(.+?)'", instructions("HEALTHCHECK")[0])
    assert asked
    with serving(token=TOKEN, host="127.0.0.1") as client:
        assert client.get(asked[1]).status_code == 200


def test_everybody_means_the_same_port() -> None:
    port = json.loads(instructions("CMD")[-1])[-1]
    assert instructions("EXPOSE") == [port]
    assert f"'127.0.0.1', {port}," in instructions("HEALTHCHECK")[0]
    assert service()["ports"] == [f"127.0.0.1:{port}:{port}"]


def test_compose_does_not_start_it_without_a_token() -> None:
    assert service()["environment"]["AGENT_API_TOKEN"].startswith("${AGENT_API_TOKEN:?")
