"""The release notes are the CHANGELOG's sections between two versions."""

from create_12_factor_agent.template.changelog import release_notes

CHANGELOG = """# Changes

## Unreleased

- Not yet.

## 0.10.0 - 2027-03-01

- Ten.

### Fixed

- This.

## [0.9.1] - 2027-02-01 [YANKED]

- Nine.

## 0.9.0

- First.

## About versions

They are numbers.
"""


def test_from_above_one_version_to_another() -> None:
    notes = release_notes(CHANGELOG, after="v0.9.0", to="v0.10.0")
    assert notes.startswith("## 0.10.0")
    assert notes.endswith("- Nine.")
    assert "- This." in notes
    assert release_notes(CHANGELOG, after="v0.8.0", to="v0.9.0") == "## 0.9.0\n\n- First."


def test_none_where_there_are_none() -> None:
    assert release_notes(CHANGELOG, after="v0.10.0", to="v0.10.1.dev0") == ""
    assert release_notes("# Changes\n", after="v0.1.0", to="v0.2.0") == ""
