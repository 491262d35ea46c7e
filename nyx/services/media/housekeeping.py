"""Housekeeping: takes away what belongs to nobody any more, and what has been in the trash for long enough."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from nyx.clock import Clock
from nyx.db import Database
from nyx.services.media import curating, downloads, repository
from nyx.services.media.keys import derived_keys, originals_of
from nyx.services.media.library import TRASH_KEPT
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

    async def empty_trashes(self) -> int:
        """Purge what has been in a trash for 30 days, and remove the files of everything that is purged. Safe to repeat.

        The row is given up first: from then on nobody can restore it, so no row is ever left without its files. Files that a
        crash in between leaves on the disk still count as stored, and are removed when this comes round again. Returns how many
        media lost their files.
        """
        now = self._clock.now()
        while await self._db.write(curating.purge, deleted_before=now - TRASH_KEPT, owner_id=None, limit=_BATCH, now=now):
            pass
        removed = 0
        while doomed := await self._db.write(curating.list_doomed, limit=_BATCH):
            await asyncio.to_thread(self._remove_files, [one.storage_key for one in doomed])
            await self._db.write(curating.forget_files, media_ids=[one.media_id for one in doomed])
            removed += len(doomed)
        await self._db.write(downloads.forget_old, now=now)
        if removed:
            log.info("Removed files that were in the trash", extra={"media": removed})
        return removed

    def _remove_files(self, storage_keys: list[str]) -> None:
        for key in storage_keys:
            for name in (*derived_keys(key), key):
                self._storage.delete(name)

    async def _orphans_of(self, keys: list[str]) -> list[str]:
        wanted = {key: originals_of(key) for key in keys}
        async with self._db.read() as session:
            named = await repository.which_exist(session, [original for originals in wanted.values() for original in originals])
        return [key for key, originals in wanted.items() if originals and named.isdisjoint(originals)]

    def _remove(self, keys: list[str], before: datetime) -> int:
        return sum(self._storage.delete(key, untouched_since=before) for key in keys)


def _next(keys: Iterator[str]) -> list[str]:
    return list(islice(keys, _BATCH))
