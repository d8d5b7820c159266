"""What BAML's errors and its providers' mean for whoever runs the agent."""

import re

from ..errors import format_error

ADVICE: dict[str | int, str] = {
    401: "the provider refused the key (401): check the provider's key in .env",
    403: "the provider refused the key (403): check the provider's key in .env",
    404: "there is no such model or URL (404): check AGENT_MODEL and clients.baml",
    429: "too many requests, or no quota left (429): wait, then resume",
    500: "the provider has a fault: resume later",
    "network": "it cannot be reached: check the network and the URL",
    "BamlTimeoutError": "no answer in time: resume, or raise request_timeout_ms in clients.baml",
    "BamlClientFinishReasonError": (
        "the reply was cut off at the length limit: raise max_tokens in clients.baml"
    ),
}


def explain(error: Exception) -> str:
    """What to do about a model that could not be asked, in one line."""
    detail = str(getattr(error, "message", error)).partition("Stack backtrace")[0]
    if variable := re.search(r"environment variable '(\w+)'", detail):
        return f"set {variable[1]} in .env"
    kind: str | int = getattr(error, "status_code", type(error).__name__)
    if "reqwest::Error" in detail:
        kind = "network"
    elif isinstance(kind, int) and kind >= 500:
        kind = 500
    advice = ADVICE.get(kind, f"it could not be asked ({kind})")
    return f"{advice} ({format_error(ValueError(detail))[:300]})"
