"""Where the queue is."""

from ...settings import Section, Settings, WrongSettings, load


class QueueSettings(Section):
    """If it is not beside the threads: a pooler that shares its sessions hears no notifications, so
    the queue goes past it.
    """

    queue_url: str | None = None


def url_of(settings: Settings) -> str:
    """Raises WrongSettings where no database is named."""
    given = load(QueueSettings).queue_url
    url = given or settings.store_url
    if not url.startswith(("postgresql:", "postgres:")):
        unset = "is not set, and AGENT_STORE_URL is no Postgres: name one"
        wrong = "is no Postgres: write postgresql://USER@HOST/NAME"
        raise WrongSettings([f"AGENT_QUEUE_URL {wrong if given else unset}"])
    return url
