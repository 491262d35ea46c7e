"""MediaLineage: what a picture was made from, and what was made from it, for its owner's eyes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from nyx.clock import from_micros, to_micros
from nyx.db import Database, rows_of
from nyx.models import InputRole
from nyx.services.generation.views import LinkedPicture

_MAX_PAGE = 100
_COLUMNS = "m.id, i.generation_id, i.role, m.content_type, m.width_px, m.height_px, m.blur, m.created_at"


class MediaLineage:
    """Both ways show only what is the owner's and not deleted."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def made_from(self, *, owner_id: str, media_id: str) -> tuple[LinkedPicture, ...]:
        """The pictures that went into an output, in the order in which they were given; none for an upload."""
        sql = (
            f"SELECT {_COLUMNS} FROM media made JOIN generation_input i ON i.generation_id = made.generation_id"
            " JOIN media m ON m.id = i.media_id AND m.deleted_at IS NULL AND m.owner_id = :owner_id"
            " WHERE made.id = :media_id AND made.owner_id = :owner_id AND made.deleted_at IS NULL ORDER BY i.position"
        )
        async with self._db.read() as session:
            return await _linked(session, sql, owner_id=owner_id, media_id=media_id)

    async def used_in(
        self, *, owner_id: str, media_id: str, limit: int = 24, before: tuple[datetime, str] | None = None
    ) -> tuple[LinkedPicture, ...]:
        """The outputs that a picture went into, newest first; at most 100. ``before`` is (created_at, media_id) of the last one seen."""
        position = "" if before is None else " AND (m.created_at < :at OR (m.created_at = :at AND m.id < :last))"
        params = {} if before is None else {"at": to_micros(before[0]), "last": before[1]}
        sql = (
            f"SELECT {_COLUMNS} FROM generation_input i JOIN media m ON m.generation_id = i.generation_id"
            " WHERE i.media_id = :media_id AND m.owner_id = :owner_id AND m.deleted_at IS NULL"
            " AND i.position = (SELECT min(position) FROM generation_input WHERE generation_id = i.generation_id AND media_id = :media_id)"
            f"{position} ORDER BY m.created_at DESC, m.id DESC LIMIT :limit"
        )
        async with self._db.read() as session:
            return await _linked(session, sql, owner_id=owner_id, media_id=media_id, limit=min(max(limit, 1), _MAX_PAGE), **params)


async def _linked(session: AsyncSession, sql: str, **params: Any) -> tuple[LinkedPicture, ...]:
    return tuple(map(_view, await rows_of(session, sql, **params)))


def _view(row: Mapping[Any, Any]) -> LinkedPicture:
    return LinkedPicture(
        media_id=row["id"],
        generation_id=row["generation_id"],
        role=InputRole(row["role"]),
        content_type=row["content_type"],
        width_px=row["width_px"],
        height_px=row["height_px"],
        blur=row["blur"],
        created_at=from_micros(row["created_at"]),
    )
