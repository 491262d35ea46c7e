"""MediaCollections: what an owner puts together, and shows to everybody who has the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from nyx.bus import Bus, Event, user_topic
from nyx.clock import Clock, Random, from_micros
from nyx.db import Database, Tx, read_rows
from nyx.errors import Conflict, InvalidInput, NotFound
from nyx.services.media import curating, listing
from nyx.services.media.views import CollectionView, Filters, SharedPage

_LONGEST_NAME = 80
_MOST = 500
_MAX_PAGE = 100


class MediaCollections:
    """Everything but what is shared is of one owner: what is somebody else's does not exist."""

    def __init__(self, *, db: Database, clock: Clock, random: Random, bus: Bus) -> None:
        self._db = db
        self._clock = clock
        self._random = random
        self._bus = bus

    async def list(self, *, owner_id: str) -> tuple[CollectionView, ...]:
        """All of the owner's, by name; at most 500."""
        rows = await read_rows(self._db, f"{_VIEW} WHERE c.owner_id = :owner_id ORDER BY c.name, c.id LIMIT {_MOST}", owner_id=owner_id)
        return tuple(map(_view, rows))

    async def get(self, *, owner_id: str, collection_id: str) -> CollectionView:
        """Raises: NotFound."""
        rows = await read_rows(self._db, f"{_VIEW} WHERE c.id = :id AND c.owner_id = :owner_id", id=collection_id, owner_id=owner_id)
        if not rows:
            raise NotFound(_GONE)
        return _view(rows[0])

    async def create(self, *, owner_id: str, name: str, media_ids: Sequence[str] = ()) -> str:
        """Make one, with these in it. Returns its id. Raises: InvalidInput, Conflict, when there is one of that name."""
        collection_id = self._random.id()
        ids = curating.checked(media_ids) if media_ids else ()
        name = _checked_name(name)
        await self._db.write(_create, owner_id=owner_id, collection_id=collection_id, name=name, media_ids=ids, now=self._clock.now())
        self._tell(owner_id)
        return collection_id

    async def rename(self, *, owner_id: str, collection_id: str, name: str) -> None:
        """Raises: NotFound, InvalidInput, Conflict."""
        name = _checked_name(name)
        await self._db.write(_rename, owner_id=owner_id, collection_id=collection_id, name=name)
        self._tell(owner_id)

    async def delete(self, *, owner_id: str, collection_id: str) -> None:
        """Take the collection away; what is in it stays in the gallery. Raises: NotFound."""
        await self._db.write(_delete, owner_id=owner_id, collection_id=collection_id)
        self._tell(owner_id)

    async def add(self, *, owner_id: str, collection_id: str, media_ids: Sequence[str]) -> int:
        """Put 1 to 500 of the owner's media in. Returns how many were not in it yet; safe to repeat. Raises: NotFound, InvalidInput."""
        ids = curating.checked(media_ids)
        added = await self._db.write(_add, owner_id=owner_id, collection_id=collection_id, media_ids=ids, now=self._clock.now())
        self._tell(owner_id)
        return added

    async def remove(self, *, owner_id: str, collection_id: str, media_ids: Sequence[str]) -> int:
        """Take 1 to 500 out; they stay in the gallery. Returns how many were in it. Raises: NotFound, InvalidInput."""
        ids = curating.checked(media_ids)
        removed = await self._db.write(_remove, owner_id=owner_id, collection_id=collection_id, media_ids=ids)
        self._tell(owner_id)
        return removed

    async def set_cover(self, *, owner_id: str, collection_id: str, media_id: str) -> None:
        """Show this one, which must be in it, for the whole. Raises: NotFound."""
        await self._db.write(_set_cover, owner_id=owner_id, collection_id=collection_id, media_id=media_id)
        self._tell(owner_id)

    # Sharing

    async def publish(self, *, owner_id: str, collection_id: str) -> str:
        """Let everybody look who has the token that this returns. Safe to repeat: a shared one keeps its token. Raises: NotFound."""
        token = await self._db.write(_publish, owner_id=owner_id, collection_id=collection_id, token=self._random.token())
        self._tell(owner_id)
        return token

    async def revoke(self, *, owner_id: str, collection_id: str) -> None:
        """From now on its address leads nowhere, for good: publishing again makes a new one. Raises: NotFound."""
        await self._db.write(_revoke, owner_id=owner_id, collection_id=collection_id)
        self._tell(owner_id)

    async def get_shared(self, token: str) -> tuple[str, CollectionView]:
        """The owner's id and the collection that this token opens. Raises: NotFound, also for one of somebody suspended."""
        rows = await read_rows(self._db, f"{_VIEW} WHERE c.share_token = :token AND {_MAY_SHOW}", token=token)
        if not rows:
            raise NotFound("This collection is not shared.")
        return rows[0]["owner_id"], _view(rows[0])

    async def shared_page(self, token: str, *, limit: int = 48, after: str | None = None) -> SharedPage:
        """What everybody may see of it. Raises: NotFound, InvalidInput, for an ``after`` that is none."""
        owner_id, collection = await self.get_shared(token)
        is_sqlite = self._db.dialect == "sqlite"
        whole = listing.query_of(Filters(collection_id=collection.id), owner_id=owner_id, is_sqlite=is_sqlite)
        rest = whole if after is None else listing.from_cursor(whole, after, oldest_first=False)
        async with self._db.read() as session:
            count = await listing.count(session, whole)
            left = count if after is None else await listing.count(session, rest)
            page = await listing.page(session, rest, limit=min(limit, _MAX_PAGE), oldest_first=False)
        return SharedPage(items=page.items, after=page.after, count=count, place=count - left + 1)

    async def owner_of_shared(self, token: str, *, media_id: str) -> str:
        """Whose file this is, if the collection that the token opens shows it. Raises: NotFound."""
        rows = await read_rows(
            self._db,
            "SELECT c.owner_id FROM collection c JOIN collection_item i ON i.collection_id = c.id JOIN media m ON m.id = i.media_id"
            " WHERE c.share_token = :token AND i.media_id = :media_id AND m.deleted_at IS NULL AND m.owner_id = c.owner_id"
            f" AND {_MAY_SHOW}",
            token=token,
            media_id=media_id,
        )
        if not rows:
            raise NotFound("There is no such file.")
        return str(rows[0]["owner_id"])

    def _tell(self, owner_id: str) -> None:
        self._bus.publish(user_topic(owner_id), Event("collections"))


