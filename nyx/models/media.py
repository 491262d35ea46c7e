"""Stored files."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from nyx.models.types import JsonText, UtcDateTime, one_of

_IN_GALLERY = "origin = 'output' AND deleted_at IS NULL"
_IN_TRASH = "origin = 'output' AND deleted_at IS NOT NULL AND purged_at IS NULL"


def _newest_first(name: str, condition: str, *columns: str) -> Index:
    """What one view of the gallery is read by: the rows that belong to it, in the order in which they are shown."""
    where = text(condition)
    return Index(name, "owner_id", *columns, "created_at", "id", sqlite_where=where, postgresql_where=where)


_LIVE_UPLOAD = "origin = 'upload' AND deleted_at IS NULL"


class MediaOrigin(StrEnum):
    OUTPUT = "output"
    UPLOAD = "upload"


class ThumbnailState(StrEnum):
    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"


_STILL_STORED = text("deleted_at IS NOT NULL AND size_bytes > 0")


class Media(SQLModel, table=True):
    """A stored file with its thumbnails. ``storage_key`` is made by us, never from a name that somebody sent.

    ``deleted_at``: in the trash since then. ``purged_at``: gone for good since then; ``size_bytes`` is 0 once the files are removed too.
    """

    __tablename__ = "media"
    __table_args__ = (
        one_of("origin", MediaOrigin),
        one_of("thumbnails", ThumbnailState),
        _newest_first("media_in_gallery", _IN_GALLERY),
        _newest_first("media_by_model", _IN_GALLERY, "model_key"),
        _newest_first("media_pictures", f"{_IN_GALLERY} AND duration_ms IS NULL"),
        _newest_first("media_clips", f"{_IN_GALLERY} AND duration_ms IS NOT NULL"),
        _newest_first("media_favourites", f"{_IN_GALLERY} AND favourite_at IS NOT NULL"),
        _newest_first("media_in_trash", _IN_TRASH),
        Index("media_to_purge", "deleted_at", sqlite_where=_STILL_STORED, postgresql_where=_STILL_STORED),
        Index("media_figures", "owner_id", "origin", "deleted_at", "purged_at", "size_bytes"),
        Index("upload_once", "owner_id", "sha256", unique=True, sqlite_where=text(_LIVE_UPLOAD), postgresql_where=text(_LIVE_UPLOAD)),
    )

    id: str = Field(primary_key=True)
    owner_id: str = Field(foreign_key="app_user.id")
    origin: str
    generation_id: str | None = Field(default=None, index=True)
    output_index: int | None = None
    model_key: str | None = None  # of the generation, here so that the gallery can be read by it; also of what was cut out of an output
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
    favourite_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    purged_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Collection(SQLModel, table=True):
    """Media that belong together. With a ``share_token`` everybody who has it may look."""

    __tablename__ = "collection"
    __table_args__ = (UniqueConstraint("owner_id", "name", name="collection_once_per_name"),)

    id: str = Field(primary_key=True)
    owner_id: str = Field(foreign_key="app_user.id")
    name: str
    cover_media_id: str | None = Field(default=None, foreign_key="media.id")
    share_token: str | None = Field(default=None, unique=True)
    views: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})  # of the shared page, by others
    created_at: datetime = Field(sa_type=UtcDateTime)


class CollectionItem(SQLModel, table=True):
    """One media in one collection; what was added last comes first."""

    __tablename__ = "collection_item"
    __table_args__ = (Index("collection_in_order", "collection_id", "added_at", "media_id"),)

    collection_id: str = Field(primary_key=True, foreign_key="collection.id")
    media_id: str = Field(primary_key=True, foreign_key="media.id", index=True)
    added_at: datetime = Field(sa_type=UtcDateTime)


class DownloadTicket(SQLModel, table=True):
    """The right to fetch some of one's own files as one archive, once."""

    __tablename__ = "download_ticket"

    id: str = Field(primary_key=True)
    owner_id: str = Field(foreign_key="app_user.id")
    name: str
    media_ids: list[str] = Field(sa_type=JsonText)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
