"""The CHANGELOG's sections between two versions: what an update brings, in words."""

import re

from .releases import SECTION, order


def release_notes(changelog: str, *, after: str, to: str) -> str:
    """The sections of the versions above `after`, up to and with `to`; empty if there are none."""
    sections = re.split(r"^(?=## )", changelog, flags=re.MULTILINE)
    versions = ((SECTION.match(section), section) for section in sections)
    return "\n\n".join(
        section.strip()
        for version, section in versions
        if version and order(after) < order(version[1]) <= order(to)
    )
