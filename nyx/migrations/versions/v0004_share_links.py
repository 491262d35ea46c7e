"""Links that show one file to everybody who has them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_LIVE = sa.text("revoked_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "share_link",
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("media_id", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("shows_prompt", sa.Boolean(), nullable=False),
        sa.Column("allows_download", sa.Boolean(), nullable=False),
        sa.Column("views", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("views >= 0", name="views_not_negative"),
        sa.ForeignKeyConstraint(["owner_id"], ["app_user.id"]),
        sa.PrimaryKeyConstraint("token"),
    )
    op.create_index("share_link_live", "share_link", ["media_id"], unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE)
    op.create_index("share_link_by_owner", "share_link", ["owner_id", "created_at", "token"])
