"""Secrets do not enter the context: known by their key, or by their look."""

import json
import re
from collections.abc import Callable
from typing import Any

REDACTED = "[redacted]"
ENDS_SHOWN = 16  # characters that a secret has at least, of which four are shown
SECRET_KEY = re.compile(
    # A word of its own, or the last of a camelCase name. `tokens` is a count and stays.
    r"(^|[_-]|(?<=[a-z0-9])(?=[A-Z]))(?i:passwords?|passwd|pwd|passphrase|secrets?|token|cookie|auth"
    r"|authorization|credentials?|session_?id|(api|access|private|secret)[_-]?key)$"
)
SECRET = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)"
    r"|\b(sk|pk|rk)[-_][A-Za-z0-9_-]{16,}"  # OpenAI, Anthropic, Stripe
    r"|\bgh[oprsu]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}"
    r"|\bxox[abeprs]-[A-Za-z0-9-]{10,}"  # Slack
    r"|\b(AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[\w-]{30,}"  # AWS, Google
    r"|(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"  # JSON web tokens
    r"|(?i:(?<=bearer )|(?<=basic ))[\w.~+/=-]{8,}"
    r"|(?i:\b(password|passwd|secret|token|api_?key)=)[^\s&\"']+"
    r"|\b(glpat-|npm_|hf_|whsec_)[\w-]{16,}"  # GitLab, npm, Hugging Face, webhooks
    r"|(?<=://)[^\s/:@]+:[^\s/@]+(?=@)",  # user:password in a URL
    re.DOTALL,
)


Instead = Callable[[str], str]


def redact(value: Any) -> Any:
    """The same JSON with its secrets blanked out."""
    return without_secrets(value, lambda _: REDACTED)


def marked(value: Any) -> Any:
    """The same JSON for whoever decides about it: a secret is told by its length and its ends."""
    return without_secrets(value, mark)


def mark(secret: str) -> str:
    ends = f": {secret[:2]}…{secret[-2:]}" if len(secret) >= ENDS_SHOWN else ""
    return f"[secret of {len(secret)} characters{ends}]"


def without_secrets(value: Any, instead: Instead) -> Any:
    match value:
        case str():
            return SECRET.sub(lambda found: instead(found[0]), value)
        case dict():
            return {
                key: instead(as_text(item))
                if SECRET_KEY.search(key)
                else without_secrets(item, instead)
                for key, item in value.items()
            }
        case list():
            return [without_secrets(item, instead) for item in value]
        case _:
            return value


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
