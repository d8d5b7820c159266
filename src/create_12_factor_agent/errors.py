"""The one error that the user is shown: a line that says what to do, and an exit code."""

FAILED = 1
NOT_POSSIBLE = 2
CONFLICTS = 3
UPDATE_AVAILABLE = 4
INTERRUPTED = 130


class Failure(Exception):
    """Ends the command with `code`, after its message was printed."""

    def __init__(self, message: str, code: int = FAILED) -> None:
        super().__init__(message)
        self.code = code


class NotPossible(Failure):
    """What was asked cannot be done; nothing has been written."""

    def __init__(self, message: str) -> None:
        super().__init__(message, NOT_POSSIBLE)


class InTheWay(NotPossible):
    """Something of the user's stands where the template has another thing."""
