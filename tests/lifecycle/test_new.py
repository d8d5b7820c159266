"""The command creates a project, whole, where it was told to."""

import json
import os
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, Desk, tree


def test_a_folder_as_the_first_word_is_created(desk: Desk) -> None:
    result = desk.run("my-agent", "--yes")
    assert (result.code, result.stderr) == (0, "")
    assert desk.left() == ["my-agent"]
    assert "uv run agent" in result.stdout or ".venv/bin/agent" in result.stdout


def test_the_word_new_may_be_said_or_not_and_options_may_come_first(desk: Desk) -> None:
    for arguments in (["new", "a", "--yes"], ["--yes", "b"], ["new", "--yes", "c"]):
        assert desk.run(*arguments, "--data", "project_name=same").code == 0
    made = [tree(desk.here / name) for name in "abc"]
    assert made[0] == made[1] == made[2]


def test_a_folder_named_like_a_command_is_a_path(desk: Desk) -> None:
    assert desk.run("./new", "--yes").code == 0
    assert desk.left() == ["new"]


def test_the_answers_file_names_the_public_repository_and_a_version(desk: Desk) -> None:
    created = desk.run("my-agent", "--yes", "--json").json
    answers = yaml.safe_load((desk.here / "my-agent/.copier-answers.yml").read_text())
    assert answers["_src_path"].startswith("https://github.com/")
    assert answers["_commit"] == created["template_version"]
    assert answers["project_name"] == "my-agent"


def test_json_is_one_object_and_names_every_file(desk: Desk) -> None:
    result = desk.run("my-agent", "--yes", "--json")
    created = json.loads(result.stdout)
    assert result.stderr == ""
    assert list(created) == [
        "path",
        "project_name",
        "template_version",
        "answers",
        "files",
        "rooms",
        "git",
        "warnings",
        "next_steps",
        "dry_run",
        "conflicts",
    ]
    assert created["path"] == str(desk.here / "my-agent")
    assert created["files"] == sorted(tree(desk.here / "my-agent"))
    assert created["next_steps"][0] == "cd my-agent"


def test_a_dry_run_tells_what_would_be_written_and_writes_nothing(desk: Desk) -> None:
    planned = desk.run("my-agent", "--yes", "--json", "--dry-run")
    shown = desk.run("my-agent", "--yes", "--dry-run")
    assert desk.left() == []
    created = desk.run("my-agent", "--yes", "--json")
    assert planned.json == {**created.json, "dry_run": True}
    assert "pyproject.toml" in shown.stdout
    assert "Nothing was written" in shown.stdout


def test_data_answers_the_questions(desk: Desk) -> None:
    text = "Adds: numbers, and 'asks' first"
    given = (f"description={text}", "example=calculator", "components=[ci, docker]")
    result = desk.run("bot", "--json", *(word for one in given for word in ("--data", one)))
    assert result.code == 0
    assert result.json["answers"] == {
        "project_name": "bot",
        "description": text,
        "example": "calculator",
        "components": ["docker", "ci"],
    }


def test_the_project_name_alone_says_where(desk: Desk) -> None:
    result = desk.run("new", "--yes", "--data", "project_name=bot")
    assert result.code == 0
    assert desk.left() == ["bot"]


def test_a_name_is_normalised_visibly(desk: Desk) -> None:
    result = desk.run("My Agent", "--yes", "--json")
    assert result.json["project_name"] == "my-agent"
    assert result.json["path"].endswith("My Agent")
    assert any("my-agent" in warning for warning in result.json["warnings"])
    assert result.json["next_steps"][0] == "cd 'My Agent'"


@pytest.mark.parametrize("name", ["hello/", "deep/er/hello", "gone/../hello"])
def test_a_path_is_created_with_its_parents(desk: Desk, name: str) -> None:
    assert desk.run(name, "--yes", "--json").json["project_name"] == "hello"
    assert Path(os.path.normpath(desk.here / name), "pyproject.toml").exists()
    assert "gone" not in desk.left()


def test_an_empty_folder_is_filled_and_stays_the_same_folder(desk: Desk) -> None:
    before = desk.here.stat().st_ino
    result = desk.run(".", "--yes", "--json")
    assert result.code == 0
    assert desk.here.stat().st_ino == before
    assert result.json["project_name"] == "here"
    assert result.json["next_steps"][0].startswith(("uv run agent", "python3"))
    assert result.json["files"] == sorted(tree(desk.here))


def test_a_user_s_own_copier_settings_change_nothing(desk: Desk) -> None:
    for folder in ("copier", ".config/copier"):
        settings = Path(desk.env["HOME"], folder)
        settings.mkdir(parents=True)
        (settings / "settings.yml").write_text("defaults: {description: not mine}\n")
    answers = desk.run("bot", "--yes", "--json").json["answers"]
    assert answers["description"] == "An agent that follows the 12 factors"


def test_files_have_unix_line_ends_and_are_utf8(desk: Desk) -> None:
    desk.configure("core.autocrlf", "true")
    desk.configure("core.eol", "crlf")
    assert desk.run("bot", "--yes", "--no-git").code == 0
    for content in tree(desk.here / "bot").values():
        assert b"\r\n" not in content
        content.decode("utf-8")


def test_the_template_needs_no_trust() -> None:
    config = yaml.safe_load((ROOT / "copier.yml").read_text())
    assert not {"_tasks", "_migrations", "_jinja_extensions"} & set(config)
    assert len([key for key in config if key[0] != "_"]) <= 5


@pytest.mark.skipif(os.name == "nt", reason="permissions are others there")
def test_a_project_has_the_user_s_own_permissions(desk: Desk) -> None:
    (desk.here / "mine").mkdir()
    assert desk.run("bot", "--yes").code == 0
    assert (desk.here / "bot").stat().st_mode == (desk.here / "mine").stat().st_mode


def test_a_dry_run_draws_every_file_and_a_new_project_is_summed_up(desk: Desk) -> None:
    drawn = desk.run("bot", "--yes", "--dry-run").stdout
    assert "│   └── agent/" in drawn
    assert "── loop.py" in drawn
    summed_up = desk.run("bot", "--yes").stdout
    assert "── loop.py" not in summed_up
    assert "loop.py repetition.py  " in summed_up


@pytest.mark.parametrize("name", ["Pydantic", "starlette", "click", "pre-commit"])
def test_a_project_is_not_named_after_what_it_installs(desk: Desk, name: str) -> None:
    refused = desk.run(name, "--yes")
    assert (refused.code, desk.left()) == (2, [])
    assert refused.stderr.endswith(f"installs; try {name.lower()}-agent\n")
