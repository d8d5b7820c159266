"""Factor 13: what the model will need is looked up before it is asked, so no round trip is spent.

Whoever deploys needs the tags, so a message that speaks of it has them fetched. A question about
what is deployed, or a rollback, does without: it costs no git and no tokens. `list_git_tags` is
there for the rest: when the talk comes to it later, or when a tag was made meanwhile.
"""

import re

from .events import Prefetched
from .repository import newest_tags
from .thread import Thread

ABOUT_TAGS = re.compile(
    r"\b(?:(?:re-?)?deploy(?:ing)?|ship|release|roll ?out|tags|versions?|releases|latest|newest)\b",
    re.IGNORECASE,
)


async def prefetch(thread: Thread) -> list[Prefetched]:
    """One `git_tags` event if the first message is about deploying; else none.

    Whatever is raised becomes an `error` event that the model reads.
    """
    if not ABOUT_TAGS.search(str(thread.events[0].data)):
        return []
    return [Prefetched(type="git_tags", data=newest_tags())]
