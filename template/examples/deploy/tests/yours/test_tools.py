"""The tools: a tag is served whole or not at all, by each call once, and can be rolled back."""

import asyncio
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from agent.deployments import HISTORY, append, deploy, read, releases, rollback
from agent.events import ToolResponse
from agent.releases import DEPLOYED, serve
from agent.repository import REPOSITORY, git, newest_tags, tags
from agent.store.filesystem import FileSystemThreadStore
from agent.tools import approver, handle_next_step, parse_tool

from ..agent.processes import SOURCES, python
from ..agent.scripted import DONE, agent_of, begin, go_on, model_that_says, said, types, yes

STAGING = DEPLOYED / "staging"
PERSON = ("-c", "user.name=A Person", "-c", "user.email=person@example.org")


def run(intent: str, call_id: str = "1", **arguments: str) -> Any:
    step = parse_tool({"intent": intent, **arguments})
    return asyncio.run(handle_next_step(step, call_id))


def deployed(*names: str) -> None:
    """These tags of the backend to staging, one after the other."""
    for name in names:
        deploy(f"call-{len(read())}", "backend", name, "staging")


def there(service: str = "backend", file: str = "app.py") -> str:
    return (STAGING / service / file).read_text("utf-8")


def commit(*tags: str, at: Path = REPOSITORY) -> None:
    """The owner goes on working."""
    git(*PERSON, "commit", "--quiet", "--allow-empty", "--message", "more", at=at)
    for tag in tags:
        git("tag", tag, at=at)


def test_a_new_project_has_a_repository_with_tags() -> None:
    found = run("list_git_tags")
    assert [tag["name"] for tag in found["tags"]] == ["v1.2.0", "v1.1.0", "v1.0.0"]
    assert set(found["tags"][0]) == {"name", "commit", "date"}
    assert found["older"] == 0


