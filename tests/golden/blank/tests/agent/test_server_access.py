"""Who is served: whoever has the token; without a token this machine, by its own name."""

from itertools import product

import pytest

from agent.channels import brought
from agent.server.app import create_app
from agent.settings import Settings

from .commands import Shell
from .serving import HERE, THREADS, TOKEN, launch, serving


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


WRONG: tuple[dict[str, str], ...] = ({}, bearer(""), bearer("x" + TOKEN[1:]), bearer(TOKEN + " x"))


def test_with_a_token_nothing_but_healthz_is_answered_without_it() -> None:
    with serving(token=TOKEN) as client:
        paths = create_app(Settings()).openapi()["paths"]
        open_to_all = {route.path for hooks in brought("hooks") for route in hooks.routes}
        assert len(paths) > 8
        for path in paths.keys() - open_to_all:
            for method, sent in product(paths[path], WRONG):
                status = client.request(method, path, headers=sent).status_code
                assert status == (200 if path == "/healthz" else 401), path
        assert client.get(THREADS, headers=bearer(TOKEN)).status_code == 200
        assert client.get(THREADS).headers["WWW-Authenticate"] == "Bearer"


def test_with_a_token_other_machines_and_names_are_served() -> None:
    with serving(token=TOKEN, client=("192.0.2.1", 50000), host="agent.example") as client:
        assert client.get(THREADS, headers=bearer(TOKEN)).status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:8000", "127.0.0.9"])
def test_without_a_token_this_machine_is_served_by_its_own_names(host: str) -> None:
    assert serving(host=host).get(THREADS).status_code == 200


@pytest.mark.parametrize("client", [("192.0.2.1", 50000), ("::ffff:c000:201", 1), ("nobody", 1)])
def test_without_a_token_no_other_machine_is_served(client: tuple[str, int]) -> None:
    answer = serving(client=client).get(THREADS)
    assert (answer.status_code, answer.json()["title"]) == (401, "Unauthorized")


@pytest.mark.parametrize(
    "host",
    ["agent.example", "127.0.0.1.example", "0.0.0.0", "192.0.2.1:8000", "localhost.", "", "[", "@"],
)
def test_without_a_token_a_foreign_name_for_this_machine_is_refused(host: str) -> None:
    for path in (THREADS, f"{THREADS}/x/stop"):
        assert serving().get(THREADS, headers={"Host": host}).status_code == 401, path


@pytest.mark.parametrize("host", ["0.0.0.0", "agent.example"])
def test_an_open_door_without_a_token_is_refused_at_the_start(host: str) -> None:
    code, out, err = Shell({}).here("serve", "--host", host, "--port", "0")
    assert (code, out) == (2, "")
    assert err == f"error: {host} is not this machine: set AGENT_API_TOKEN to serve there\n"


def test_a_served_thread_is_one_that_was_launched_with_the_token() -> None:
    with serving(token=TOKEN, client=HERE) as client:
        client.headers.update(bearer(TOKEN))
        assert launch(client)["status"] == "done"
