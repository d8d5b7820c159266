"""Where the queue is."""

from ...settings import Section, Settings, WrongSettings, load


class QueueSettings(Section):
    """If it is not beside the threads: a pooler that shares its sessions hears no notifications, so
    the queue goes past it.
    """

    queue_url: str | None = None


def url_of(settings: Settings) -> str:
    """Raises WrongSettings where no database is named."""
    url = load(QueueSettings).queue_url or settings.store_url
    if not url.startswith(("postgresql:", "postgres:")):
        raise WrongSettings(
            ["AGENT_QUEUE_URL is not set, and AGENT_STORE_URL is no Postgres: name one"]
        )
    return url
