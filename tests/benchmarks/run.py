"""Measures what docs/benchmarks.md reports, and writes it there: `run.py [PART …]`."""

import argparse
from pathlib import Path

from cli_times import measure as cli
from history_size import measure as history
from loop_times import measure as loop
from many_times import measure as many
from page import PAGE, ROOT, publish
from server_load import measure as server
from store_times import measure as stores
from token_counts import measure as tokens
from update_times import measure as update
from worker_times import measure as workers
from workshop import Workshop

PARTS = {
    "cli": cli,
    "update": update,
    "loop": loop,
    "tokens": tokens,
    "history": history,
    "server": server,
    "stores": stores,
    "workers": workers,
    "many": many,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"{', '.join(PARTS)}; all of them if none")
    parser.add_argument("--rounds", type=int, default=11, help="how often each takes its turn")
    parser.add_argument(
        "--folder", type=Path, default=ROOT / ".venv-bench", help="kept, and ignored by git"
    )
    wanted = parser.parse_args()
    if unknown := set(wanted.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; choose from {', '.join(PARTS)}")
    workshop = Workshop(wanted.folder)
    for name in wanted.parts or PARTS:
        chapter = PARTS[name](workshop, wanted.rounds)
        publish({name: chapter})
        print(chapter)
    print(f"written to {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