def _checked_name(name: str) -> str:
    words = " ".join("".join(character if character.isprintable() else " " for character in name).split())
    if not words:
        raise InvalidInput("Give the collection a name.", field="name")
    if len(words) > _LONGEST_NAME:
        raise InvalidInput(f"A name has at most {_LONGEST_NAME} characters.", field="name")
    return words


def _create(tx: Tx, *, owner_id: str, collection_id: str, name: str, media_ids: Sequence[str], now: datetime) -> None:
    made = tx.execute(
        "INSERT INTO collection (id, owner_id, name, created_at) SELECT CAST(:id AS VARCHAR), CAST(:owner_id AS VARCHAR),"
        " CAST(:name AS VARCHAR), CAST(:now AS BIGINT) WHERE (SELECT count(*) FROM collection WHERE owner_id = CAST(:owner_id AS VARCHAR))"
        " < CAST(:most AS BIGINT) ON CONFLICT DO NOTHING",
        id=collection_id,
        owner_id=owner_id,
        name=name,
        now=now,
        most=_MOST,
    )
    if made.rowcount != 1:
        taken = tx.execute("SELECT 1 FROM collection WHERE owner_id = :owner_id AND name = :name", owner_id=owner_id, name=name).first()
        raise Conflict(_TAKEN if taken else f"There are {_MOST} collections already. Delete one first.")
    if media_ids:
        _add(tx, owner_id=owner_id, collection_id=collection_id, media_ids=media_ids, now=now)


def _rename(tx: Tx, *, owner_id: str, collection_id: str, name: str) -> None:
    taken = tx.execute(
        "SELECT 1 FROM collection WHERE owner_id = :owner_id AND name = :name AND id <> :id", owner_id=owner_id, name=name, id=collection_id
    ).first()
    if taken is not None:
        raise Conflict(_TAKEN)
    _changed(
        tx, "UPDATE collection SET name = :name WHERE id = :id AND owner_id = :owner_id", id=collection_id, owner_id=owner_id, name=name
    )


def _delete(tx: Tx, *, owner_id: str, collection_id: str) -> None:
    _belongs(tx, owner_id=owner_id, collection_id=collection_id)
    tx.execute("DELETE FROM collection_item WHERE collection_id = :id", id=collection_id)
    tx.execute("DELETE FROM collection WHERE id = :id", id=collection_id)


