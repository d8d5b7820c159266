"""Factor 9: an error is one useful line."""

from pydantic import ValidationError

from .redaction import redact


def format_error(error: BaseException) -> str:
    """What went wrong, for the model and for people alike: no traceback, no secrets."""
    if isinstance(error, ValidationError):
        faults = [(".".join(map(str, fault["loc"])), fault["msg"]) for fault in error.errors()]
        message = "; ".join(": ".join(filter(None, fault)) for fault in faults)
    else:
        message = str(error)
    message = " ".join(str(redact(message)).split())
    if not message or not isinstance(error, ValueError | ArithmeticError):
        message = f"{type(error).__name__}: {message}".removesuffix(": ")
    return message[:500]