def test_it_is_the_same_for_everybody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever git is told around it: a folder, a hook that refuses, a missing key."""
    before = tags()
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "pre-commit").write_text("#!/bin/sh\nexit 1\n", "utf-8")
    (hooks / "pre-commit").chmod(0o755)
    config = f"[core]\nhooksPath = {hooks.as_posix()}\n[user]\nsigningKey = none\n"
    config += "[commit]\ngpgSign = true\n[tag]\ngpgSign = true\n[user]\nname = Me\n"
    (tmp_path / "config").write_text(config, "utf-8")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    (tmp_path / "again").mkdir()
    monkeypatch.chdir(tmp_path / "again")
    assert tags() == before


def test_processes_that_make_it_together_all_find_it_whole() -> None:
    code = "from agent.repository import tags; print(len(tags()))"
    racing = [python(code) for _ in range(6)]
    assert [process.communicate(timeout=60)[0] for process in racing] == ["3\n"] * 6
    assert [path.name for path in Path.cwd().iterdir()] == ["shop"]


def test_a_repository_that_is_there_is_left_as_it_is() -> None:
    REPOSITORY.mkdir()
    git("init", "--quiet")
    assert newest_tags() == {"tags": [], "older": 0}
    with pytest.raises(ValueError, match="no tag v1: the newest are none at all"):
        deployed("v1")


def test_a_folder_without_a_repository_is_not_taken_for_the_one_around_it() -> None:
    git("init", "--quiet", at=Path.cwd())
    commit("v9.0.0", at=Path.cwd())
    REPOSITORY.mkdir()
    with pytest.raises(OSError, match="not a git repository"):
        tags()


def test_the_model_is_shown_the_newest_tags_only() -> None:
    tags()
    commit(*[f"v2.{number}.0" for number in range(12)])
    found = newest_tags()
    assert [tag["name"] for tag in found["tags"]] == [
        f"v2.{number}.0" for number in range(11, 1, -1)
    ]
    assert found["older"] == 5


def test_an_annotated_tag_is_its_commit() -> None:
    known = tags()[0]
    git(*PERSON, "tag", "--annotate", "--message", "a release", "stable/2026", known.commit)
    deployed("stable/2026")
    assert [tag.commit for tag in tags() if tag.name == "stable/2026"] == [known.commit]
    assert run("check_deployment_status", environment="staging")["backend"] == "stable/2026"


def test_what_is_deployed_is_the_folder_as_it_was_tagged() -> None:
    answer = run("deploy_frontend", tag="v1.1.0", environment="staging")
    found = {"service": "frontend", "environment": "staging"}
    assert answer == {**found, "deployed": "v1.1.0", "before": "nothing"}
    assert there("frontend", "index.html") == "<h1>The shop, v1.1.0</h1>\n"
    answer = run("deploy_frontend", "2", tag="v1.2.0", environment="staging")
    assert answer == {**found, "deployed": "v1.2.0", "before": "v1.1.0"}
    assert there("frontend", "index.html") == "<h1>The shop, v1.2.0</h1>\n"


def test_the_status_is_what_is_served_there() -> None:
    run("deploy_backend", tag="v1.1.0", environment="production")
    nothing = {"backend": "nothing", "frontend": "nothing"}
    status = run("check_deployment_status", environment="production")
    assert status == nothing | {"environment": "production", "backend": "v1.1.0"}
    status = run("check_deployment_status", environment="staging")
    assert status == nothing | {"environment": "staging"}


def test_a_tag_that_was_moved_is_another_release() -> None:
    deployed("v1.2.0")
    git("tag", "--force", "v1.2.0", "v1.0.0")
    deployed("v1.2.0")
    assert there() == 'print("the shop, v1.0.0")\n'


@pytest.mark.parametrize(
    "tag",
    ["v9", "", "-h", "--output=x", "v1.2.0~1", "v1.2.0^{tree}", "HEAD", "../v1.2.0", "v1.2.0\n"],
)
def test_what_is_no_tag_is_refused_and_the_tags_are_named(tag: str) -> None:
    with pytest.raises(ValueError, match=r"the newest are v1\.2\.0, v1\.1\.0, v1\.0\.0$"):
        run("deploy_backend", tag=tag, environment="staging")
    assert (read(), STAGING.exists()) == ([], False)


def test_a_tag_without_the_folder_is_an_error_and_what_was_there_stays() -> None:
    deployed("v1.1.0")
    git(*PERSON, "rm", "-r", "--quiet", "backend")
    commit("v2.0.0")
    with pytest.raises(OSError, match=r"git archive: .*backend"):
        deployed("v2.0.0")
    assert there() == 'print("the shop, v1.1.0")\n'
    assert sorted(path.name for path in DEPLOYED.iterdir()) == sorted(
        [".lock", "history.jsonl", "releases", "staging"]
    )


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_without_git_it_says_so(environment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(Path.cwd()))
    with pytest.raises(OSError, match="git is not installed"):
        run("deploy_backend", tag="v1.2.0", environment=environment)
    assert run("check_deployment_status", environment=environment)["backend"] == "nothing"


@pytest.mark.skipif(os.name == "nt", reason="a script is no program there")
def test_a_git_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Path.cwd() / "git"
    script.write_text("#!/bin/sh\nexec sleep 60\n", "utf-8")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(OSError, match=r"git status was not done in 0\.2 seconds"):
        git("status", patience=0.2)


def test_who_looks_finds_the_old_or_the_new_and_never_half() -> None:
    """The server that serves it opens files all the time."""
    deployed("v1.0.0")
    watch = (
        "import sys, pathlib; file = pathlib.Path(sys.argv[1]); print('ready', flush=True)\n"
        "seen = {file.read_text()}\n"
        "while not pathlib.Path('end').exists(): seen.add(file.read_text())\n"
        "print(all(text.endswith('.0\")\\n') for text in seen))"
    )
    watching = python(watch, STAGING / "backend" / "app.py")
    assert watching.stdout
    watching.stdout.readline()
    deployed(*["v1.1.0", "v1.2.0"] * 20)
    Path("end").touch()
    out, _ = watching.communicate(timeout=60)
    assert (watching.returncode, out) == (0, "True\n")


def test_a_rollback_puts_back_what_was_there_before() -> None:
    deployed("v1.0.0", "v1.1.0", "v1.1.0", "v1.2.0")
    answer = run("rollback", "a", service="backend", environment="staging")
    assert (answer["deployed"], answer["before"]) == ("v1.1.0", "v1.2.0")
    assert there() == 'print("the shop, v1.1.0")\n'
    answer = run("rollback", "b", service="backend", environment="staging")
    assert (answer["deployed"], answer["before"]) == ("v1.0.0", "v1.1.0")
    deployed("v1.2.0")
    assert rollback("c", "backend", "staging")["deployed"] == "v1.0.0"


@pytest.mark.parametrize("names", [[], ["v1.0.0"], ["v1.0.0", "v1.0.0"]])
def test_without_an_earlier_one_nothing_is_rolled_back(names: list[str]) -> None:
    deployed(*names)
    deploy("elsewhere", "backend", "v1.1.0", "production")
    deploy("another", "frontend", "v1.1.0", "staging")
    with pytest.raises(ValueError, match="no earlier backend in staging to roll back to"):
        rollback("x", "backend", "staging")
    assert len(read()) == len(names) + 2


def test_a_release_that_was_thrown_away_is_taken_from_the_repository_again() -> None:
    deployed("v1.0.0", "v1.1.0")
    [old] = (DEPLOYED / "releases" / "backend").glob("v1.0.0-*")
    (old / "app.py").unlink()
    old.rmdir()
    rollback("x", "backend", "staging")
    assert there() == 'print("the shop, v1.0.0")\n'


def test_the_same_call_deploys_once() -> None:
    first = run("deploy_backend", "1", tag="v1.1.0", environment="staging")
    run("deploy_backend", "2", tag="v1.2.0", environment="staging")
    assert run("deploy_backend", "1", tag="v1.1.0", environment="staging") == first
    assert there() == 'print("the shop, v1.2.0")\n'
    assert [entry["call_id"] for entry in read()] == ["1", "2"]


def test_the_same_call_rolls_back_once() -> None:
    deployed("v1.0.0", "v1.1.0", "v1.2.0")
    first = rollback("x", "backend", "staging")
    assert rollback("x", "backend", "staging") == first
    assert first["deployed"] == "v1.1.0"


@pytest.mark.parametrize("call", ["deploy", "rollback"])
def test_a_crash_before_the_history_was_written_is_mended_by_the_same_call(call: str) -> None:
    """The link was turned, and nobody wrote it down."""
    deployed("v1.0.0", "v1.1.0", "v1.2.0")
    serve("backend", "staging", releases("backend", "staging")[1])
    if call == "deploy":
        assert deploy("x", "backend", "v1.1.0", "staging")["deployed"] == "v1.1.0"
        assert rollback("y", "backend", "staging")["deployed"] == "v1.2.0"
    else:
        assert rollback("x", "backend", "staging")["deployed"] == "v1.1.0"
        assert rollback("y", "backend", "staging")["deployed"] == "v1.0.0"


def test_what_nobody_wrote_down_is_not_rolled_back_on_a_guess() -> None:
    deployed("v1.0.0", "v1.1.0", "v1.2.0")
    serve("backend", "staging", releases("backend", "staging")[0])
    with pytest.raises(ValueError, match="not what the history ends with: deploy the tag"):
        rollback("x", "backend", "staging")
    assert there() == 'print("the shop, v1.0.0")\n'


def test_a_link_that_a_crash_left_is_in_nobodys_way() -> None:
    STAGING.mkdir(parents=True)
    (STAGING / ".backend").symlink_to("nowhere")
    deployed("v1.0.0")
    assert there() == 'print("the shop, v1.0.0")\n'
    assert [path.name for path in STAGING.iterdir()] == ["backend"]


def test_the_same_call_deploys_once_when_threads_race() -> None:
    with ThreadPoolExecutor(8) as pool:
        names = ["v1.1.0"] * 8
        answers = list(pool.map(lambda tag: deploy("1", "backend", tag, "staging"), names))
    assert answers == [answers[0]] * 8
    assert len(read()) == 1


def test_the_same_call_deploys_once_when_processes_race() -> None:
    code = "import sys; from agent.deployments import deploy\n"
    code += "deploy(sys.argv[1], 'backend', 'v1.2.0', 'production')"
    racing = [python(code, f"call-{number % 2}") for number in range(8)]
    assert [process.wait(60) for process in racing] == [0] * 8
    assert sorted(entry["call_id"] for entry in read()) == ["call-0", "call-1"]


@pytest.mark.skipif(os.name == "nt", reason="modes are not how files are closed there")
def test_only_its_owner_reads_the_history() -> None:
    deployed("v1.0.0")
    ours = [HISTORY, *DEPLOYED.glob(".lock")]
    assert {oct(path.stat().st_mode & 0o777) for path in ours} == {"0o600"}


def test_the_history_says_what_was_done_by_which_call_and_when() -> None:
    deployed("v1.0.0")
    [entry] = [json.loads(line) for line in HISTORY.read_text("utf-8").splitlines()]
    assert entry.pop("at").endswith("+00:00")
    assert entry.pop("release").startswith("v1.0.0-")
    what = {"action": "deploy", "service": "backend", "environment": "staging"}
    assert entry == {"call_id": "call-0", **what, "before": "nothing"}
    append(entry | {"release": "v1.0.0-0"})
    assert len(read()) == 2


@pytest.mark.parametrize(
    "step",
    [
        {"intent": "deploy_backend", "tag": "v1.2.0"},
        {"intent": "deploy_frontend", "tag": "v1.2.0"},
        {"intent": "rollback", "service": "backend"},
    ],
)
def test_what_changes_production_needs_the_yes_of_a_release_manager(step: dict[str, str]) -> None:
    assert approver(parse_tool(step | {"environment": "staging"})) is None
    assert "release manager" in str(approver(parse_tool(step | {"environment": "production"})))


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_looking_needs_nobody(environment: str) -> None:
    assert approver(parse_tool({"intent": "list_git_tags"})) is None
    step = {"intent": "check_deployment_status", "environment": environment}
    assert approver(parse_tool(step)) is None


@pytest.mark.parametrize(
    "data",
    [
        {"intent": "deploy_backend", "tag": "v1.2.0"},
        {"intent": "deploy_backend", "tag": "v1.2.0", "environment": "prod"},
        {"intent": "rollback", "service": "database", "environment": "staging"},
    ],
)
def test_what_is_half_a_step_is_refused(data: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        parse_tool(data)


def test_deploying_leaves_the_repository_as_it_was() -> None:
    deployed("v1.0.0", "v1.2.0")
    assert git("status", "--porcelain", "--ignored") == b""
    assert git("describe", "--tags", "--exact-match") == b"v1.2.0\n"


@pytest.mark.slow
@pytest.mark.parametrize("tag", ["v1.1.0", "v9"])
def test_a_rollout_goes_on_by_itself_and_gives_its_result(
    tag: str, store: FileSystemThreadStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a process of its own, which outlives the agent's."""
    monkeypatch.setenv("ROLLOUT_SECONDS", "1")
    monkeypatch.setenv("PYTHONPATH", str(SOURCES))
    newest_tags()
    step = {"intent": "roll_out", "service": "backend", "tag": tag}
    agent = agent_of(store, model_that_says(step, DONE), handle_next_step=handle_next_step)
    thread_id, thread = begin(agent, said(f"roll out the backend {tag} gradually"))
    assert thread.awaiting
    thread = go_on(agent, thread_id, yes(thread.awaiting.call_id))
    if tag == "v9":
        assert "error" in types(thread)
        return
    assert thread.status == "awaiting_result"
    deadline = time.monotonic() + 30
    while (thread := asyncio.run(store.get(thread_id))).status != "done":
        assert time.monotonic() < deadline, types(thread)
        time.sleep(0.1)
    [given] = [event.data for event in thread.events if isinstance(event, ToolResponse)]
    assert given["deployed"] == tag
    assert [entry["release"].split("-")[0] for entry in read()] == [tag]
