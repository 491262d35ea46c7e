"""Downloads: many files of one owner as one archive, made while it is sent and never stored."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, cast

from zipstream import ZipStream

from nyx.clock import Clock, Random, from_micros
from nyx.db import Database, Tx, read_rows
from nyx.errors import Conflict, InvalidInput, NotFound, TooMany
from nyx.services.media.filenames import archive_name, download_name
from nyx.services.media.inspect import EXTENSIONS
from nyx.services.media.storage import Storage

MOST_FILES = 2_000
MOST_TICKETS = 20  # of one person, not used yet
MOST_SENDING = 4  # archives on their way to one person
_TICKET_AGE = timedelta(minutes=2)
_THREADS = 2
_CHUNKS_AT_ONCE = 16  # of 64 kB each
_TEXT = re.compile(r"[0-9A-Za-z_-]{1,86}")  # what an id may be made of; PostgreSQL stumbles over anything else
_BUSY_SENDING = f"{MOST_SENDING} archives are on their way to you already. Wait until one of them is there, then choose again."
_UNUSED = "You have begun many downloads without saving them. Please wait two minutes and try again."
_USED_OR_OLD = "This download has been used or is too old. Choose the files again."


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A ZIP file on its way. ``size_bytes`` is exact and known before the first byte; ``chunks`` may be read once."""

    filename: str
    size_bytes: int
    chunks: AsyncGenerator[bytes, None]


class Downloads:
    """Two steps: choose with ``offer``, then ``open`` once, within two minutes. Reading runs in its own bounded threads; ``close`` it."""

    def __init__(
        self,
        *,
        db: Database,
        storage: Storage,
        clock: Clock,
        random: Random,
        leaving_key: Callable[..., Awaitable[str | None]] | None = None,
    ) -> None:
        self._leaving_key = leaving_key
        self._db = db
        self._storage = storage
        self._clock = clock
        self._random = random
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="archives")
        self._sending: Counter[str] = Counter()

    async def offer(self, *, owner_id: str, media_ids: Sequence[str], name: str = "nyx-net") -> str:
        """A ticket for these files; what is not there or not the owner's is left out.

        What has to carry the mark is marked here, which takes a moment for each. Raises: InvalidInput, NotFound, TooMany, Overloaded.
        """
        self._check_sending(owner_id)
        ids = [one for one in dict.fromkeys(media_ids) if _TEXT.fullmatch(one)]
        if not ids:
            raise InvalidInput("Choose at least one picture or clip.")
        if len(ids) > MOST_FILES:
            raise InvalidInput(f"One archive takes at most {MOST_FILES:,} files.")
        files = await self._files(owner_id, ids)
        if not files:
            raise NotFound("None of these is in your gallery any more.")
        await self._leaving_keys(owner_id, files)  # now, where a refusal can be read: the browser saves whatever ``open`` answers
        ticket = self._random.token()
        now = self._clock.now()
        listed = json.dumps([file["id"] for file in files])  # nothing is stored that a stranger may have made up
        await self._db.write(_issue, ticket=ticket, owner_id=owner_id, name=archive_name(name), media_ids=listed, now=now)
        return ticket

    async def offer_collection(self, *, owner_id: str, collection_id: str) -> str:
        """A ticket for everything in a collection. Raises: InvalidInput, when it is empty or too large; otherwise as ``offer``."""
        if not _TEXT.fullmatch(collection_id):
            raise InvalidInput("There is nothing in this collection to download.")
        rows = await read_rows(self._db, _IN_COLLECTION, owner_id=owner_id, collection_id=collection_id, limit=MOST_FILES + 1)
        if not rows:
            raise InvalidInput("There is nothing in this collection to download.")
        return await self.offer(owner_id=owner_id, media_ids=[row["id"] for row in rows], name=rows[0]["name"])

    async def open(self, *, owner_id: str, ticket: str) -> Archive:
        """Use a ticket up, once nothing can keep the archive from being sent: after TooMany and Overloaded it is as good as before.

        Raises: NotFound, for one that is unknown or somebody else's; Conflict, for one that is used or too old; TooMany, Overloaded.
        """
        row = await self._ticket(owner_id, ticket)
        self._check_sending(owner_id)
        files = await self._files(owner_id, json.loads(row["media_ids"]))
        files = [{**file, "storage_key": key} for file, key in zip(files, await self._leaving_keys(owner_id, files), strict=True) if key]
        archive = await asyncio.get_running_loop().run_in_executor(self._threads, self._prepare, files)
        await self._db.write(_redeem, ticket=ticket, owner_id=owner_id, now=self._clock.now())  # of two at once, one gets it
        return Archive(filename=f"{row['name']}.zip", size_bytes=len(archive), chunks=self._read(owner_id, iter(archive)))

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _check_sending(self, owner_id: str) -> None:
        if self._sending[owner_id] >= MOST_SENDING:
            raise TooMany(_BUSY_SENDING, retry_after_s=30)

    async def _ticket(self, owner_id: str, ticket: str) -> Mapping[str, Any]:
        """Its row, while it can be used. Raises: NotFound, Conflict."""
        known = "SELECT name, media_ids, used_at, expires_at FROM download_ticket WHERE id = :ticket AND owner_id = :owner_id"
        rows = await read_rows(self._db, known, ticket=ticket, owner_id=owner_id)
        if not rows:
            raise NotFound("There is no such download.")
        if rows[0]["used_at"] is not None or from_micros(rows[0]["expires_at"]) <= self._clock.now():
            raise Conflict(_USED_OR_OLD)
        return rows[0]

    async def _leaving_keys(self, owner_id: str, files: Sequence[Mapping[str, Any]]) -> list[str | None]:
        """Where each lies as it may leave, with the mark where it is due. Raises: Overloaded."""
        if self._leaving_key is None:
            return [str(file["storage_key"]) for file in files]
        return [await self._leaving_key(owner_id=owner_id, media_id=file["id"]) for file in files]

    def _prepare(self, files: Sequence[Mapping[str, Any]]) -> SizedZip:
        archive = cast(SizedZip, ZipStream(sized=True))
        taken: set[str] = set()
        for file in files:
            path = self._storage.path(file["storage_key"])
            name = _unique(download_name(file["prompt"] or "", file["id"], EXTENSIONS[file["content_type"]]), taken)
            with suppress(FileNotFoundError):  # one that is gone must not keep the others
                archive.add_path(path, name, recurse=False)
        return archive

    async def _read(self, owner_id: str, chunks: Iterator[bytes]) -> AsyncGenerator[bytes, None]:
        """Read on only when what was read has been sent: a slow reader holds one megabyte."""
        loop = asyncio.get_running_loop()
        self._sending[owner_id] += 1  # here: what nobody begins to read would be counted for ever
        try:
            while piece := await loop.run_in_executor(self._threads, lambda: b"".join(islice(chunks, _CHUNKS_AT_ONCE))):
                yield piece
        finally:
            self._sending[owner_id] -= 1
            if not self._sending[owner_id]:
                del self._sending[owner_id]

    async def _files(self, owner_id: str, media_ids: Sequence[str]) -> Sequence[Mapping[str, Any]]:
        names = {f"id_{number}": media_id for number, media_id in enumerate(media_ids)}
        sql = _FILES.format(ids=", ".join(f":{name}" for name in names))
        return await read_rows(self._db, sql, owner_id=owner_id, **names)


