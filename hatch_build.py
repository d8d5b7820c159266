"""Puts the history of the template into the wheel and the sdist, and whole links in its README."""

import lzma
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

PACKAGE = "create_12_factor_agent"


class TemplateHook(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        carried = root / "src" / PACKAGE / "template.history.xz"
        # An editable install reads the checkout; an unpacked sdist has the history already.
        if version == "editable" or carried.exists():
            return
        # The package is not installed yet, but these modules need nothing but git.
        sys.path.insert(0, str(root / "src"))
        from create_12_factor_agent.errors import Failure
        from create_12_factor_agent.git import to_bytes
        from create_12_factor_agent.template.history import history
        from create_12_factor_agent.template.releases import require_all

        try:
            require_all(root, self.metadata.version)
            known = to_bytes(history(root, self.metadata.version))
        except Failure as failure:
            self.app.abort(f"error: {failure}")
        self.folder = TemporaryDirectory()
        packed = Path(self.folder.name, carried.name)
        packed.write_bytes(lzma.compress(known, preset=9 | lzma.PRESET_EXTREME))
        inside = PACKAGE if self.target_name == "wheel" else f"src/{PACKAGE}"
        sources = packed, root / "copier.yml", root / "CHANGELOG.md"
        build_data["force_include"] |= {str(path): f"{inside}/{path.name}" for path in sources}

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()


class ReadmeHook(MetadataHookInterface):
    """A package index shows the README, and has none of the files that it links to."""

    def update(self, metadata: dict[str, Any]) -> None:
        version = metadata["version"]
        ref = "main" if "dev" in version else f"v{version}"
        files = metadata["urls"]["Source"]

        def whole(link: re.Match[str]) -> str:
            return f"{link[0]}{files}/{'raw' if link[1] else 'blob'}/{ref}/"

        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        text = re.sub(r"(!?)\[[^]]*\]\((?!\w+:|#)", whole, text)
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
