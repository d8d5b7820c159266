"""The schema of a database, by its migrations; and what is derived, anew where its code changed.

Alembic applies the migrations, plain SQL in `versions/` of each store. An agent that runs only
reads which of them the database has had.
"""

from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any

from ...due import Policy
from ...log import logger
from .. import Unreadable, Unusable
from .rows import Rows

AGENT = Path(__file__).parents[2]
DERIVED_WITH = "derived_with"
# The modules that say what is derived, and how it is written down; your `approver` does as well.
DERIVING = (
    "tools.py",
    "humans.py",
    "steps.py",
    "decisions.py",
    "repetition.py",
    "states.py",
    "waiting.py",
    "outcomes.py",
    "thread.py",
    "due.py",
    "views.py",
    "store/database/rows.py",
)
PAGE = 500


def require_schema(found: str | None, wanted: str, name: str) -> None:
    """Raises Unusable. None is a database that has had no migration; `name` is the database."""
    if found is None:
        raise Unusable(f"{name} has no tables of this agent's: run `agent migrate`")
    if found < wanted:
        raise Unusable(f"{name} has schema {found} and needs {wanted}: run `agent migrate`")
    if found > wanted:
        raise Unusable(f"{name} has schema {found}, newer than {wanted}: update the agent")


def upgrade(engine: Any, versions: Path, name: str) -> None:
    """Apply what is missing, each migration whole or not at all. `engine` is SQLAlchemy's.

    Raises what the driver does, and Unusable.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError
    from sqlalchemy.exc import DBAPIError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(versions))
    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except CommandError as error:
        problem = f"{name} has a schema that this agent does not know: update the agent"
        raise Unusable(f"{problem} ({error})") from error
    except DBAPIError as error:
        if "already exists" in str(error.orig):
            raise Unusable(
                f"{name} has tables of another program's, or ours without their row in"
                " `alembic_version`: name an empty database, or put the row back"
            ) from error
        raise error.orig or error from None


def is_old(rows: Rows, policy: Policy) -> bool:
    """Whether what was derived might be something else today."""
    return rows.noted(DERIVED_WITH) not in (None, derived_with(policy))


def begin(rows: Rows, policy: Policy) -> None:
    """Before the first thread of all: what is derived from here on is as of today."""
    if rows.noted(DERIVED_WITH) is None:
        rows.note(DERIVED_WITH, derived_with(policy))


def derive_all(rows: Rows, derive: Callable[[str], None], policy: Policy) -> int:
    """Write down anew what is derived of every thread, beside those who write; how many."""
    count = 0
    for thread_id in ids(rows):
        try:
            derive(thread_id)
            count += 1
        except Unreadable as problem:
            logger().warning("unreadable_thread", problem=str(problem))
    rows.note(DERIVED_WITH, derived_with(policy))
    return count


def ids(rows: Rows) -> Iterator[str]:
    after: str | None = None
    while page := rows.page(None, after, PAGE):
        yield from (thread_id for thread_id, _ in page)
        after, _ = page[-1]


def derived_with(policy: Policy) -> str:
    """A fingerprint of the code that derives, and of the policy."""
    routes = [
        [route.channel, route.to, route.after, in_order(route.urgency), in_order(route.roles)]
        for route in policy.routes
    ]
    code = ((AGENT / name).read_bytes() for name in DERIVING)
    said = repr((routes, policy.expires_after, in_order(policy.settles))).encode()
    return sha256(b"\0".join(chain(code, (said,)))).hexdigest()


def in_order(words: frozenset[str] | None) -> list[str] | None:
    return None if words is None else sorted(words)