class SizedZip(Protocol):
    """What is used of ``zipstream.ZipStream``: files stored as they are, so that the size of the whole is known."""

    def add_path(self, path: Path, arcname: str, *, recurse: bool) -> None: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[bytes]: ...


def forget_old(tx: Tx, *, now: datetime) -> None:
    """Remove the tickets that nobody can use any more. Safe to repeat."""
    tx.execute("DELETE FROM download_ticket WHERE expires_at < :now", now=now)


def _issue(tx: Tx, *, ticket: str, owner_id: str, name: str, media_ids: str, now: datetime) -> None:
    unused = "SELECT count(*) AS n FROM download_ticket WHERE owner_id = :owner_id AND used_at IS NULL AND expires_at > :now"
    if tx.execute(unused, owner_id=owner_id, now=now).all()[0]["n"] >= MOST_TICKETS:
        raise TooMany(_UNUSED, retry_after_s=_TICKET_AGE.total_seconds())
    tx.execute(
        "INSERT INTO download_ticket (id, owner_id, name, media_ids, expires_at)"
        " VALUES (:ticket, :owner_id, :name, :media_ids, :expires_at)",
        ticket=ticket,
        owner_id=owner_id,
        name=name,
        media_ids=media_ids,
        expires_at=now + _TICKET_AGE,
    )


def _redeem(tx: Tx, *, ticket: str, owner_id: str, now: datetime) -> None:
    used = tx.execute(
        "UPDATE download_ticket SET used_at = :now WHERE id = :ticket AND owner_id = :owner_id AND used_at IS NULL AND expires_at > :now",
        ticket=ticket,
        owner_id=owner_id,
        now=now,
    )
    if used.rowcount == 0:
        raise Conflict(_USED_OR_OLD)


def _unique(name: str, taken: set[str]) -> str:
    stem, _, extension = name.rpartition(".")
    number = 1
    while name in taken:
        number += 1
        name = f"{stem}-{number}.{extension}"
    taken.add(name)
    return name


_FILES = (
    "SELECT m.id, m.content_type, m.storage_key, g.prompt FROM media m LEFT JOIN generation g ON g.id = m.generation_id"
    " WHERE m.id IN ({ids}) AND m.owner_id = :owner_id AND m.deleted_at IS NULL ORDER BY m.created_at, m.id"
)
_IN_COLLECTION = (
    "SELECT i.media_id AS id, c.name FROM collection c JOIN collection_item i ON i.collection_id = c.id JOIN media m ON m.id = i.media_id"
    " WHERE c.id = :collection_id AND c.owner_id = :owner_id AND m.deleted_at IS NULL ORDER BY i.added_at, i.media_id LIMIT :limit"
)
