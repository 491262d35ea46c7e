"""MediaLibrary: what an owner has made, to look through and to keep in order. Files themselves are MediaService's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from nyx.bus import Bus, Event, user_topic
from nyx.clock import Clock
from nyx.db import Database
from nyx.errors import NotFound
from nyx.services.media import curating, listing
from nyx.services.media.views import Figures, Filters, MediaPage, MediaView

TRASH_KEPT = timedelta(days=30)
_MAX_PAGE = 100
_TELL_EACH = 20  # above it, pages are told to look at everything again
_PURGE_BATCH = 200
_EVERYTHING = Filters()


class MediaLibrary:
    """Everything is of one owner: what is somebody else's does not exist."""

    def __init__(self, *, db: Database, clock: Clock, bus: Bus) -> None:
        self._db = db
        self._clock = clock
        self._bus = bus

    # Reading

    async def page(self, *, owner_id: str, filters: Filters = _EVERYTHING, limit: int = 48, after: str | None = None) -> MediaPage:
        """At most ``limit`` (100) media from where another page ended. Raises: InvalidInput, for an ``after`` that is none.

        In the order in which they were made; in a collection in that in which they were added.
        """
        query = self._query(filters, owner_id)
        if after is not None:
            query = listing.from_cursor(query, after, oldest_first=filters.oldest_first)
        async with self._db.read() as session:
            return await listing.page(session, query, limit=min(limit, _MAX_PAGE), oldest_first=filters.oldest_first)

    async def among(self, *, owner_id: str, media_ids: Sequence[str], filters: Filters = _EVERYTHING) -> tuple[MediaView, ...]:
        """Those of these that are there and pass the filters. Raises: InvalidInput, for none or more than 500."""
        ids = curating.checked(media_ids)
        async with self._db.read() as session:
            return await listing.among(session, self._query(filters, owner_id), ids, oldest_first=filters.oldest_first)

    async def get(self, *, owner_id: str, media_id: str, in_trash: bool = False) -> MediaView:
        """One of the owner's. Raises: NotFound."""
        async with self._db.read() as session:
            view = await listing.find(session, owner_id=owner_id, media_id=media_id, in_trash=in_trash)
        if view is None:
            raise NotFound(_GONE)
        return view

    async def figures(self, *, owner_id: str) -> Figures:
        """How many there are and how much they take up."""
        async with self._db.read() as session:
            return await listing.figures(session, owner_id=owner_id)

    async def model_keys(self, *, owner_id: str) -> tuple[str, ...]:
        """The models that made what is in the gallery, in no particular order."""
        async with self._db.read() as session:
            return await listing.model_keys(session, owner_id=owner_id)

    # Keeping in order. Each takes 1 to 500 ids, does all of them or none, and leaves out what is not there any more.

    async def trash(self, *, owner_id: str, media_ids: Sequence[str]) -> int:
        """Take them out of the gallery at once; for 30 days they can be restored. Returns how many. Raises: NotFound, InvalidInput."""
        ids = curating.checked(media_ids)
        return self._done(owner_id, await self._db.write(curating.trash, owner_id=owner_id, media_ids=ids, now=self._clock.now()))

    async def restore(self, *, owner_id: str, media_ids: Sequence[str]) -> int:
        """Bring them back from the trash. Returns how many. Raises: NotFound, when they are purged; InvalidInput."""
        return self._done(
            owner_id, await self._db.write(curating.restore, owner_id=owner_id, media_ids=curating.checked(media_ids)), _NOT_IN_TRASH
        )

    async def favour(self, *, owner_id: str, media_ids: Sequence[str], is_favourite: bool = True) -> int:
        """Make them favourites, or no more. Returns how many; safe to repeat. Raises: NotFound, InvalidInput."""
        now = self._clock.now() if is_favourite else None
        return self._done(
            owner_id, await self._db.write(curating.favour, owner_id=owner_id, media_ids=curating.checked(media_ids), now=now)
        )

    async def empty_trash(self, *, owner_id: str) -> int:
        """Give up what is in the trash now, for good; the files go when the housekeeping comes round. Returns how many."""
        now = self._clock.now()
        total = 0
        while count := await self._db.write(
            curating.purge, deleted_before=now + timedelta(microseconds=1), owner_id=owner_id, limit=_PURGE_BATCH, now=now
        ):
            total += count
        self._bus.publish(user_topic(owner_id), Event("refresh"))
        return total

    def _query(self, filters: Filters, owner_id: str) -> listing.Query:
        return listing.query_of(filters, owner_id=owner_id, is_sqlite=self._db.dialect == "sqlite")

    def _done(self, owner_id: str, changed: Sequence[str], refusal: str | None = None) -> int:
        if not changed:
            raise NotFound(refusal or _GONE)
        events = [Event("media", media_id) for media_id in changed] if len(changed) <= _TELL_EACH else [Event("refresh")]
        for event in events:
            self._bus.publish(user_topic(owner_id), event)
        return len(changed)


_GONE = "This is no longer in your gallery."
_NOT_IN_TRASH = "This is no longer in your trash."
