"""Generates the BAML client when the project is built or installed: git does not keep it."""

import subprocess
import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class GenerateClient(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        code = "import baml_py; baml_py.invoke_runtime_cli()"
        subprocess.run([sys.executable, "-c", code, "generate"], check=True, cwd=self.root)
        build_data["artifacts"].append("src/agent/model/baml_client")
