"""The SQL of uploads: one row for one picture of one person. It decides nothing but the bound on their number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from nyx.clock import from_micros
from nyx.db import Tx, rows_of
from nyx.errors import Conflict
from nyx.models.media import ThumbnailState
from nyx.services.media.intake import Developed
from nyx.services.media.views import UploadView

_LIVE = "origin = 'upload' AND deleted_at IS NULL"


class UploadsFull(Conflict):
    """The person keeps as many uploads as one may."""

    code = "uploads_full"


def full(limit: int) -> UploadsFull:
    """The refusal in words."""
    return UploadsFull(f"You keep {limit:,} uploaded pictures, which is the most here. Delete some of them first.")


def touch_upload(tx: Tx, *, owner_id: str, sha256: str, now: datetime) -> str | None:
    """Bring a picture that is here already to the front; its id, or None. Safe to repeat."""
    row = tx.execute(
        f"UPDATE media SET created_at = :now WHERE owner_id = :owner_id AND sha256 = :sha256 AND {_LIVE} RETURNING id",
        now=now,
        owner_id=owner_id,
        sha256=sha256,
    ).first()
    return None if row is None else str(row["id"])


def insert_upload(
    tx: Tx, *, media_id: str, owner_id: str, storage_key: str, made: Developed, model_key: str | None, limit: int, now: datetime
) -> str:
    """Add the row of a stored upload; the id, or that of the same picture that came at the same time. Safe to repeat.

    ``model_key`` names the model that made what this was cut out of.

    Raises: UploadsFull.
    """
    count = tx.execute(f"SELECT count(*) AS n FROM media WHERE owner_id = :owner_id AND {_LIVE}", owner_id=owner_id).all()[0]["n"]
    if count >= limit and touch_upload(tx, owner_id=owner_id, sha256=made.sha256, now=now) is None:
        raise full(limit)
    row = tx.execute(
        "INSERT INTO media (id, owner_id, origin, model_key, content_type, storage_key, size_bytes, sha256, width_px, height_px, blur,"
        " thumbnails, created_at) VALUES (:id, :owner_id, 'upload', :model_key, :content_type, :storage_key, :size_bytes, :sha256,"
        " :width_px, :height_px, :blur,"
        f" :pending, :now) ON CONFLICT (owner_id, sha256) WHERE {_LIVE} DO UPDATE SET created_at = excluded.created_at RETURNING id",
        id=media_id,
        owner_id=owner_id,
        model_key=model_key,
        content_type=made.content_type,
        storage_key=storage_key,
        size_bytes=made.size_bytes,
        sha256=made.sha256,
        width_px=made.width_px,
        height_px=made.height_px,
        blur=made.blur,
        pending=ThumbnailState.PENDING.value,
        now=now,
    ).first()
    assert row is not None
    return str(row["id"])


def delete_upload(tx: Tx, *, owner_id: str, media_id: str, now: datetime) -> bool:
    """Give it up for good; its file goes when the housekeeping comes round. False when it is not there."""
    changed = tx.execute(
        f"UPDATE media SET deleted_at = :now, purged_at = :now, blur = '' WHERE id = :id AND owner_id = :owner_id AND {_LIVE}",
        now=now,
        id=media_id,
        owner_id=owner_id,
    )
    return changed.rowcount == 1


async def find_upload(session: AsyncSession, *, owner_id: str, media_id: str) -> UploadView | None:
    """One of the owner's uploads that is not deleted."""
    sql = f"SELECT * FROM media WHERE id = :id AND owner_id = :owner_id AND {_LIVE}"
    rows = await rows_of(session, sql, id=media_id, owner_id=owner_id)
    return _view(rows[0]) if rows else None


async def list_uploads(session: AsyncSession, *, owner_id: str, limit: int) -> tuple[UploadView, ...]:
    """The owner's uploads, last used first."""
    sql = f"SELECT * FROM media WHERE owner_id = :owner_id AND {_LIVE} ORDER BY created_at DESC, id DESC LIMIT :limit"
    return tuple(map(_view, await rows_of(session, sql, owner_id=owner_id, limit=limit)))


async def count_uploads(session: AsyncSession, *, owner_id: str) -> int:
    """How many the owner keeps."""
    rows = await rows_of(session, f"SELECT count(*) AS n FROM media WHERE owner_id = :owner_id AND {_LIVE}", owner_id=owner_id)
    return int(rows[0]["n"])


def _view(row: Mapping[str, Any]) -> UploadView:
    return UploadView(
        id=row["id"],
        content_type=row["content_type"],
        size_bytes=row["size_bytes"],
        width_px=row["width_px"],
        height_px=row["height_px"],
        blur=row["blur"],
        has_thumbnails=row["thumbnails"] == ThumbnailState.READY,
        created_at=from_micros(row["created_at"]),
    )
