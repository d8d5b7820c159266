"""compose.worker.yaml and k8s/, as far as they can be judged without an engine or a cluster."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import typer
import yaml

from agent.settings import known_settings
from agent.terminal.cli import app

from ..processes import HOME
from .test_queue import taken, with_queue


def resources() -> dict[tuple[str, str], Any]:
    """By kind and name."""
    files = [path for path in (HOME / "k8s").glob("*.yaml") if path.name != "kustomization.yaml"]
    found = [each for file in files for each in yaml.safe_load_all(file.read_text("utf-8"))]
    return {(each["kind"], each["metadata"]["name"]): each for each in found}


def services() -> Any:
    return yaml.safe_load((HOME / "compose.worker.yaml").read_text("utf-8"))["services"]


def pods() -> Iterator[tuple[str, Any]]:
    for (kind, name), each in resources().items():
        if kind in ("Deployment", "Job"):
            yield name, each["spec"]["template"]["spec"]


def containers() -> Iterator[tuple[str, Any]]:
    for name, pod in pods():
        for each in (*pod.get("initContainers", ()), *pod["containers"]):
            yield name, each


def commands() -> list[list[str]]:
    """What each container is told to do."""
    ours = [each["command"] for each in services().values() if "command" in each]
    return ours + [pod["containers"][0]["args"] for _, pod in pods()]


def test_each_command_is_one_of_the_agent_s_with_options_that_it_has() -> None:
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for name, *arguments in commands():
        context = known[name].make_context(name, [*arguments], resilient_parsing=False)
        assert context.params is not None
    assert {"migrate", "serve", "worker"} == {name for name, *_ in commands()}


def test_each_variable_is_a_setting() -> None:
    text = "".join(path.read_text("utf-8") for path in (HOME / "k8s").glob("*.yaml"))
    text += (HOME / "compose.worker.yaml").read_text("utf-8")
    named = set(re.findall(r"\bAGENT_[A-Z_]+", text))
    assert {"AGENT_ENGINE", "AGENT_STORE_URL"} <= named <= known_settings()


def test_nobody_is_killed_before_its_grace_is_over() -> None:
    worker = services()["worker"]
    stated = [(worker["command"], int(worker["stop_grace_period"].removesuffix("s")))]
    pod = dict(pods())["agent-worker"]
    stated.append((pod["containers"][0]["args"], pod["terminationGracePeriodSeconds"]))
    for command, seconds in stated:
        assert seconds >= float(command[command.index("--grace") + 1]) + 10


def test_the_probe_looks_where_the_worker_says_that_it_lives() -> None:
    pod = dict(pods())["agent-worker"]["containers"][0]
    worker = services()["worker"]
    for command, probe in (
        (pod["args"], pod["livenessProbe"]["exec"]["command"]),
        (worker["command"], worker["healthcheck"]["test"]),
    ):
        assert command[command.index("--alive") + 1] in probe[-1]


def test_a_server_is_asked_for_what_it_answers_without_a_token() -> None:
    server = dict(pods())["agent-server"]["containers"][0]
    probes = [server[name]["httpGet"] for name in server if name.endswith("Probe")]
    assert [probe["path"] for probe in probes] == ["/healthz"] * 3
    port = server["args"][server["args"].index("--port") + 1]
    assert {str(each["containerPort"]) for each in server["ports"]} == {port}


def test_nothing_runs_as_root_or_can_write_but_where_it_must() -> None:
    for name, container in containers():
        assert container["securityContext"]["readOnlyRootFilesystem"], name
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}, name
        assert set(container["resources"]) == {"requests", "limits"}, name
    for name, pod in pods():
        [container] = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"], name
        mounted = {each["mountPath"] for each in container["volumeMounts"]}
        assert mounted == {"/data", "/tmp"}, name
        assert {each["name"] for each in container["volumeMounts"]} == {
            each["name"] for each in pod["volumes"]
        }


def test_every_file_is_applied_and_every_name_is_there() -> None:
    applied = yaml.safe_load((HOME / "k8s" / "kustomization.yaml").read_text("utf-8"))
    there = {path.name for path in (HOME / "k8s").glob("*.yaml")}
    assert {*applied["resources"], "kustomization.yaml"} == there
    found = resources()
    for (kind, name), each in found.items():
        if kind in ("Service", "PodDisruptionBudget"):
            labels = each["spec"]["selector"].get("matchLabels") or each["spec"]["selector"]
            pod = found["Deployment", "agent-server"]["spec"]["template"]["metadata"]["labels"]
            assert labels.items() <= pod.items(), name
    scaled = found["ScaledObject", "agent-worker"]["spec"]
    assert ("Deployment", scaled["scaleTargetRef"]["name"]) in found
    [trigger] = scaled["triggers"]
    assert ("TriggerAuthentication", trigger["authenticationRef"]["name"]) in found


@pytest.mark.parametrize(("waiting", "taking"), [(0, 0), (3, 0), (3, 2)])
def test_the_scaler_counts_what_waits_and_what_runs(waiting: int, taking: int, url: str) -> None:
    async def fill(queue: Any) -> None:
        for pause in (timedelta(), timedelta(hours=1)):  # a reminder is over as soon as it is due
            await queue.put_later(str(uuid4()), pause)
        for _ in range(waiting):
            await queue.put(str(uuid4()))
        for _ in range(taking):
            assert await taken(queue)

    with_queue(url, fill)
    [trigger] = resources()["ScaledObject", "agent-worker"]["spec"]["triggers"]
    with psycopg.connect(url) as connection:
        counted = connection.execute(trigger["metadata"]["query"]).fetchone()
    assert counted == (waiting,)
