"""The SQL of media: what is inserted, marked and found. It decides nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from nyx.clock import from_micros, to_micros
from nyx.db import Tx
from nyx.models.media import MediaOrigin, ThumbnailState
from nyx.services.media.views import MediaView, StoredOutput

Position = tuple[datetime, str]
"""Where a page of a list ended: (created_at, id) of its last row."""


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


def insert_media(tx: Tx, *, owner_id: str, generation_id: str, output_index: int, stored: StoredOutput, now: datetime) -> None:
    """Add the row of a stored output. Safe to repeat."""
    tx.execute(
        "INSERT INTO media (id, owner_id, origin, generation_id, output_index, content_type, storage_key, size_bytes, sha256, width_px,"
        " height_px, duration_ms, blur, thumbnails, created_at) VALUES (:id, :owner_id, :origin, :generation_id, :output_index,"
        " :content_type, :storage_key, :size_bytes, :sha256, :width_px, :height_px, :duration_ms, :blur, :thumbnails, :now)"
        " ON CONFLICT DO NOTHING",
        id=stored.media_id,
        owner_id=owner_id,
        origin=MediaOrigin.OUTPUT.value,
        generation_id=generation_id,
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


def mark_deleted(tx: Tx, *, owner_id: str, media_id: str, now: datetime) -> bool:
    """Hide it from every list and address; the file stays until it is purged. False when it is not there."""
    result = tx.execute(
        "UPDATE media SET deleted_at = :now WHERE id = :media_id AND owner_id = :owner_id AND deleted_at IS NULL",
        now=now,
        media_id=media_id,
        owner_id=owner_id,
    )
    return result.rowcount == 1


async def find(session: AsyncSession, *, owner_id: str, media_id: str) -> MediaView | None:
    """One that is the owner's and not deleted."""
    rows = await _rows(session, _VIEW + " AND m.id = :media_id", owner_id=owner_id, media_id=media_id)
    return _view(rows[0]) if rows else None


async def list_page(
    session: AsyncSession, *, owner_id: str, limit: int, before: Position | None, kind: str | None
) -> tuple[MediaView, ...]:
    """Newest first, after ``before``; ``kind`` is ``image``, ``video`` or None for both."""
    sql, params = _VIEW, {"owner_id": owner_id, "limit": limit}
    if kind is not None:
        sql += " AND m.content_type LIKE :kind"
        params["kind"] = f"{kind}/%"
    if before is not None:
        sql += " AND (m.created_at < :at OR (m.created_at = :at AND m.id < :id))"
        params |= {"at": to_micros(before[0]), "id": before[1]}
    return tuple(map(_view, await _rows(session, sql + " ORDER BY m.created_at DESC, m.id DESC LIMIT :limit", **params)))


async def count(session: AsyncSession, *, owner_id: str) -> int:
    """How many outputs the owner has, without the deleted."""
    sql = "SELECT count(*) AS n FROM media WHERE owner_id = :owner_id AND origin = 'output' AND deleted_at IS NULL"
    rows = await _rows(session, sql, owner_id=owner_id)
    return int(rows[0]["n"])


async def find_file(session: AsyncSession, *, media_id: str, owner_id: str | None = None, is_deleted_too: bool = False) -> MediaFile | None:
    """The file of one media, of this owner, if given; one that is deleted only where that is asked for."""
    sql = (
        "SELECT m.id, m.owner_id, m.content_type, m.storage_key, m.sha256, m.thumbnails, g.prompt FROM media m"
        " LEFT JOIN generation g ON g.id = m.generation_id WHERE m.id = :media_id"
    )
    sql += "" if is_deleted_too else " AND m.deleted_at IS NULL"
    rows = await _rows(session, sql + (" AND m.owner_id = :owner_id" if owner_id else ""), media_id=media_id, **_given(owner_id=owner_id))
    if not rows:
        return None
    row = rows[0]
    return MediaFile(**{**row, "thumbnails": ThumbnailState(row["thumbnails"]), "prompt": row["prompt"] or ""})


async def list_without_thumbnails(session: AsyncSession, *, limit: int) -> tuple[str, ...]:
    """Ids whose thumbnails nobody has made yet, oldest first."""
    sql = "SELECT id FROM media WHERE thumbnails = :pending AND deleted_at IS NULL ORDER BY created_at, id LIMIT :limit"
    return tuple(row["id"] for row in await _rows(session, sql, pending=ThumbnailState.PENDING.value, limit=limit))


async def which_exist(session: AsyncSession, storage_keys: Sequence[str]) -> frozenset[str]:
    """Those of the keys that a row names, also one that is deleted: its file stays until it is purged."""
    params = {f"key_{number}": key for number, key in enumerate(storage_keys)}
    if not params:
        return frozenset()
    sql = f"SELECT storage_key FROM media WHERE storage_key IN ({', '.join(f':{name}' for name in params)})"
    return frozenset(row["storage_key"] for row in await _rows(session, sql, **params))


_VIEW = (
    "SELECT m.id, m.generation_id, m.output_index, m.content_type, m.size_bytes, m.width_px, m.height_px, m.duration_ms, m.blur,"
    " m.thumbnails, m.created_at, g.prompt, g.capability, g.model_key, g.settings, g.unit_price_credits, j.seed"
    " FROM media m JOIN generation g ON g.id = m.generation_id"
    " LEFT JOIN job j ON j.generation_id = m.generation_id AND j.output_index = m.output_index"
    " WHERE m.owner_id = :owner_id AND m.deleted_at IS NULL"
)


def _view(row: Mapping[str, Any]) -> MediaView:
    return MediaView(
        id=row["id"],
        generation_id=row["generation_id"],
        output_index=row["output_index"],
        content_type=row["content_type"],
        size_bytes=row["size_bytes"],
        width_px=row["width_px"],
        height_px=row["height_px"],
        duration_ms=row["duration_ms"],
        blur=row["blur"],
        has_thumbnails=row["thumbnails"] == ThumbnailState.READY,
        created_at=from_micros(row["created_at"]),
        prompt=row["prompt"],
        capability=row["capability"],
        model_key=row["model_key"],
        settings=json.loads(row["settings"]),
        seed=row["seed"],
        price_credits=row["unit_price_credits"],
    )


async def _rows(session: AsyncSession, sql: str, **params: Any) -> list[dict[str, Any]]:
    connection = await session.connection()
    result = await connection.execute(text(sql), params)
    return [dict(row) for row in result.mappings()]


def _given(**params: Any) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}
