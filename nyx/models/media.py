"""Stored files."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from nyx.models.types import UtcDateTime, one_of

_LIVE_UPLOAD = "origin = 'upload' AND deleted_at IS NULL"


class MediaOrigin(StrEnum):
    OUTPUT = "output"
    UPLOAD = "upload"


class ThumbnailState(StrEnum):
    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"


class Media(SQLModel, table=True):
    """A stored file with its thumbnails. ``storage_key`` is made by us, never from a name that somebody sent."""

    __tablename__ = "media"
    __table_args__ = (
        one_of("origin", MediaOrigin),
        one_of("thumbnails", ThumbnailState),
        Index("media_by_owner", "owner_id", "created_at", "id"),
        Index("upload_once", "owner_id", "sha256", unique=True, sqlite_where=text(_LIVE_UPLOAD), postgresql_where=text(_LIVE_UPLOAD)),
    )

    id: str = Field(primary_key=True)
    owner_id: str = Field(foreign_key="app_user.id")
    origin: str
    generation_id: str | None = Field(default=None, index=True)
    output_index: int | None = None
    content_type: str
    storage_key: str = Field(unique=True)
    size_bytes: int = Field(sa_type=BigInteger)
    sha256: str
    width_px: int
    height_px: int
    duration_ms: int | None = Field(default=None, sa_type=BigInteger)
    blur: str = Field(default="", sa_column_kwargs={"server_default": ""})  # a tiny WebP as a data URL, shown while the picture loads
    thumbnails: str = Field(default=ThumbnailState.PENDING, sa_column_kwargs={"server_default": ThumbnailState.PENDING})
    created_at: datetime = Field(sa_type=UtcDateTime)
    deleted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
