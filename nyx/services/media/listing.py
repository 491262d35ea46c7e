"""The SQL that reads the gallery: pages by keyset, one media, figures. It decides nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from nyx.clock import from_micros, to_micros
from nyx.db import rows_of
from nyx.errors import InvalidInput
from nyx.models.media import ThumbnailState
from nyx.services.media.views import Figures, Filters, MediaPage, MediaView
from nyx.services.media.words import INDEXED, fts5_query, tsquery, words_of

_CURSOR = re.compile(r"(\d{1,18})-([0-9a-f]{0,32})")


@dataclass(frozen=True)
class Query:
    """A statement without its limit: ``at`` and ``tie`` are the columns that it is read in the order of."""

    source: str
    conditions: tuple[str, ...]
    params: Mapping[str, Any]
    at: str = "m.created_at"
    tie: str = "m.id"

    def where(self, condition: str, **params: Any) -> Query:
        """One condition more."""
        return Query(self.source, (*self.conditions, condition), {**self.params, **params}, self.at, self.tie)

    def sql(self, *, oldest_first: bool) -> str:
        """With ``:limit``."""
        way = "" if oldest_first else " DESC"
        order = f"{self.at}{way}" + (f", {self.tie}{way}" if self.tie else "")
        columns = f"{self.at} AS cursor_at, {self.tie or repr('')} AS cursor_tie, {_COLUMNS}"
        return f"SELECT {columns} FROM {self.source} {_STORY} WHERE {' AND '.join(self.conditions)} ORDER BY {order} LIMIT :limit"


def query_of(filters: Filters, *, owner_id: str, is_sqlite: bool) -> Query:
    """What reads these media of this owner from an index that has them in order."""
    words = words_of(filters.words)
    query = _source(filters, words, owner_id=owner_id, is_sqlite=is_sqlite).where(_STATE[filters.in_trash])
    if filters.kind is not None:
        query = query.where("m.duration_ms IS NULL" if filters.kind == "image" else "m.duration_ms IS NOT NULL")
    if filters.model_key is not None:
        query = query.where("m.model_key = :model_key", model_key=filters.model_key)
    if filters.is_favourite:
        query = query.where("m.favourite_at IS NOT NULL")
    if filters.since is not None:
        query = query.where("m.created_at >= :since", since=to_micros(filters.since))
    if filters.until is not None:
        query = query.where("m.created_at < :until", until=to_micros(filters.until))
    return query


def from_cursor(query: Query, after: str, *, oldest_first: bool) -> Query:
    """The rows behind ``after``. Raises: InvalidInput."""
    found = _CURSOR.fullmatch(after)
    if found is None:
        raise InvalidInput("This page of the gallery does not exist.", field="after")
    sign = ">" if oldest_first else "<"
    if not query.tie:
        return query.where(f"{query.at} {sign} :at", at=int(found[1]))
    return query.where(f"({query.at}, {query.tie}) {sign} (:at, :tie)", at=int(found[1]), tie=found[2])


async def page(session: AsyncSession, query: Query, *, limit: int, oldest_first: bool) -> MediaPage:
    """At most ``limit``, and where to go on."""
    found = await rows_of(session, query.sql(oldest_first=oldest_first), **query.params, limit=limit + 1)
    shown = found[:limit]
    after = f"{shown[-1]['cursor_at']}-{shown[-1]['cursor_tie']}" if len(found) > limit else None
    return MediaPage(items=tuple(map(view_of, shown)), after=after)


async def count(session: AsyncSession, query: Query) -> int:
    """How many there are."""
    sql = f"SELECT count(*) AS n FROM {query.source} WHERE {' AND '.join(query.conditions)}"
    return int((await rows_of(session, sql, **query.params))[0]["n"])


async def among(session: AsyncSession, query: Query, media_ids: Sequence[str], *, oldest_first: bool) -> tuple[MediaView, ...]:
    """Those of the ids that belong to the query."""
    names = {f"id_{number}": media_id for number, media_id in enumerate(media_ids)}
    narrowed = query.where(f"m.id IN ({', '.join(f':{name}' for name in names)})", **names)
    return (await page(session, narrowed, limit=len(names), oldest_first=oldest_first)).items


async def find(session: AsyncSession, *, owner_id: str, media_id: str, in_trash: bool) -> MediaView | None:
    """One that is the owner's."""
    sql = f"SELECT {_COLUMNS} FROM media m {_STORY} WHERE m.id = :media_id AND m.owner_id = :owner_id AND {_STATE[in_trash]}"
    rows = await rows_of(session, sql, owner_id=owner_id, media_id=media_id)
    return view_of(rows[0]) if rows else None


