"""Threads and their events."""

from alembic import op

revision, down_revision = "0001", None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE threads (
            id uuid PRIMARY KEY,
            version integer NOT NULL,
            status text NOT NULL,
            created timestamptz NOT NULL,
            due timestamptz,
            summary text NOT NULL
        )
    """)
    op.execute("""
        CREATE TABLE events (
            thread_id uuid NOT NULL REFERENCES threads (id),
            seq integer NOT NULL,
            event text NOT NULL,
            UNIQUE (thread_id, seq)
        )
    """)
    op.execute("CREATE INDEX threads_in_order ON threads (created, id)")
    op.execute("CREATE INDEX threads_by_status ON threads (status, created, id)")
    op.execute("CREATE INDEX threads_due ON threads (due) WHERE due IS NOT NULL")
    op.execute("CREATE TABLE notes (name text PRIMARY KEY, value text NOT NULL)")


def downgrade() -> None:
    for table in ("notes", "events", "threads"):
        op.execute(f"DROP TABLE {table}")
