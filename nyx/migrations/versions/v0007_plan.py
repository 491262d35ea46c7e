"""The plan of a person."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # One statement of both databases: on SQLite anything else would copy the table that most others refer to.
    op.execute(
        "ALTER TABLE app_user ADD COLUMN plan VARCHAR DEFAULT 'free' NOT NULL"
        " CONSTRAINT plan_is_known CHECK (plan IN ('free', 'pro', 'enterprise'))"
    )
