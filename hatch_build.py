"""Puts the history of the template into the wheel and the sdist."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "create_12_factor_agent"


class TemplateHook(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        carried = root / "src" / PACKAGE / "template.bundle"
        # An editable install reads the checkout; an unpacked sdist has the bundle already.
        if version == "editable" or carried.exists():
            return
        # The package is not installed yet, but these modules need nothing but git.
        sys.path.insert(0, str(root / "src"))
        from create_12_factor_agent.history import write_bundle

        self.folder = TemporaryDirectory()
        bundle = Path(self.folder.name, "template.bundle")
        write_bundle(root, self.metadata.version, bundle)
        inside = PACKAGE if self.target_name == "wheel" else f"src/{PACKAGE}"
        build_data["force_include"] |= {
            str(bundle): f"{inside}/template.bundle",
            str(root / "copier.yml"): f"{inside}/copier.yml",
        }

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()
