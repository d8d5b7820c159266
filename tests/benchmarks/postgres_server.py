"""A real Postgres: for each line of stdin, the URL of a new database that has the tables."""

# It runs in the environment of a generated agent that has the stores.
# mypy: disable-error-code="import-not-found"

import sys
from pathlib import Path

from agent.store.postgres.connecting import set_up

if __name__ == "__main__":
    sys.path.append(str(Path(sys.argv[1])))
    from tests.agent.postgres_servers import fresh_url

    for _ in sys.stdin:
        set_up(url := fresh_url())
        print(url, flush=True)
