"""The SQL of share links: what is made, changed, revoked, counted and found. It decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from nyx.clock import from_micros, to_micros
from nyx.db import Tx, rows_of
from nyx.errors import NotFound
from nyx.services.sharing.views import SharedMedia, ShareLinkView

Position = tuple[datetime, str]
"""Where a page of a list ended: (created_at, token) of its last row."""

_LINK = "SELECT token, media_id, shows_prompt, allows_download, views, created_at FROM share_link"
# What somebody trashed, or somebody suspended made, is not shown to anybody, whatever the link says.
_SHARED = (
    "SELECT l.token, l.owner_id, l.media_id, l.shows_prompt, l.allows_download, m.content_type, m.width_px, m.height_px, m.duration_ms,"
    " m.blur, m.thumbnails, m.created_at, g.model_key, g.prompt FROM share_link l"
    " JOIN media m ON m.id = l.media_id AND m.owner_id = l.owner_id AND m.deleted_at IS NULL"
    " JOIN app_user u ON u.id = l.owner_id AND u.suspended_at IS NULL"
    " LEFT JOIN generation g ON g.id = m.generation_id"
    " WHERE l.token = :token AND l.revoked_at IS NULL"
)


def share(tx: Tx, *, owner_id: str, media_id: str, token: str, shows_prompt: bool, allows_download: bool, now: datetime) -> None:
    """Make the one live link of a media; one that it has stays as it is. Safe to repeat. Raises: NotFound."""
    inserted = tx.execute(
        "INSERT INTO share_link (token, media_id, owner_id, shows_prompt, allows_download, created_at)"
        " SELECT CAST(:token AS TEXT), id, owner_id, CAST(:shows_prompt AS BOOLEAN), CAST(:allows_download AS BOOLEAN),"
        " CAST(:now AS BIGINT) FROM media WHERE id = :media_id AND owner_id = :owner_id AND deleted_at IS NULL ON CONFLICT DO NOTHING",
        token=token,
        media_id=media_id,
        owner_id=owner_id,
        shows_prompt=shows_prompt,
        allows_download=allows_download,
        now=now,
    )
    if inserted.rowcount == 0 and not _has_link(tx, owner_id, media_id):
        raise NotFound("This picture is no longer in your gallery.")


def change(tx: Tx, *, owner_id: str, media_id: str, shows_prompt: bool | None, allows_download: bool | None) -> None:
    """Change what the live link shows; None leaves it. Safe to repeat. Raises: NotFound."""
    given = {"shows_prompt": shows_prompt, "allows_download": allows_download}
    changes = {name: value for name, value in given.items() if value is not None}
    assignments = ", ".join(f"{name} = :{name}" for name in changes) or "views = views"
    changed = tx.execute(f"UPDATE share_link SET {assignments} WHERE {_LIVE}", owner_id=owner_id, media_id=media_id, **changes)
    if changed.rowcount == 0:
        raise NotFound("This isn't shared any more.")


def revoke(tx: Tx, *, owner_id: str, media_id: str, now: datetime) -> None:
    """End the live link, if there is one. Safe to repeat."""
    tx.execute(f"UPDATE share_link SET revoked_at = :now WHERE {_LIVE}", owner_id=owner_id, media_id=media_id, now=now)


def add_views(tx: Tx, *, counted: Mapping[str, int]) -> None:
    """Add to the views of each token, which is that of a link or of a shared collection."""
    for token in sorted(counted):
        link = tx.execute("UPDATE share_link SET views = views + :more WHERE token = :token", token=token, more=counted[token])
        if link.rowcount == 0:
            tx.execute("UPDATE collection SET views = views + :more WHERE share_token = :token", token=token, more=counted[token])


async def find_link(session: AsyncSession, *, owner_id: str, media_id: str) -> ShareLinkView | None:
    """The live link of one of the owner's media."""
    rows = await rows_of(session, f"{_LINK} WHERE {_LIVE}", owner_id=owner_id, media_id=media_id)
    return _link(rows[0]) if rows else None


async def list_links(session: AsyncSession, *, owner_id: str, limit: int, before: Position | None) -> tuple[ShareLinkView, ...]:
    """The owner's live links, newest first, after ``before``."""
    after = "" if before is None else " AND (created_at, token) < (:moment, :last)"
    params = {} if before is None else {"moment": to_micros(before[0]), "last": before[1]}
    sql = f"{_LINK} WHERE owner_id = :owner_id AND revoked_at IS NULL{after} ORDER BY created_at DESC, token DESC LIMIT :limit"
    return tuple(map(_link, await rows_of(session, sql, owner_id=owner_id, limit=limit, **params)))


async def find_shared(session: AsyncSession, *, token: str) -> SharedMedia | None:
    """What a link shows, while it shows anything."""
    rows = await rows_of(session, _SHARED, token=token)
    return _shared(rows[0]) if rows else None


_LIVE = "media_id = :media_id AND owner_id = :owner_id AND revoked_at IS NULL"


def _has_link(tx: Tx, owner_id: str, media_id: str) -> bool:
    return tx.execute(f"SELECT token FROM share_link WHERE {_LIVE}", owner_id=owner_id, media_id=media_id).first() is not None


def _link(row: Mapping[str, Any]) -> ShareLinkView:
    return ShareLinkView(
        token=row["token"],
        media_id=row["media_id"],
        shows_prompt=bool(row["shows_prompt"]),
        allows_download=bool(row["allows_download"]),
        views=row["views"],
        created_at=from_micros(row["created_at"]),
    )


def _shared(row: Mapping[str, Any]) -> SharedMedia:
    return SharedMedia(
        token=row["token"],
        owner_id=row["owner_id"],
        media_id=row["media_id"],
        content_type=row["content_type"],
        width_px=row["width_px"],
        height_px=row["height_px"],
        duration_ms=row["duration_ms"],
        blur=row["blur"],
        has_thumbnails=row["thumbnails"] == "ready",
        made_at=from_micros(row["created_at"]),
        model_key=row["model_key"] or "",
        prompt=(row["prompt"] or "") if row["shows_prompt"] else "",
        allows_download=bool(row["allows_download"]),
    )