def _add(tx: Tx, *, owner_id: str, collection_id: str, media_ids: Sequence[str], now: datetime) -> int:
    _belongs(tx, owner_id=owner_id, collection_id=collection_id)
    names = {f"id_{number}": media_id for number, media_id in enumerate(media_ids)}
    return tx.execute(
        "INSERT INTO collection_item (collection_id, media_id, added_at) SELECT CAST(:collection_id AS VARCHAR), id,"
        " CAST(:now AS BIGINT) FROM media"
        f" WHERE id IN ({', '.join(f':{name}' for name in names)}) AND owner_id = :owner_id AND origin = 'output' AND deleted_at IS NULL"
        " ON CONFLICT DO NOTHING",
        collection_id=collection_id,
        owner_id=owner_id,
        now=now,
        **names,
    ).rowcount


def _remove(tx: Tx, *, owner_id: str, collection_id: str, media_ids: Sequence[str]) -> int:
    _belongs(tx, owner_id=owner_id, collection_id=collection_id)
    names = {f"id_{number}": media_id for number, media_id in enumerate(media_ids)}
    listed = ", ".join(f":{name}" for name in names)
    tx.execute(f"UPDATE collection SET cover_media_id = NULL WHERE id = :id AND cover_media_id IN ({listed})", id=collection_id, **names)
    sql = f"DELETE FROM collection_item WHERE collection_id = :id AND media_id IN ({listed})"
    return tx.execute(sql, id=collection_id, **names).rowcount


def _set_cover(tx: Tx, *, owner_id: str, collection_id: str, media_id: str) -> None:
    _changed(
        tx,
        "UPDATE collection SET cover_media_id = :media_id WHERE id = :id AND owner_id = :owner_id AND EXISTS"
        " (SELECT 1 FROM collection_item WHERE collection_id = :id AND media_id = :media_id)",
        id=collection_id,
        owner_id=owner_id,
        media_id=media_id,
    )


def _publish(tx: Tx, *, owner_id: str, collection_id: str, token: str) -> str:
    row = tx.execute(
        "UPDATE collection SET share_token = coalesce(share_token, :token) WHERE id = :id AND owner_id = :owner_id RETURNING share_token",
        id=collection_id,
        owner_id=owner_id,
        token=token,
    ).first()
    if row is None:
        raise NotFound(_GONE)
    return str(row["share_token"])


def _revoke(tx: Tx, *, owner_id: str, collection_id: str) -> None:
    _changed(tx, "UPDATE collection SET share_token = NULL WHERE id = :id AND owner_id = :owner_id", id=collection_id, owner_id=owner_id)


def _belongs(tx: Tx, *, owner_id: str, collection_id: str) -> None:
    """Raises: NotFound. Where rows can be locked the collection stays until the end of the transaction."""
    sql = f"SELECT 1 FROM collection WHERE id = :id AND owner_id = :owner_id{tx.lock}"
    if tx.execute(sql, id=collection_id, owner_id=owner_id).first() is None:
        raise NotFound(_GONE)


def _changed(tx: Tx, sql: str, **params: Any) -> None:
    if tx.execute(sql, **params).rowcount != 1:
        raise NotFound(_GONE)


def _view(row: Mapping[str, Any]) -> CollectionView:
    return CollectionView(
        id=row["id"],
        name=row["name"],
        count=row["count"],
        cover=row["cover"],
        share_token=row["share_token"],
        views=row["views"],
        created_at=from_micros(row["created_at"]),
    )


_GONE = "This collection is no longer here."
_TAKEN = "You have a collection of that name already."
_MAY_SHOW = "EXISTS (SELECT 1 FROM app_user u WHERE u.id = c.owner_id AND u.suspended_at IS NULL)"
_SHOWN = "FROM collection_item i JOIN media m ON m.id = i.media_id WHERE i.collection_id = c.id AND m.deleted_at IS NULL"
_VIEW = (
    f"SELECT c.id, c.owner_id, c.name, c.share_token, c.views, c.created_at, (SELECT count(*) {_SHOWN}) AS count,"
    " coalesce((SELECT m.id FROM media m WHERE m.id = c.cover_media_id AND m.deleted_at IS NULL),"
    f" (SELECT i.media_id {_SHOWN} ORDER BY i.added_at DESC, i.media_id DESC LIMIT 1)) AS cover FROM collection c"
)
