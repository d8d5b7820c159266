"""What an update could take from a user without a word, and does not."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from conftest import Desk, one_at_once, tree
from factory import FIRST, Factory, Owner, answers, make_project


@pytest.mark.parametrize("content", [b"\0\1binary", "step_1 = 'ü'\n".encode("utf-16")])
def test_an_edited_file_that_is_no_text_is_kept_whole(owner: Owner, content: bytes) -> None:
    (owner.project / "src/loop.py").write_bytes(content)
    owner.commit()
    updated = owner.update()
    assert updated.code == 3
    assert "Cannot merge binary files: src/loop.py (yours vs. v0.3.0)" in updated.stdout
    assert (owner.project / "src/loop.py").read_bytes() == content
    assert owner.run("0.3.0", "status").code == 3
    owner.git("add", "--all")
    assert owner.run("0.3.0", "update", "--abort").code == 0
    assert (owner.project / "src/loop.py").read_bytes() == content


def test_a_component_does_not_replace_a_file_that_is_no_text(owner: Owner) -> None:
    (owner.project / "Dockerfile").write_bytes(b"\0mine")
    owner.commit()
    assert owner.run("0.1.0", "add", "docker").code == 3
    assert (owner.project / "Dockerfile").read_bytes() == b"\0mine"


def test_an_edited_file_that_is_no_text_is_no_conflict_where_the_template_left_it(
    owner: Owner,
) -> None:
    (owner.project / "run.sh").write_bytes(b"\0mine")
    owner.commit()
    assert owner.update().code == 0
    assert (owner.project / "run.sh").read_bytes() == b"\0mine"


@pytest.mark.parametrize("leads_to", one_at_once(["README.md", "nowhere", "src"]))
def test_a_link_where_a_component_brings_a_file_is_a_conflict(owner: Owner, leads_to: str) -> None:
    (owner.project / "Dockerfile").symlink_to(leads_to)
    owner.commit()
    before = tree(owner.project), owner.git("ls-files", "-s")
    added = owner.run("0.1.0", "add", "docker")
    assert added.code == 3
    assert "Dockerfile is of different types on each side, yours was kept" in added.stdout
    assert str((owner.project / "Dockerfile").readlink()) == leads_to
    assert owner.git("show", ":3:./Dockerfile") == FIRST["template/project/Dockerfile"]
    assert owner.run("0.1.0", "status").code == 3
    assert owner.run("0.1.0", "update", "--abort").code == 0
    assert (tree(owner.project), owner.git("ls-files", "-s")) == before
    owner.run("0.1.0", "add", "docker")
    owner.git("add", "Dockerfile")
    assert owner.run("0.1.0", "status").code == 0
    owner.commit()
    assert json.loads(owner.run("0.1.0", "status", "--json").stdout)["files"]["Dockerfile"] == (
        "edited"
    )
    assert "Dockerfile" in owner.run("0.1.0", "remove", "docker").stderr
    assert owner.run("0.1.0", "remove", "docker", "--force").code == 0
    assert not (owner.project / "Dockerfile").is_symlink()


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("src/loop.py", 3, "src/loop.py is of different types on each side, yours was kept"),
        ("src/going.py", 3, "src/going.py deleted in v0.3.0 and modified in yours."),
        ("run.sh", 0, ""),
    ],
)
def test_a_link_in_place_of_a_file_is_a_conflict_where_the_template_changed_it(
    owner: Owner, name: str, code: int, said: str
) -> None:
    (owner.project / name).unlink()
    (owner.project / name).symlink_to("/nowhere")
    owner.commit()
    updated = owner.update()
    assert updated.code == code
    assert said in updated.stdout
    assert str((owner.project / name).readlink()) == "/nowhere"
    assert bool(owner.git("ls-files", "-u", name)) == (code == 3)


def test_no_file_of_the_user_s_serves_as_a_scratch_pad(owner: Owner, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine\n")
    owner.write("src/.loop.py.new", "mine\n")
    (owner.project / ".README.md.new").symlink_to(outside)
    assert owner.update().code == 0
    assert owner.read("src/.loop.py.new") == "mine\n"
    assert outside.read_text() == "mine\n"


def test_a_link_to_a_folder_is_not_written_through(owner: Owner, tmp_path: Path) -> None:
    (owner.project / "fresh").symlink_to(tmp_path)
    owner.write(".git/info/exclude", "/fresh\n")
    refused = owner.update()
    assert refused.code == 2
    assert "fresh is in the way" in refused.stderr
    assert not (tmp_path / "folder").exists()


def test_a_folder_that_came_goes_again(owner: Owner) -> None:
    owner.edit("src/loop.py", "step_15 = 15\n", "step_15 = 'mine'\n")
    owner.commit()
    files = tree(owner.project)
    assert owner.update().code == 3
    assert (owner.project / "fresh/folder/one.py").exists()
    assert owner.run("0.3.0", "update", "--abort").code == 0
    assert tree(owner.project) == files
    assert not (owner.project / "fresh").exists()


def test_abort_brings_back_what_a_user_has_deleted_since(owner: Owner) -> None:
    owner.edit("src/loop.py", "step_15 = 15\n", "step_15 = 'mine'\n")
    owner.commit()
    files = tree(owner.project)
    owner.update()
    owner.git("checkout", "-q", "--ours", "src/loop.py")
    assert owner.run("0.3.0", "update", "--abort").code == 0
    assert tree(owner.project) == files


@pytest.mark.parametrize("command", [["reset", "-q", "--hard"], ["checkout", "-q", "-f", "HEAD"]])
def test_abort_does_not_eat_what_was_written_after_git_took_it_back(
    owner: Owner, command: list[str]
) -> None:
    owner.edit("src/loop.py", "step_15 = 15\n", "step_15 = 'mine'\n")
    owner.commit()
    owner.update()
    owner.git(*command)
    owner.git("clean", "-q", "-f", "-d")
    owner.write("src/loop.py", "later = 1\n")
    refused = owner.run("0.3.0", "update", "--abort")
    assert refused.code == 2
    assert "src/loop.py" in refused.stderr
    assert owner.read("src/loop.py") == "later = 1\n"


def test_an_untracked_file_survives_git_clean_between_two_updates(owner: Owner) -> None:
    owner.write("src/two.py", "mine = 2\n")
    assert owner.update().code == 3
    owner.git("reset", "-q", "--hard")
    owner.git("clean", "-q", "-f", "-d")
    refused = owner.update()
    assert refused.code == 2
    assert "--abort" in refused.stderr
    assert owner.run("0.3.0", "update", "--abort").code == 0
    assert owner.read("src/two.py") == "mine = 2\n"


def test_abort_goes_alone(owner: Owner) -> None:
    owner.edit("src/loop.py", "step_15 = 15\n", "step_15 = 'mine'\n")
    owner.commit()
    owner.update()
    before = owner.everything()
    for flag in ("--dry-run", "--diff", "--check"):
        assert owner.run("0.3.0", "update", "--abort", flag).code == 2
    assert owner.everything() == before


def test_abort_needs_no_answers_file(owner: Owner) -> None:
    owner.edit("src/loop.py", "step_15 = 15\n", "step_15 = 'mine'\n")
    owner.commit()
    files = tree(owner.project)
    owner.update()
    before = answers(owner)
    owner.write(".copier-answers.yml", "")
    assert owner.run("0.3.0", "update", "--abort").code == 2  # an edit, like any other
    owner.write(".copier-answers.yml", before)
    assert owner.run("0.3.0", "update", "--abort").code == 0
    assert tree(owner.project) == files


def test_what_a_human_added_to_the_answers_is_told(owner: Owner) -> None:
    owner.write(".copier-answers.yml", answers(owner) + "# mine\nowner: me\n")
    owner.commit()
    told = owner.update()
    assert told.code == 0
    assert "# mine" in told.stdout
    assert "owner" in told.stdout


@pytest.mark.parametrize(
    "line",
    [
        "components:",
        "components: docker",
        "components: 5",
        "components: [nope]",
        "project_name:",
        "project_name: [1]",
        "example: nope",
        "example: [calculator]",
        "x: 2024-13-45",
        "[" * 3000,
    ],
)
def test_odd_answers_are_one_line(owner: Owner, line: str) -> None:
    key = line.partition(":")[0]
    kept = [one for one in answers(owner).splitlines() if not one.startswith(key)]
    owner.write(".copier-answers.yml", "\n".join([*kept, line, ""]))
    owner.commit()
    said = set()
    commands = ["update --yes", "update --check", "status", "add ci", "add --list", "remove ci"]
    for command in commands:
        refused = owner.run("0.3.0", *command.split())
        assert (refused.code, refused.stderr.count("\n")) == (2, 1)
        said.add(refused.stderr)
    assert len(said) == 1
    assert ".copier-answers.yml" in said.pop()


@pytest.mark.parametrize(
    ("mine", "place"),
    [
        ("src/loop.py/mine.py", "src/loop.py is a folder, in the way of the template's file"),
        ("src/two.py/mine.py", "src/two.py is a folder, in the way of the template's file"),
        ("fresh", "fresh is in the way of the template's fresh/folder/one.py"),
    ],
)
def test_what_is_in_the_way_of_the_template_s_is_named(owner: Owner, mine: str, place: str) -> None:
    owner.git("rm", "-q", "--ignore-unmatch", "src/loop.py")
    owner.write(mine, "mine = 1\n")
    owner.commit()
    before = owner.everything()
    refused = owner.update()
    assert refused.code == 2
    assert refused.stderr.endswith(f"{place}: move it\n")
    assert refused.stderr.count("\n") == 1
    assert owner.everything() == before


@pytest.mark.parametrize("leads_to", ["elsewhere", "nowhere", ".."])
def test_a_committed_link_to_a_folder_is_not_written_through(owner: Owner, leads_to: str) -> None:
    """Copier would, and replace the edited file that it finds there."""
    owner.git("mv", "src", "elsewhere")
    owner.edit("elsewhere/loop.py", "step_20 = 20\n", "step_20 = 'mine'\n")
    (owner.project / "src").symlink_to(leads_to)
    owner.commit()
    before = owner.everything()
    refused = owner.update()
    assert refused.code == 2
    assert "src is in the way of the template's src/" in refused.stderr
    assert owner.everything() == before


def test_a_submodule_where_the_template_has_a_folder_is_named(owner: Owner) -> None:
    commit = owner.git("rev-parse", "HEAD").strip()
    (owner.project / "fresh").mkdir()
    owner.git("update-index", "--add", "--cacheinfo", f"160000,{commit},fresh")
    owner.git("commit", "-q", "-m", "Mine")
    refused = owner.update()
    assert refused.code == 2
    assert "fresh is in the way of the template's fresh/folder/one.py" in refused.stderr


def test_a_link_elsewhere_has_no_say(owner: Owner) -> None:
    (owner.project / "CLAUDE.md").symlink_to("README.md")
    owner.git("rm", "-q", "run.sh")
    owner.commit()
    owner.write("run.sh/notes.txt", "mine\n")
    assert owner.update().code == 0
    assert str((owner.project / "CLAUDE.md").readlink()) == "README.md"


@pytest.mark.parametrize(("line", "code"), [("step_2 = 2", 0), ("step_15 = 15", 3)])
def test_what_is_no_text_for_the_user_s_attributes_alone_is_merged(
    owner: Owner, line: str, code: int
) -> None:
    owner.write(".gitattributes", "src/loop.py -diff\n")
    owner.edit("src/loop.py", f"{line}\n", "mine = 1\n")
    owner.commit()
    assert owner.update().code == code
    assert "mine = 1\n" in owner.read("src/loop.py")
    assert "step_15 = 1500\n" in owner.read("src/loop.py")


def test_an_empty_file_is_no_conflict(owner: Owner) -> None:
    owner.write("src/two.py", "")
    assert owner.update().code == 0
    assert owner.read("src/two.py") == "two = 2\n"


def test_a_link_in_place_of_the_answers_is_refused(owner: Owner) -> None:
    (owner.project / ".copier-answers.yml").rename(owner.project / "answers.yml")
    (owner.project / ".copier-answers.yml").symlink_to("answers.yml")
    owner.commit()
    refused = owner.update()
    assert refused.code == 2
    assert "is a link: make it a file" in refused.stderr


def test_filters_and_attributes_of_the_repository_alone_hold(owner: Owner) -> None:
    owner.git("config", "filter.shout.smudge", "tr a-z A-Z")
    owner.git("config", "filter.shout.clean", "tr A-Z a-z")
    owner.write(".git/info/attributes", "*.txt filter=shout\nsrc/*.py text eol=crlf\n")
    assert owner.update().code == 0
    assert owner.read("colour.txt") == "blue\n"  # as copier has it: git smudges at checkouts
    assert owner.read("src/two.py") == "two = 2\r\n"
    assert owner.git("status", "--porcelain", "--", "src/going.py") == " D src/going.py\n"


def test_an_edit_stays_in_its_block_where_others_look_alike(owner: Owner) -> None:
    blocks = owner.read("clients.txt").split("client ")
    slow = [one.replace("timeout 60", "timeout 600") if one[:1] == "c" else one for one in blocks]
    owner.write("clients.txt", "client ".join(slow))
    owner.commit()
    assert owner.update().code == 0
    clients = owner.read("clients.txt").split("client ")
    assert [one[:1] for one in clients[1:]] == ["0", "a", "b", "c", "d"]
    assert [one[:1] for one in clients if "timeout 600" in one] == ["c"]


@pytest.mark.parametrize("rule", ["README.md", "src/", "*.toml"])
def test_what_the_template_made_and_git_does_not_know_is_refused(
    desk: Desk, factory: Factory, rule: str
) -> None:
    """Copier would pass it by, and never come back to it."""
    desk.git("init", "-q", "-b", "main")
    (desk.here / ".gitignore").write_text(f"{rule}\n")
    made = desk.run(
        "new", "one", "--yes", "--json", PYTHONPATH=str(factory.installed("0.1.0"))
    ).json
    assert "it ignores" in "".join(made["warnings"])
    owner = Owner(desk, factory, desk.here / "one")
    owner.commit()
    before = owner.everything()
    for refused in (owner.update(), owner.run("0.1.0", "add", "docker")):
        assert refused.code == 2
        assert "git does not know what the template made" in refused.stderr
    assert owner.everything() == before
    owner.git("add", "--all", "--force")
    owner.commit()
    assert owner.update().code == 0


def test_a_file_of_a_component_that_is_not_in_the_project_is_the_user_s(owner: Owner) -> None:
    owner.write("Dockerfile", "FROM mine\n")
    owner.write(".git/info/exclude", "Dockerfile\n")
    assert owner.update().code == 0
    assert owner.run("0.3.0", "add", "docker").code == 2  # the update is not committed
    owner.commit()
    added = owner.run("0.3.0", "add", "docker")
    assert (added.code, "FROM mine\n" in owner.read("Dockerfile")) == (3, True)
    owner.commit()
    assert owner.run("0.3.0", "status").code == 3
    owner.write("Dockerfile", "FROM both\n")
    assert owner.run("0.3.0", "status").code == 0


@pytest.mark.parametrize(("text", "code"), [("two = 2\n", 0), ("my_two = 2\n", 3)])
def test_an_untracked_file_that_can_be_run_stays_so(owner: Owner, text: str, code: int) -> None:
    owner.write("src/two.py", text)
    (owner.project / "src/two.py").chmod(0o755)
    assert owner.update().code == code
    assert (owner.project / "src/two.py").stat().st_mode & 0o777 == 0o755


def test_what_is_in_nobody_s_way_is_not_named(owner: Owner) -> None:
    owner.write("Dockerfile/notes.txt", "mine\n")
    owner.write("src/two.py/notes.txt", "mine\n")
    refused = owner.update()
    assert refused.code == 2
    assert "src/two.py is a folder" in refused.stderr
    assert "Dockerfile" not in refused.stderr


def test_a_filter_that_needs_the_repository_s_own_key(owner: Owner) -> None:
    owner.write(".git/key", "a-z A-Z\n")
    owner.git("config", "filter.crypt.clean", "tr A-Z $(cut -d' ' -f1 .git/key)")
    owner.git("config", "filter.crypt.smudge", "tr $(cat .git/key)")
    owner.git("config", "filter.crypt.required", "true")
    owner.write(".gitattributes", "secrets/* filter=crypt\n")
    owner.write("secrets/a b*.txt", "SECRET\n")
    owner.commit()
    assert owner.git("show", "HEAD:secrets/a b*.txt") == "secret\n"
    assert owner.update().code == 0
    assert owner.read("secrets/a b*.txt") == "SECRET\n"
    assert owner.git("status", "--porcelain", "secrets") == ""


def test_a_conflict_of_the_user_s_own_merge_is_called_that(owner: Owner) -> None:
    owner.git("switch", "-q", "-c", "other")
    owner.write("mine.py", "one = 1\n")
    owner.commit()
    owner.git("switch", "-q", "main")
    owner.write("mine.py", "two = 2\n")
    owner.commit()
    with pytest.raises(subprocess.CalledProcessError):
        owner.git("merge", "-q", "other")
    assert "mine.py: git calls it unmerged" in owner.update().stderr


def test_an_update_lists_what_it_has_changed_and_not_what_it_kept(owner: Owner) -> None:
    owner.edit("src/going.py", "going_3 = 3\n", "going_3 = 'mine'\n")
    owner.commit()
    updated = owner.run("0.3.0", "update", "--yes", "--json").json
    assert "src/going.py" not in updated["files"]
    assert [one["path"] for one in updated["conflicts"]] == ["src/going.py"]


@pytest.mark.parametrize("context", ["0", "1"])
def test_a_diff_can_be_applied_whatever_the_user_s_settings_for_diffs(
    owner: Owner, context: str
) -> None:
    owner.desk.configure("diff.context", context)
    diff = owner.desk.here / "update.diff"
    diff.write_text(owner.update("0.3.0", "--diff").stdout)
    owner.git("apply", "--check", str(diff))


def test_a_checkout_with_crlf_keeps_what_the_template_has_not_changed(owner: Owner) -> None:
    owner.desk.configure("core.autocrlf", "true")
    owner.git("rm", "-q", "--cached", "-r", ".")
    owner.git("reset", "-q", "--hard")
    updated = owner.run("0.3.0", "update", "--yes", "--json").json
    assert "run.sh" not in updated["files"]
    assert "\r\n" in owner.read("run.sh")


def test_a_secret_that_git_does_not_store_stays_where_it_is(owner: Owner) -> None:
    owner.git("config", "filter.scrub.clean", "sed s/REAL/@SECRET@/")
    owner.git("config", "filter.scrub.smudge", "sed s/@SECRET@/REAL/")
    owner.write(".gitattributes", "src/*.py filter=scrub\n")
    owner.edit("src/loop.py", "step_2 = 2\n", "step_2 = 'REAL'\n")
    owner.edit("src/going.py", "going_2 = 2\n", "going_2 = 'REAL'\n")
    owner.commit()
    assert "@SECRET@" in owner.git("show", "HEAD:src/loop.py")
    assert owner.update().code == 3
    assert "step_2 = 'REAL'\n" in owner.read("src/loop.py")
    assert "step_15 = 1500\n" in owner.read("src/loop.py")
    assert "going_2 = 'REAL'\n" in owner.read("src/going.py")


def test_a_file_in_another_encoding_is_merged_in_it(owner: Owner) -> None:
    owner.write(".gitattributes", "src/loop.py working-tree-encoding=UTF-16\n")
    text = owner.read("src/loop.py").replace("step_2 = 2\n", "step_2 = 'ü'\n")
    (owner.project / "src/loop.py").write_bytes(text.encode("utf-16"))
    owner.commit()
    assert owner.update().code == 0
    merged = (owner.project / "src/loop.py").read_bytes().decode("utf-16")
    assert "step_2 = 'ü'\n" in merged
    assert "step_15 = 1500\n" in merged
    owner.git("add", "--all")


def test_what_the_template_makes_executable_is_so_beside_an_edit(owner: Owner) -> None:
    owner.edit("tool.sh", "echo 3\n", "echo mine\n")
    owner.commit()
    assert owner.update("0.2.0").code == 0
    assert "echo mine\n" in owner.read("tool.sh")
    assert "echo 15 in two\n" in owner.read("tool.sh")
    assert (owner.project / "tool.sh").stat().st_mode & 0o111


@pytest.mark.parametrize("kind", ["folder", "link"])
def test_what_became_of_a_file_that_the_template_dropped_is_the_user_s(
    owner: Owner, kind: str
) -> None:
    (owner.project / "src/going.py").unlink()
    if kind == "folder":
        owner.write("src/going.py/mine.py", "mine = 1\n")
    else:
        owner.git("mv", "run.sh", "src/run.sh")
        (owner.project / "run.sh").symlink_to("src/run.sh")
    owner.commit()
    assert owner.update().code == 0


def test_a_project_is_whole_from_its_first_commit(desk: Desk, factory: Factory) -> None:
    excludes = desk.here.parent / "excludes"
    excludes.write_text("*.sh\n")
    desk.configure("core.excludesFile", str(excludes))
    owner = make_project(desk, factory)
    assert "run.sh" in owner.git("ls-files")
    assert owner.update().code == 0


def test_a_conflict_in_another_encoding_is_one_until_it_is_solved(owner: Owner) -> None:
    owner.write(".gitattributes", "src/loop.py working-tree-encoding=UTF-16\n")
    text = owner.read("src/loop.py").replace("step_15 = 15\n", "step_15 = 'ü'\n")
    (owner.project / "src/loop.py").write_bytes(text.encode("utf-16"))
    owner.commit()
    assert "src/loop.py: 1 hunk" in owner.update().stdout
    assert "src/loop.py: 1 hunk" in owner.run("0.3.0", "status").stdout
    owner.git("add", "--all")
    assert owner.run("0.3.0", "status").code == 3


@pytest.mark.parametrize("clean", ["base64", "tr a-z A-Z"])
def test_what_the_template_brings_goes_through_no_filter(owner: Owner, clean: str) -> None:
    owner.git("config", "filter.armour.clean", clean)
    owner.git("config", "filter.armour.smudge", {"base64": "base64 -d"}.get(clean, "tr A-Z a-z"))
    owner.git("config", "filter.armour.required", "true")
    owner.write(".gitattributes", "src/*.py filter=armour\n")
    owner.edit("src/loop.py", "step_2 = 2\n", "step_2 = 'mine'\n")
    owner.git("add", "--renormalize", ".")  # or git looks only at files of the last second
    owner.commit()
    owner.write("src/two.py", "my_two = 2\n")
    assert owner.update().code == 3
    assert "my_two = 2\n" in owner.read("src/two.py")
    assert "two = 2\n" in owner.read("src/two.py")
    assert "step_2 = 'mine'\n" in owner.read("src/loop.py")
    assert "step_15 = 1500\n" in owner.read("src/loop.py")
    assert "<<<<<<<" not in owner.read("src/loop.py")


def test_no_hook_is_run_and_nothing_written_to_say_what_would_change(owner: Owner) -> None:
    hook = owner.project / ".git/hooks/post-index-change"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\ntouch .git/ran\n")
    hook.chmod(0o755)
    owner.git("config", "core.splitIndex", "true")
    owner.git("config", "core.autocrlf", "true")
    before = owner.everything()
    assert owner.update("0.3.0", "--dry-run").code == 0
    assert owner.update("0.3.0", "--diff").code == 0
    assert owner.everything() == before


def test_a_file_at_the_path_of_an_absent_component_keeps_its_mode(owner: Owner) -> None:
    owner.write("Dockerfile", "FROM mine\n")
    (owner.project / "Dockerfile").chmod(0o755)
    owner.commit()
    assert owner.update().code == 0
    assert (owner.project / "Dockerfile").stat().st_mode & 0o777 == 0o755


def test_a_repository_that_knows_no_modes_gets_those_of_the_template(owner: Owner) -> None:
    owner.git("config", "core.fileMode", "false")
    owner.edit("tool.sh", "echo 3\n", "echo mine\n")
    owner.commit()
    assert not (owner.project / "tool.sh").stat().st_mode & 0o111
    assert owner.update().code == 0
    assert (owner.project / "tool.sh").stat().st_mode & 0o111


def test_a_new_file_that_git_ignores_is_told(owner: Owner) -> None:
    owner.write(".gitignore", "*.log\n/private/\ncolour.txt\n")
    owner.commit()
    assert "git ignores colour.txt: git add --force" in owner.update().stdout


def test_a_file_in_a_repository_within_the_project_is_not_overwritten(owner: Owner) -> None:
    owner.write("fresh/folder/one.py", "mine = 1\n")
    owner.git("init", "-q", "fresh")
    assert owner.update().code == 3
    assert "mine = 1\n" in owner.read("fresh/folder/one.py")
    assert owner.run("0.3.0", "update", "--abort").code == 0
    assert owner.read("fresh/folder/one.py") == "mine = 1\n"


def test_a_name_that_is_no_utf_8(owner: Owner) -> None:
    name = os.fsdecode(b"src/caf\xe9.py")
    (owner.project / "src/loop.py").rename(owner.project / name)
    (owner.project / "src/going.py").rename(owner.project / os.fsdecode(b"g\xe9.py"))
    owner.commit()
    assert owner.update().code == 3
    assert "step_15 = 1500\n" in (owner.project / name).read_text()
    assert owner.run("0.3.0", "status").code == 3
    assert owner.run("0.3.0", "status", "--json").code == 3
    assert owner.run("0.3.0", "update", "--abort").code == 0
    assert owner.git("status", "--porcelain") == ""
    assert "step_15 = 15\n" in (owner.project / name).read_text()


def test_a_question_whose_recorded_answer_is_none_any_more_takes_the_default(owner: Owner) -> None:
    owner.write(".copier-answers.yml", answers(owner) + "colour: [green]\n")
    owner.commit()
    assert owner.update().code == 0
    assert owner.read("colour.txt") == "blue\n"
