"""Uploads, once for each picture of a person, and the pictures that a generation is made from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    live = sa.text("origin = 'upload' AND deleted_at IS NULL")
    op.create_index("upload_once", "media", ["owner_id", "sha256"], unique=True, sqlite_where=live, postgresql_where=live)
    op.create_table(
        "generation_input",
        sa.Column("generation_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("media_id", sa.String(), nullable=False),
        sa.CheckConstraint("role IN ('image', 'reference', 'first', 'last')", name="role_is_known"),
        sa.ForeignKeyConstraint(
            ["generation_id"],
            ["generation.id"],
        ),
        sa.ForeignKeyConstraint(
            ["media_id"],
            ["media.id"],
        ),
        sa.PrimaryKeyConstraint("generation_id", "position"),
    )
    op.create_index(op.f("ix_generation_input_media_id"), "generation_input", ["media_id"], unique=False)
