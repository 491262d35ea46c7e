"""Operations on what an owner keeps: favourites, the trash, and the two steps in which a file goes for good. Nothing is published here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nyx.db import Tx
from nyx.errors import InvalidInput

MOST_AT_ONCE = 500


@dataclass(frozen=True)
class Doomed:
    """A file of a row that is purged already."""

    media_id: str
    storage_key: str


def trash(tx: Tx, *, owner_id: str, media_ids: Sequence[str], now: datetime) -> tuple[str, ...]:
    """Hide them from every list and address; the files stay until they are purged. Returns those that were there."""
    return _change(tx, "deleted_at = :now", "deleted_at IS NULL", owner_id=owner_id, media_ids=media_ids, now=now)


def restore(tx: Tx, *, owner_id: str, media_ids: Sequence[str]) -> tuple[str, ...]:
    """Take them out of the trash. Returns those that were in it and not purged meanwhile."""
    in_trash = "deleted_at IS NOT NULL AND purged_at IS NULL"
    return _change(tx, "deleted_at = NULL", in_trash, owner_id=owner_id, media_ids=media_ids)


def favour(tx: Tx, *, owner_id: str, media_ids: Sequence[str], now: datetime | None) -> tuple[str, ...]:
    """Make them favourites since ``now``, or with None favourites no more. Returns those that are there. Safe to repeat."""
    change = "favourite_at = NULL" if now is None else "favourite_at = coalesce(favourite_at, :now)"
    return _change(tx, change, "deleted_at IS NULL", owner_id=owner_id, media_ids=media_ids, **({} if now is None else {"now": now}))


def purge(tx: Tx, *, deleted_before: datetime, owner_id: str | None, limit: int, now: datetime) -> int:
    """Give up for good what was put into the trash before then: nobody can restore it any more, and it leaves every collection.

    The files are still there: ``list_doomed`` names them. Returns how many rows; safe to repeat.
    """
    whose = "" if owner_id is None else " AND owner_id = :owner_id"
    params: dict[str, Any] = {} if owner_id is None else {"owner_id": owner_id}
    rows = tx.execute(
        "SELECT id FROM media WHERE deleted_at IS NOT NULL AND size_bytes > 0 AND purged_at IS NULL AND deleted_at < :before"
        f"{whose} ORDER BY deleted_at LIMIT :limit{tx.lock}",
        before=deleted_before,
        limit=limit,
        **params,
    ).all()
    if not rows:
        return 0
    listed, ids = _listed([row["id"] for row in rows])
    gone = tx.execute(
        f"UPDATE media SET purged_at = :now, blur = '', favourite_at = NULL WHERE id IN ({listed})"
        " AND deleted_at IS NOT NULL AND purged_at IS NULL",
        now=now,
        **ids,
    )
    tx.execute(f"UPDATE collection SET cover_media_id = NULL WHERE cover_media_id IN ({listed})", **ids)
    tx.execute(f"DELETE FROM collection_item WHERE media_id IN ({listed})", **ids)
    return gone.rowcount


def list_doomed(tx: Tx, *, limit: int) -> tuple[Doomed, ...]:
    """Files of purged rows that may still be on the disk, also those that a crash left; not what something is being made from."""
    rows = tx.execute(
        "SELECT id, storage_key FROM media WHERE deleted_at IS NOT NULL AND size_bytes > 0 AND purged_at IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM generation_input i JOIN generation g ON g.id = i.generation_id"
        " WHERE i.media_id = media.id AND g.open_jobs > 0) LIMIT :limit",
        limit=limit,
    ).all()
    return tuple(Doomed(row["id"], row["storage_key"]) for row in rows)


def forget_files(tx: Tx, *, media_ids: Sequence[str]) -> None:
    """Note that the files of purged rows are removed: they take up nothing any more. Safe to repeat."""
    listed, ids = _listed(media_ids)
    tx.execute(f"UPDATE media SET size_bytes = 0 WHERE id IN ({listed}) AND purged_at IS NOT NULL", **ids)


def checked(media_ids: Sequence[str]) -> tuple[str, ...]:
    """Each once. Raises: InvalidInput, for none or for more than 500."""
    unique = tuple(dict.fromkeys(media_ids))
    if not unique:
        raise InvalidInput("Choose at least one picture or clip.")
    if len(unique) > MOST_AT_ONCE:
        raise InvalidInput(f"Choose at most {MOST_AT_ONCE} at once.")
    return unique


def _change(tx: Tx, change: str, state: str, *, owner_id: str, media_ids: Sequence[str], **params: Any) -> tuple[str, ...]:
    listed, ids = _listed(media_ids)
    sql = f"UPDATE media SET {change} WHERE id IN ({listed}) AND owner_id = :owner_id AND origin = 'output' AND {state} RETURNING id"
    return tuple(row["id"] for row in tx.execute(sql, owner_id=owner_id, **ids, **params).all())


def _listed(media_ids: Sequence[str]) -> tuple[str, dict[str, str]]:
    names = {f"id_{number}": media_id for number, media_id in enumerate(media_ids)}
    return ", ".join(f":{name}" for name in names), names
