"""Secrets do not enter the context: known by their key, or by their look."""

import re
from typing import Any

REDACTED = "[redacted]"
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


def redact(value: Any) -> Any:
    """The same JSON with its secrets blanked out."""
    match value:
        case str():
            return SECRET.sub(REDACTED, value)
        case dict():
            return {
                key: REDACTED if SECRET_KEY.search(key) else redact(item)
                for key, item in value.items()
            }
        case list():
            return [redact(item) for item in value]
        case _:
            return value
