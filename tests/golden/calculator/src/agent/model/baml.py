"""BAML's own business: the generated client, made when needed, and one call of it."""

import asyncio
import importlib
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from filelock import FileLock

PROMPTS = Path(__file__).parents[3] / "baml_src"
CLIENT = Path(__file__).parent / "baml_client"

# The variable that has a provider's key, and the provider's word for a reply that was cut off.
SHORTHANDS = {
    "openai": ("OPENAI_API_KEY", "length"),
    "anthropic": ("ANTHROPIC_API_KEY", "max_tokens"),
    "google-ai": ("GOOGLE_API_KEY", "MAX_TOKENS"),
    "openrouter": ("OPENROUTER_API_KEY", "length"),
}


class Unavailable(Exception):
    """The model could not be asked; one line says what to do."""


def client() -> Any:
    return generated("async_client").b


@cache
def generated(module: str) -> Any:
    """A module of the generated client; made first when missing or older than the prompts."""
    os.environ.setdefault("BAML_LOG", "off")  # its warnings print whole prompts
    if is_stale():
        try:
            with FileLock(CLIENT.with_suffix(".lock")):
                if is_stale():
                    generate()
        except OSError as error:
            raise Unavailable(f"{CLIENT} cannot be generated: {error}") from error
    if not CLIENT.is_dir():
        raise Unavailable(
            f"no {CLIENT}: let output_dir in generators.baml lead there, and generate"
        )
    return importlib.import_module(f"{__package__}.baml_client.{module}")


def is_stale() -> bool:
    """An installed package brings its client and no prompts."""
    if not PROMPTS.is_dir():
        return False
    return not (CLIENT / "__init__.py").exists() or last_change(PROMPTS) > last_change(CLIENT)


def last_change(folder: Path) -> float:
    return max(path.stat().st_mtime for path in folder.iterdir() if path.is_file())


def generate() -> None:
    """What `baml-cli generate` does. Raises Unavailable with the compiler's own words."""
    command = [sys.executable, "-c", "import baml_py; baml_py.invoke_runtime_cli()", "generate"]
    env = {**os.environ, "BAML_LOG": "error"}
    done = subprocess.run(
        [*command, "--from", str(PROMPTS)], capture_output=True, text=True, env=env
    )
    if done.returncode:
        cause = (done.stdout.partition("Caused by:")[2] or done.stderr).partition("Stack back")[0]
        raise Unavailable(f"{CLIENT} cannot be generated: {' '.join(cause.split())}")


def environment() -> dict[str, str]:
    """Rendering wants every variable of `clients.baml` set, whether it is used or not."""
    names = re.findall(r"env\.(\w+)", generated("inlinedbaml").get_baml_files()["clients.baml"])
    return {name: os.environ.get(name) or "http://unset" for name in names}


async def call(context: str, model: str, collector: Any) -> Any:
    """Ask the model. Raises Unavailable without a key, and BAML's own errors."""
    from baml_py import AbortController

    require_key(model)
    abort = AbortController()
    options = {**client_options(model), "collector": collector, "abort_controller": abort}
    answer = asyncio.ensure_future(client().DetermineNextStep(context, options))
    try:
        return await asyncio.shield(answer)
    except asyncio.CancelledError:
        abort.abort()
        await asyncio.wait([answer], timeout=2)  # its thread must not outlive the interpreter
        raise


def require_key(model: str) -> None:
    """Raises Unavailable for a shorthand without its key: BAML would ask without one."""
    key, _ = SHORTHANDS.get(model.partition("/")[0], ("", ""))
    if key and not os.environ.get(key):
        raise Unavailable(f"no key: set {key} in .env")


def client_options(model: str) -> dict[str, Any]:
    """What BAML is called with for a client of `clients.baml`, or for a shorthand.

    A shorthand gets what the clients have: patience, a time limit, and no cut-off replies.
    """
    from baml_py import ClientRegistry

    provider, _, name = model.partition("/")
    if provider not in SHORTHANDS or not name:
        return {"client": model}
    key, cut_off = SHORTHANDS[provider]
    registry = ClientRegistry()
    details = {
        "model": name,
        "api_key": os.environ.get(key) or "unset",
        "finish_reason_deny_list": [cut_off],
        "http": {"connect_timeout_ms": 5_000, "request_timeout_ms": 60_000},
    }
    registry.add_llm_client("Shorthand", provider, details, "Patient")
    registry.set_primary("Shorthand")
    return {"client_registry": registry}
