"""Factor 9: an error is one useful line."""

from collections.abc import Iterator

from pydantic import ValidationError

from .redaction import redact

LONGEST = 500  # characters


def format_error(error: BaseException) -> str:
    """What went wrong, for the model and for people alike: no traceback, no secrets.

    A group is what it is made of. Nothing here raises, whatever the error does when it is asked.
    """
    try:
        return message_of(error)[:LONGEST]
    except BaseException:  # noqa: BLE001, it is others' code that says what went wrong
        return type(error).__name__


def message_of(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        causes = "; ".join(dict.fromkeys(map(format_error, leaves(error))))
        return f"{one_line(error.message)}: {causes}"
    message = one_line(faults_of(error) if isinstance(error, ValidationError) else str(error))
    if not message or not isinstance(error, ValueError | ArithmeticError):
        message = f"{type(error).__name__}: {message}".removesuffix(": ")
    return message


def leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for cause in group.exceptions:
        if isinstance(cause, BaseExceptionGroup):
            yield from leaves(cause)
        else:
            yield cause


def faults_of(error: ValidationError) -> str:
    faults = [(".".join(map(str, fault["loc"])), fault["msg"]) for fault in error.errors()]
    return "; ".join(": ".join(filter(None, fault)) for fault in faults)


def one_line(text: str) -> str:
    return " ".join(str(redact(text)).split())
