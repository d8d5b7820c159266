"""`status`: whose each file is."""

import pytest
from factory import Owner, as_json


def test_every_file_is_the_template_s_edited_deleted_or_yours(owner: Owner) -> None:
    owner.edit("README.md", "How to begin", "Mine")
    (owner.project / "src/old.py").unlink()
    owner.write("src/mine.py", "mine = 1\n")
    owner.commit()
    owner.write("untracked.txt", "mine\n")
    owner.write("private/ignored", "mine\n")
    before = owner.everything()
    told = as_json(owner.run("0.3.0", "status", "--json"))
    files = told["files"]
    assert isinstance(files, dict)
    assert {name: state for name, state in files.items() if state != "template"} == {
        "README.md": "edited",
        "src/old.py": "deleted",
        "src/mine.py": "yours",
        "untracked.txt": "yours",
    }
    assert files["src/loop.py"] == "template"
    assert "private/ignored" not in files
    assert owner.everything() == before


def test_a_mode_is_an_edit_as_remove_has_it(owner: Owner) -> None:
    assert owner.run("0.1.0", "add", "docker").code == 0
    owner.commit()
    (owner.project / "Dockerfile").chmod(0o755)
    (owner.project / "run.sh").chmod(0o644)
    owner.commit()
    files = as_json(owner.run("0.1.0", "status", "--json"))["files"]
    assert isinstance(files, dict)
    assert {name for name, state in files.items() if state == "edited"} == {"Dockerfile", "run.sh"}
    assert "Dockerfile" in owner.run("0.1.0", "remove", "docker").stderr
    owner.git("config", "core.fileMode", "false")
    assert "edited" not in owner.run("0.1.0", "status").stdout


def test_what_a_sparse_checkout_leaves_out_is_not_deleted(owner: Owner) -> None:
    assert owner.run("0.1.0", "add", "docker").code == 0
    owner.commit()
    (owner.project / "run.sh").unlink()
    owner.commit()
    owner.git("sparse-checkout", "set", "--no-cone", "/README.md", "/.copier-answers.yml")
    told = as_json(owner.run("0.1.0", "status", "--json"))
    files = told["files"]
    assert isinstance(files, dict)
    assert (files["src/loop.py"], files["Dockerfile"]) == ("sparse", "sparse")
    assert (files["README.md"], files["run.sh"]) == ("template", "deleted")
    assert told["absent"] == []
    assert "  sparse   src/loop.py\n" in owner.run("0.1.0", "status").stdout


@pytest.mark.parametrize("columns", ["0", "", "nonsense", "1"])
def test_a_screen_of_no_width_shows_all(owner: Owner, columns: str) -> None:
    shown = owner.run("0.3.0", "status", COLUMNS=columns)
    assert (shown.code, shown.stdout) == (0, owner.run("0.3.0", "status").stdout)
    assert "v0.3.0 is available" in shown.stdout


def test_it_says_the_version_and_what_is_available(owner: Owner) -> None:
    owner.run("0.1.0", "add", "docker")
    shown = owner.run("0.3.0", "status").stdout
    assert "template v0.1.0, v0.3.0 is available" in shown
    assert "components: docker" in shown
    told = as_json(owner.run("0.1.0", "status", "--json"))
    assert told["update_available"] is False
    assert (told["version"], told["components"]) == ("v0.1.0", ["docker"])
    assert (told["project_name"], told["example"]) == ("my-agent", "calculator")


def test_it_looks_at_another_folder(owner: Owner) -> None:
    shown = owner.run("0.3.0", "status", "my-agent", cwd=owner.desk.here)
    assert shown.code == 0
    assert "my-agent" in shown.stdout


def test_from_a_folder_of_the_project_s_it_is_found(owner: Owner) -> None:
    """Each command, and the steps that are printed lead back to where they can be taken."""
    inside = owner.project / "src/deep"
    owner.write("src/deep/mine.py", "mine = 1\n")
    owner.edit("README.md", "One line that is often changed.", "My line.")
    owner.commit()
    status = as_json(owner.run("0.3.0", "status", "--json", cwd=inside))
    assert (status["path"], status["version"]) == (str(owner.project), "v0.1.0")
    assert owner.run("0.3.0", "update", "--check", cwd=inside).code == 4
    added = owner.run("0.1.0", "add", "ci", cwd=inside)
    assert "A .ci.yml" in added.stdout
    assert "  cd ../..\n" in added.stdout
    assert "✓ ci" in owner.run("0.1.0", "add", "--list", cwd=inside).stdout
    owner.commit()
    updated = owner.run("0.3.0", "update", "--yes", cwd=inside)
    assert (updated.code, "  cd ../..\n" in updated.stdout) == (3, True)
    assert owner.run("0.3.0", "status", cwd=inside).code == 3
    assert owner.run("0.3.0", "update", "--abort", cwd=inside).code == 0
    assert owner.git("status", "--porcelain") == ""


def test_what_is_named_is_not_looked_for_and_nothing_beyond_a_repository(owner: Owner) -> None:
    named = owner.run("0.3.0", "status", "src")
    assert (named.code, f"; {owner.project} is one" in named.stderr) == (2, True)
    owner.desk.git("init", "-q", str(owner.project / "other/repository"))
    beyond = owner.run("0.3.0", "status", cwd=owner.project / "other/repository")
    assert (beyond.code, "is one" in beyond.stderr) == (2, False)
