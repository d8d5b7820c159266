"""Which model is meant: a client in `baml_src/clients.baml`, or a shorthand; and what it needs."""

import os
import re
from functools import cache
from typing import Any

from . import baml

OFFLINE = "offline"
SHORTHANDS = {
    "openai": "OPENAI_API_KEY",
    "openai-responses": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "google-ai": "GOOGLE_API_KEY",
    "openrouter": "OPENROUTER_API_KEY",
}
# Requests that must be signed are sent by BAML, and so is what asks one model after the other.
SENT_BY_BAML = re.compile(r"aws-bedrock|vertex-ai|(baml-)?(fallback|round-robin)")
CLIENT = re.compile(r"^client<llm>\s+(\w+)\s*\{(.*?)^\}", re.DOTALL | re.MULTILINE)


@cache
def clients() -> dict[str, str]:
    """What stands in the braces of each client."""
    files: dict[str, str] = baml.generated("inlinedbaml").get_baml_files()
    text = re.sub(r"^\s*//.*", "", "\n".join(files.values()), flags=re.MULTILINE)
    return dict(CLIENT.findall(text))


@cache
def provider_of(model: str) -> str:
    found = re.search(r"^\s*provider\s+\"?([\w-]+)", clients().get(model, ""), re.MULTILINE)
    return found[1] if found else model.partition("/")[0]


def is_sent_by_baml(model: str) -> bool:
    return bool(SENT_BY_BAML.fullmatch(provider_of(model)))


def lacking(model: str) -> list[str]:
    """Everything that is missing before this model can be asked, each in a few words."""
    wanted = wanted_by(model)
    if wanted is None:
        named = ", ".join(name for name in clients() if name != "Offline")
        return [
            f"AGENT_MODEL={model} is neither {OFFLINE}, nor a client ({named}), nor PROVIDER/MODEL"
        ]
    return [f"{name} is not set" for name in wanted if not os.environ.get(name)]


@cache
def wanted_by(model: str) -> list[str] | None:
    """The variables that must be set. None for what is no model."""
    provider, slash, name = model.partition("/")
    if model == OFFLINE or model in clients():
        return list(dict.fromkeys(re.findall(r"env\.(\w+)", clients().get(model, ""))))
    if slash and name:
        return [SHORTHANDS[provider]] if provider in SHORTHANDS else []
    return None


def options(model: str) -> dict[str, Any]:
    """What BAML is called with."""
    # It wants all variables, those of the other clients as well, and looks for them by itself.
    unset = {name: "http://unset" for name in variables() if name not in os.environ}
    return {"client": "Offline" if model == OFFLINE else model, "env": unset}


@cache
def variables() -> list[str]:
    return re.findall(r"env\.(\w+)", "\n".join(clients().values()))