async def figures(session: AsyncSession, *, owner_id: str) -> Figures:
    """Each figure from an index alone."""
    (row,) = await rows_of(session, FIGURES, owner_id=owner_id)
    return Figures(in_gallery=row["in_gallery"], in_trash=row["in_trash"], used_bytes=int(row["used_bytes"]))


async def model_keys(session: AsyncSession, *, owner_id: str) -> tuple[str, ...]:
    """Every model that made something in the gallery; from one to the next by the index, however many files there are."""
    return tuple(row["model_key"] for row in await rows_of(session, MODEL_KEYS, owner_id=owner_id))


def _source(filters: Filters, words: tuple[str, ...], *, owner_id: str, is_sqlite: bool) -> Query:
    """Words decide where to begin, then the collection, then the owner's own order."""
    mine = "m.owner_id = :owner_id"
    if words and is_sqlite:
        # CROSS JOIN keeps this order: matches come from the index newest first, and reading stops when the page is full.
        source = "media_words w CROSS JOIN media_words_row r ON r.number = w.rowid CROSS JOIN media m ON m.id = r.media_id"
        matching = {"words": fts5_query(words, owner_id=owner_id), "owner_id": owner_id}
        query = Query(source, ("media_words MATCH :words", mine), matching, at="w.rowid", tie="")
    elif filters.collection_id is not None and not words:
        source = "collection_item i JOIN media m ON m.id = i.media_id"
        collected = {"collection_id": filters.collection_id, "owner_id": owner_id}
        return Query(source, ("i.collection_id = :collection_id", mine), collected, at="i.added_at", tie="i.media_id")
    else:
        query = Query("media m", (mine,), {"owner_id": owner_id})
        if words:
            query = query.where(f"{INDEXED} @@ CAST(:words AS tsquery)", words=tsquery(words))
    if filters.collection_id is not None:
        inside = "EXISTS (SELECT 1 FROM collection_item i WHERE i.collection_id = :collection_id AND i.media_id = m.id)"
        query = query.where(inside, collection_id=filters.collection_id)
    return query


def view_of(row: Mapping[str, Any]) -> MediaView:
    """What callers get of a row."""
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
        is_favourite=row["favourite_at"] is not None,
        deleted_at=None if row["deleted_at"] is None else from_micros(row["deleted_at"]),
    )


# Literal, so that the partial indexes of the table apply.
_STATE = {
    False: "m.origin = 'output' AND m.deleted_at IS NULL",
    True: "m.origin = 'output' AND m.deleted_at IS NOT NULL AND m.purged_at IS NULL",
}
_COLUMNS = (
    "m.id, m.generation_id, m.output_index, m.content_type, m.size_bytes, m.width_px, m.height_px, m.duration_ms, m.blur,"
    " m.thumbnails, m.created_at, m.favourite_at, m.deleted_at, g.prompt, g.capability, g.model_key, g.settings,"
    " g.unit_price_credits, j.seed"
)
_STORY = (
    "JOIN generation g ON g.id = m.generation_id LEFT JOIN job j ON j.generation_id = m.generation_id AND j.output_index = m.output_index"
)
FIGURES = (
    f"SELECT count(*) FILTER (WHERE {_STATE[False]}) AS in_gallery, count(*) FILTER (WHERE {_STATE[True]}) AS in_trash,"
    " coalesce(sum(m.size_bytes), 0) AS used_bytes FROM media m WHERE m.owner_id = :owner_id"
)
_NEXT_MODEL = f"(SELECT min(m.model_key) FROM media m WHERE m.owner_id = :owner_id AND {_STATE[False]} AND m.model_key > "
MODEL_KEYS = (
    f"WITH RECURSIVE made (model_key) AS (SELECT {_NEXT_MODEL} '') UNION ALL"
    f" SELECT {_NEXT_MODEL} made.model_key) FROM made WHERE made.model_key IS NOT NULL)"
    " SELECT model_key FROM made WHERE model_key IS NOT NULL"
)
