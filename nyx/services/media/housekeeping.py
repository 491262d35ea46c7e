"""Housekeeping: takes away what belongs to nobody any more. What a row still names is never touched."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from nyx.clock import Clock
from nyx.db import Database
from nyx.services.media import repository
from nyx.services.media.keys import originals_of
from nyx.services.media.storage import Storage

log = logging.getLogger(__name__)

_ORPHAN_AGE = timedelta(hours=24)  # longer than any file waits for its row
_BATCH = 200
_SUSPICIOUS = 20


class Housekeeping:
    """Meant to come round a few times a day, beside the running app."""

    def __init__(self, *, db: Database, storage: Storage, clock: Clock) -> None:
        self._db = db
        self._storage = storage
        self._clock = clock

    async def sweep_orphans(self, limit: int = 1_000) -> int:
        """Remove at most ``limit`` files, older than 24 hours, that no row names. Returns how many. Safe to repeat.

        When most files are nobody's, this is more likely the wrong database for this folder: then all are left where they are.
        """
        before = self._clock.now() - _ORPHAN_AGE
        keys = self._storage.keys(untouched_since=before)
        orphans: list[str] = []
        known = 0
        while len(orphans) < limit and (batch := await asyncio.to_thread(_next, keys)):
            found = await self._orphans_of(batch)
            known += len(batch) - len(found)
            orphans += found
        if len(orphans) > max(known, _SUSPICIOUS):
            log.error("Most stored files belong to no row; is this the right database?", extra={"files": len(orphans), "known": known})
            return 0
        removed = await asyncio.to_thread(self._remove, orphans[:limit], before)
        if removed:
            log.info("Removed files that belong to no row", extra={"files": removed})
        return removed

    async def _orphans_of(self, keys: list[str]) -> list[str]:
        wanted = {key: originals_of(key) for key in keys}
        async with self._db.read() as session:
            named = await repository.which_exist(session, [original for originals in wanted.values() for original in originals])
        return [key for key, originals in wanted.items() if originals and named.isdisjoint(originals)]

    def _remove(self, keys: list[str], before: datetime) -> int:
        return sum(self._storage.delete(key, untouched_since=before) for key in keys)


def _next(keys: Iterator[str]) -> list[str]:
    return list(islice(keys, _BATCH))
