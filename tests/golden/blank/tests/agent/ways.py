"""Every way to answer that this project has: the API, and the channels that bring a `way.py`.

Such a file has `NAME`, that of the channel, and `way`, a context manager that stands up what is on
the other side of it (a mail server, a workspace, a receiver) and gives a Way.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from httpx2 import Client, Response

from .serving import THREADS


class Way(Protocol):
    @property
    def variables(self) -> dict[str, str]:
        """What the agent is told of the other side, in its environment."""

    def answer(self, client: Client, thread: dict[str, Any], approved: bool) -> str:
        """As a human there does, once they were told. What they then read, if it did not count."""

    def says(self, client: Client, thread: dict[str, Any]) -> str:
        """What stands there now of the call that the thread waited for."""


class Api:
    """As any program does; it can change the arguments too."""

    def approve(self, client: Client, thread: dict[str, Any], **changed: Any) -> str:
        body = {"call_id": thread["awaiting"]["call_id"], "approved": True, **changed}
        return counted(client.post(f"{THREADS}/{thread['id']}/approvals", json=body))


def counted(answer: Response) -> str:
    assert answer.status_code in (202, 303, 409), answer.text
    return answer.text if answer.status_code == 409 else ""


Standing = Callable[[], AbstractContextManager[Way]]


def ways() -> dict[str, Standing]:
    """Those of the channels that are there, by their names."""
    folders = sorted(path.parent.name for path in Path(__file__).parent.glob("*/way.py"))
    modules = [import_module(f"{__package__}.{folder}.way") for folder in folders]
    return {module.NAME: module.way for module in modules}
