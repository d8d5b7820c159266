"""Threads and their events."""

from alembic import op

revision, down_revision = "0001", None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE threads (
            id TEXT NOT NULL PRIMARY KEY,
            version INTEGER NOT NULL,
            status TEXT NOT NULL,
            created TEXT NOT NULL,
            due TEXT,
            summary TEXT NOT NULL
        ) STRICT
    """)
    op.execute("""
        CREATE TABLE events (
            thread_id TEXT NOT NULL REFERENCES threads (id),
            seq INTEGER NOT NULL,
            event TEXT NOT NULL,
            UNIQUE (thread_id, seq)
        ) STRICT
    """)
    op.execute("CREATE INDEX threads_in_order ON threads (created, id)")
    op.execute("CREATE INDEX threads_by_status ON threads (status, created, id)")
    op.execute("CREATE INDEX threads_due ON threads (due) WHERE due IS NOT NULL")
    op.execute("CREATE TABLE notes (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT")


def downgrade() -> None:
    for table in ("notes", "events", "threads"):
        op.execute(f"DROP TABLE {table}")
