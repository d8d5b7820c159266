"""Counts the o200k tokens of the fixtures, offline, and prints them as JSON."""

# It runs where these are installed, which is not where it is type-checked.
# mypy: disable-error-code="import-not-found"

import json
import logging
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # or it is fetched
spec = find_spec("litellm")
assert spec
assert spec.submodule_search_locations
os.environ["TIKTOKEN_CACHE_DIR"] = str(
    Path(spec.submodule_search_locations[0], "litellm_core_utils", "tokenizers")
)

import litellm  # noqa: E402
import tiktoken  # noqa: E402

Counts = dict[str, int]


def count(folder: Path, encoding: tiktoken.Encoding) -> Counts:
    """The text of each file, and what a provider is likely to count for each request."""
    texts = {path.name: path.read_text(encoding="utf-8").strip() for path in folder.iterdir()}
    counts = {name: len(encoding.encode(text)) for name, text in texts.items()}
    for name in ("request.json", "openai-request.json"):
        counts[f"{name} estimated"] = estimate(json.loads(texts[name]))
    return counts


def estimate(request: dict[str, Any]) -> int:
    """Providers write messages and tools in a form of their own; litellm imitates it."""
    messages, tools = request["messages"], request.get("tools")
    return int(litellm.token_counter(model="gpt-4o", messages=messages, tools=tools))


def main() -> None:
    logging.disable()
    encoding = tiktoken.get_encoding("o200k_base")
    folders = sorted(path for path in Path(sys.argv[1]).iterdir() if path.is_dir())
    print(json.dumps({folder.name: count(folder, encoding) for folder in folders}))


if __name__ == "__main__":
    main()
