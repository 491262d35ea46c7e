"""The SQL of media: what is inserted, marked and found. It decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from nyx.clock import from_micros
from nyx.db import Tx, rows_of
from nyx.models.media import MediaOrigin, ThumbnailState
from nyx.services.media.views import StoredOutput


@dataclass(frozen=True, kw_only=True)
class MediaFile:
    """A row without its story: where the file is and whose."""

    id: str
    owner_id: str
    content_type: str
    storage_key: str
    sha256: str
    thumbnails: ThumbnailState
    prompt: str
    is_in_trash: bool
    origin: MediaOrigin
    created_at: datetime
    model_key: str
    """Of the model that made it, also of what was cut out of that since; empty for what a person brought along."""
    has_input: bool
    is_marked: bool = False
    """The file is that of another, with the visible mark: see ``MediaService.leaving``."""

    @property
    def was_made_here(self) -> bool:
        """Whether the visible mark can be due: on an output, and on a piece of one."""
        return self.origin is MediaOrigin.OUTPUT or bool(self.model_key)


def insert_media(tx: Tx, *, owner_id: str, generation_id: str, output_index: int, stored: StoredOutput, now: datetime) -> None:
    """Add the row of a stored output. Safe to repeat."""
    tx.execute(
        "INSERT INTO media (id, owner_id, origin, generation_id, output_index, model_key, content_type, storage_key, size_bytes, sha256,"
        " width_px, height_px, duration_ms, blur, thumbnails, created_at) VALUES (:id, :owner_id, :origin, :generation_id, :output_index,"
        " (SELECT model_key FROM generation WHERE id = :made_by), :content_type, :storage_key, :size_bytes, :sha256, :width_px,"
        " :height_px, :duration_ms, :blur, :thumbnails, :now)"
        " ON CONFLICT DO NOTHING",
        id=stored.media_id,
        owner_id=owner_id,
        origin=MediaOrigin.OUTPUT.value,
        generation_id=generation_id,
        made_by=generation_id,  # again: PostgreSQL wants one type of a parameter
        output_index=output_index,
        content_type=stored.content_type,
        storage_key=stored.storage_key,
        size_bytes=stored.size_bytes,
        sha256=stored.sha256,
        width_px=stored.width_px,
        height_px=stored.height_px,
        duration_ms=stored.duration_ms,
        blur=stored.blur,
        thumbnails=ThumbnailState.PENDING.value,
        now=now,
    )


def mark_thumbnails(tx: Tx, *, media_id: str, state: ThumbnailState, blur: str) -> None:
    """Record how making the thumbnails ended; an empty ``blur`` keeps the one there is. Safe to repeat."""
    tx.execute(
        "UPDATE media SET thumbnails = :state, blur = CASE WHEN :blur = '' THEN blur ELSE :blur END"
        " WHERE id = :media_id AND thumbnails = :pending",
        state=state.value,
        blur=blur,
        media_id=media_id,
        pending=ThumbnailState.PENDING.value,
    )


async def find_file(session: AsyncSession, *, media_id: str, owner_id: str | None = None, is_deleted_too: bool = False) -> MediaFile | None:
    """The file of one media that is not purged, of this owner, if given; one that is deleted only where that is asked for."""
    state = "purged_at IS NULL" if is_deleted_too else "purged_at IS NULL AND m.deleted_at IS NULL"
    return await _find(session, state, media_id=media_id, **_given(owner_id=owner_id))


async def find_input(session: AsyncSession, *, media_id: str) -> MediaFile | None:
    """The file of one media for what was ordered from it; a purged one too, whose file stays for as long as that is open."""
    return await _find(session, "size_bytes > 0", media_id=media_id)


async def _find(session: AsyncSession, state: str, *, media_id: str, owner_id: str | None = None) -> MediaFile | None:
    sql = (
        "SELECT m.id, m.owner_id, m.content_type, m.storage_key, m.sha256, m.thumbnails, m.deleted_at, m.origin,"
        " m.created_at, g.prompt, coalesce(m.model_key, g.model_key) AS model_key, g.capability FROM media m"
        f" LEFT JOIN generation g ON g.id = m.generation_id WHERE m.id = :media_id AND m.{state}"
    )
    rows = await rows_of(session, sql + (" AND m.owner_id = :owner_id" if owner_id else ""), media_id=media_id, **_given(owner_id=owner_id))
    if not rows:
        return None
    row = rows[0]
    return MediaFile(
        id=row["id"],
        owner_id=row["owner_id"],
        content_type=row["content_type"],
        storage_key=row["storage_key"],
        sha256=row["sha256"],
        thumbnails=ThumbnailState(row["thumbnails"]),
        prompt=row["prompt"] or "",
        is_in_trash=row["deleted_at"] is not None,
        origin=MediaOrigin(row["origin"]),
        created_at=from_micros(row["created_at"]),
        model_key=row["model_key"] or "",
        has_input=row["capability"] is not None and not row["capability"].startswith("text-to-"),
    )


async def list_without_thumbnails(session: AsyncSession, *, limit: int) -> tuple[str, ...]:
    """Ids whose thumbnails nobody has made yet, oldest first."""
    sql = "SELECT id FROM media WHERE thumbnails = :pending AND deleted_at IS NULL ORDER BY created_at, id LIMIT :limit"
    return tuple(row["id"] for row in await rows_of(session, sql, pending=ThumbnailState.PENDING.value, limit=limit))


async def which_exist(session: AsyncSession, storage_keys: Sequence[str]) -> frozenset[str]:
    """Those of the keys that a row names, also one that is in the trash; not one whose files are purged and removed."""
    params = {f"key_{number}": key for number, key in enumerate(storage_keys)}
    if not params:
        return frozenset()
    sql = f"SELECT storage_key FROM media WHERE storage_key IN ({', '.join(f':{name}' for name in params)}) AND size_bytes > 0"
    return frozenset(row["storage_key"] for row in await rows_of(session, sql, **params))


def _given(**params: Any) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}
