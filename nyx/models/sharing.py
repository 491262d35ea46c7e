"""Links that show one file to everybody who has them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from nyx.models.types import UtcDateTime


class ShareLink(SQLModel, table=True):
    """One address of one media; a media has at most one that is not revoked. The media may be purged: then the link leads nowhere."""

    __tablename__ = "share_link"
    __table_args__ = (
        CheckConstraint("views >= 0", name="views_not_negative"),
        Index(
            "share_link_live",
            "media_id",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
        Index("share_link_by_owner", "owner_id", "created_at", "token"),
    )

    token: str = Field(primary_key=True)
    media_id: str
    owner_id: str = Field(foreign_key="app_user.id")
    shows_prompt: bool
    allows_download: bool
    views: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    created_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
