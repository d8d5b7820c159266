"""`agent channels`: what there is, what is missing, whom it tells, and whether it arrives."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from .commands import Shell, shell_with
from .processes import HOME, SOURCES

PAGER = """
from pathlib import Path

from ..settings import Section, load, require


class settings(Section):
    pager_key: str | None = None
    pager_tone: str | None = None


class channel:
    name = "pager"
    about = "wakes whoever is on call"

    def __init__(self):
        require(load(settings), {"pager_key": "from the pager's page", "pager_tone": "loud"})

    async def tell(self, asked):
        if asked.to == "nobody":
            raise LookupError("nobody is on call")
        with Path("paged").open("a") as paged:
            paged.write(f"{asked.to}: {asked.waiting.question}\\n")
        return "message 1"

    async def settle(self, message, became):
        pass
"""
SET = {"AGENT_PAGER_KEY": "k", "AGENT_PAGER_TONE": "loud"}
MISSING = [
    "AGENT_PAGER_KEY is not set: from the pager's page",
    "AGENT_PAGER_TONE is not set: loud",
]


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """An agent with a pager, of which nothing is set."""
    shutil.copytree(SOURCES / "agent", tmp_path / "src" / "agent")
    if (HOME / "baml_src").is_dir():
        shutil.copytree(HOME / "baml_src", tmp_path / "baml_src")
    (tmp_path / "src" / "agent" / "channels" / "mine.py").write_text(PAGER, "utf-8")
    with shell_with() as shell:
        yield Shell(shell.variables, sources=tmp_path / "src")


def listed(shell: Shell) -> dict[str, object]:
    code, out, _ = shell.run("channels", "--json")
    assert code == 0
    return next(each for each in json.loads(out)["channels"] if each["name"] == "pager")


ROUTES = [{"channel": "pager", "to": "ada", "after": 60, "urgency": ["high"]}, "pager"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variables", "faults", "routes"),
    [
        ({"AGENT_CHANNELS": ""}, MISSING, []),
        ({"AGENT_CHANNELS": "", **SET}, [], [{}]),
        ({"AGENT_CHANNELS": "terminal", **SET}, [], []),
        ({"AGENT_CHANNELS": "", "AGENT_PAGER_KEY": "k"}, MISSING[1:], [{}]),
        (
            {"AGENT_CHANNELS": json.dumps(ROUTES), **SET},
            [],
            [{"to": "ada", "after": 60.0, "urgency": ["high"]}, {}],
        ),
    ],
)
def test_it_says_what_is_missing_and_who_is_told(
    variables: dict[str, str], faults: list[str], routes: list[object], shell: Shell
) -> None:
    shell.variables.update(variables)
    about = {"name": "pager", "about": "wakes whoever is on call"}
    assert listed(shell) == {**about, "faults": faults, "routes": routes}
    code, out, _ = shell.run("channels")
    its = re.split(r"^(?=\S)", out, flags=re.MULTILINE)
    [said] = [each for each in its if each.startswith("pager ")]
    assert (code, said.count(" is not set: ")) == (0, len(faults))
    assert all(fault in said for fault in faults)
    assert ("tells ada after 60 seconds, of what is high" in said) == bool(routes[1:])
    assert ("tells nobody" in said) == (not routes)
    assert ("would tell at once" in said) == bool(routes and faults)


@pytest.mark.slow
def test_a_name_that_is_no_channel_s_is_said(shell: Shell) -> None:
    shell.variables["AGENT_CHANNELS"] = "terminal, foo"
    assert "AGENT_CHANNELS: foo is no channel of this project" in shell.run("channels")[2]


@pytest.mark.slow
def test_a_test_is_told_and_says_what_came_of_it(shell: Shell) -> None:
    assert shell.run("channels", "--test", "pager")[0] == 2
    shell.variables.update(SET | {"AGENT_CHANNELS": json.dumps(ROUTES)})
    assert shell.run("channels", "--test", "pager")[:2] == (0, "pager has told ada, as message 1\n")
    code, out, _ = shell.run("channels", "--test", "pager", "--to", "bob", "--json")
    assert (code, json.loads(out)) == (0, {"channel": "pager", "to": "bob", "ref": "message 1"})
    code, out, _ = shell.run("channels", "--test", "pager", "--to", "nobody")
    assert (code, out) == (1, "pager could not tell nobody: LookupError: nobody is on call\n")
    assert [line.partition(":")[0] for line in Path("paged").read_text().splitlines()] == [
        "ada",
        "bob",
    ]
    code, out, err = shell.run("channels", "--test", "pigeon")
    assert (code, out) == (2, "")
    assert err.startswith("error: pigeon is no channel of this project (")
    assert list(Path(".threads").glob("*.json")) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variables", "missing"),
    [
        ({"AGENT_CHANNELS": "pager"}, MISSING),
        ({"AGENT_CHANNELS": "", "AGENT_PAGER_KEY": "k"}, MISSING[1:]),
        ({"AGENT_CHANNELS": "pager", "AGENT_PAGER_KEY": "k"}, MISSING[1:]),
    ],
)
def test_what_is_chosen_and_not_set_up_says_at_the_start_what_is_missing(
    variables: dict[str, str], missing: list[str], shell: Shell
) -> None:
    shell.variables.update(variables)
    code, out, err = shell.run("serve", "--port", "0")
    assert (code, out, err) == (2, "", f"error: {'; '.join(missing)}\n")


@pytest.mark.slow
def test_of_what_nothing_is_set_up_the_server_says_so_and_goes_on(shell: Shell) -> None:
    shell.variables["AGENT_CHANNELS"] = ""
    with shell.serving() as server:
        said = server.log.read_text("utf-8")
    assert [name for name in MISSING if name in said] == MISSING
