"""Records the first run of README.md into docs/first-run.svg: `python docs/record.py`.

Needs the command `create-12-factor-agent` and uv on PATH.
"""

import os
import re
import subprocess
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.text import Text

TARGET = Path(__file__).with_name("first-run.svg")
MESSAGE = "multiply 3 and 4, then add 12 to that result"


def output_of(command: str, folder: Path) -> Text:
    env = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": "100"}
    env.pop("VIRTUAL_ENV", None)
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=env, capture_output=True, text=True, check=True
    )
    return Text.from_ansi(done.stdout.replace(f"{folder}/", ""))


def main() -> None:
    console = Console(record=True, width=100, file=StringIO())
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        console.print(Text("$ uvx create-12-factor-agent my-agent --yes", "bold"))
        console.print(output_of("create-12-factor-agent my-agent --yes", folder))
        subprocess.run(["uv", "sync", "-q"], cwd=folder / "my-agent", check=True)
        console.print(Text(f'$ cd my-agent\n$ uv run agent "{MESSAGE}"', "bold"))
        console.print(output_of(f'uv run -q agent "{MESSAGE}"', folder / "my-agent"))
    drawing = console.export_svg(title="create-12-factor-agent")
    # Its fonts would come from a network; every machine has a monospaced one.
    TARGET.write_text(re.sub(r"@font-face \{.*?\}\s*", "", drawing, flags=re.S), encoding="utf-8")


if __name__ == "__main__":
    main()
