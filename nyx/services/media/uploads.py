"""UploadService: pictures that people bring along, streamed to disk, cleaned, and kept once for reuse. It makes nothing of them."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import logging
from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from nyx.bus import Bus, Event, user_topic
from nyx.clock import Clock, Random
from nyx.db import Database
from nyx.errors import InvalidInput, NotFound, Overloaded, TooMany
from nyx.services.media import repository, upload_rows
from nyx.services.media.developing import develop_apart
from nyx.services.media.inspect import kind_of
from nyx.services.media.intake import HEAD_BYTES, BadUpload, Box, Developed, free, judge
from nyx.services.media.keys import upload_key
from nyx.services.media.papers import Papers
from nyx.services.media.repository import MediaFile
from nyx.services.media.service import MediaService
from nyx.services.media.storage import Storage
from nyx.services.media.views import UploadView

__all__ = ["BadUpload", "Box", "UploadLimits", "UploadService", "centred"]

log = logging.getLogger(__name__)
T = TypeVar("T")

_DISK_THREADS = 2
_PICTURE_THREADS = 1  # the one decoded picture, in a process of its own, may take 200 MB and more
_WRITE_BYTES = 256 * 1024
_AT_ONCE_PER_PERSON = 8
_AT_ONCE = 64
_MAX_PAGE = 100
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(frozen=True, kw_only=True)
class UploadLimits:
    """The largest file, and how many pictures one person may keep."""

    max_bytes: int = 10 * 1024 * 1024
    per_person: int = 200


class UploadService:
    """Decoding and disk work run in its own bounded threads; ``close`` it at the end."""

    def __init__(
        self,
        *,
        db: Database,
        storage: Storage,
        media: MediaService,
        clock: Clock,
        random: Random,
        bus: Bus,
        limits: UploadLimits,
        papers: Papers | None = None,
    ) -> None:
        self._papers = papers
        self._db = db
        self._storage = storage
        self._media = media
        self._clock = clock
        self._random = random
        self._bus = bus
        self._limits = limits
        self._disk = ThreadPoolExecutor(_DISK_THREADS, thread_name_prefix="uploads-disk")
        self._pictures = ThreadPoolExecutor(_PICTURE_THREADS, thread_name_prefix="uploads-pictures")
        self._coming: Counter[str] = Counter()

    @property
    def max_bytes(self) -> int:
        """The largest file that is taken."""
        return self._limits.max_bytes

    async def receive(self, *, owner_id: str, chunks: AsyncIterable[bytes]) -> UploadView:
        """Take in a file as it arrives and keep the picture in it. The same picture again is the same upload, now the newest.

        Raises: BadUpload, UploadsFull, TooMany, Overloaded.
        """
        with self._place_for(owner_id), _disk_in_words():
            await self._check_room(owner_id)
            async with self._temporary() as received, self._temporary() as clean:
                head = await self._write(chunks, received)
                made = await self._run(self._pictures, partial(develop_apart, received, judge(head), into=clean))
                return await self._keep(owner_id, made)

    async def crop(self, *, owner_id: str, media_id: str, box: Box) -> UploadView:
        """Cut a piece out of one of the owner's pictures, uploaded or made here; it becomes an upload of its own.

        A piece of what was made here is signed as such, and leaves with the visible mark where the whole would.

        Raises: NotFound, InvalidInput, UploadsFull, TooMany, Overloaded.
        """
        async with self._db.read() as session:
            source = await repository.find_file(session, media_id=media_id, owner_id=owner_id)
        if source is None:
            raise NotFound("This picture is not here any more.")
        if kind_of(source.content_type) != "image":
            raise InvalidInput("Only a picture can be cropped. Choose one.", field="crop")
        with self._place_for(owner_id), _disk_in_words():
            async with self._temporary() as clean, self._temporary() as signed:
                path = self._storage.path(source.storage_key)
                made = await self._run(self._pictures, partial(develop_apart, path, source.content_type, into=clean, box=box))
                made = await self._run(self._pictures, partial(self._signed, made, signed, source, path))
                return await self._keep(owner_id, made, model_key=source.model_key)

    async def get(self, *, owner_id: str, media_id: str) -> UploadView:
        """One of the owner's. Raises: NotFound."""
        async with self._db.read() as session:
            view = await upload_rows.find_upload(session, owner_id=owner_id, media_id=media_id)
        if view is None:
            raise NotFound("This picture is not here any more.")
        return view

    async def list_recent(self, *, owner_id: str, limit: int = 24) -> tuple[UploadView, ...]:
        """The owner's uploads, last used first; at most 100."""
        async with self._db.read() as session:
            return await upload_rows.list_uploads(session, owner_id=owner_id, limit=min(max(limit, 1), _MAX_PAGE))

    async def delete(self, *, owner_id: str, media_id: str) -> None:
        """Give it up for good; what is being made from it goes on. Raises: NotFound."""
        if not await self._db.write(upload_rows.delete_upload, owner_id=owner_id, media_id=media_id, now=self._clock.now()):
            raise NotFound("This picture is not here any more.")
        self._tell(owner_id, media_id)

    def close(self) -> None:
        """Let the threads end."""
        self._disk.shutdown(wait=False)
        self._pictures.shutdown(wait=False, cancel_futures=True)

    def _signed(self, made: Developed, into: Path, source: MediaFile, original: Path) -> Developed:
        """The piece with its papers, if this studio made what it was cut out of.

        No two signatures are alike, so it is known again by its picture and by what made it: the same from elsewhere is another.
        """
        if self._papers is None or not self._papers.can_tell_of(source, original):
            return made
        self._papers.sign_derived(made.path, into, made.content_type, file=source, original=original, changes=("c2pa.cropped",))
        known_by = hashlib.sha256(f"{source.model_key}:{made.sha256}".encode()).hexdigest()
        return replace(made, path=into, size_bytes=into.stat().st_size, sha256=known_by)

    async def _keep(self, owner_id: str, made: Developed, *, model_key: str = "") -> UploadView:
        media_id = await self._db.write(upload_rows.touch_upload, owner_id=owner_id, sha256=made.sha256, now=self._clock.now())
        if media_id is None:
            media_id = await self._store(owner_id, made, model_key or None)
            await self._media.make_thumbnails(media_id)
        self._tell(owner_id, media_id)
        return await self.get(owner_id=owner_id, media_id=media_id)

    async def _store(self, owner_id: str, made: Developed, model_key: str | None) -> str:
        """The file first, then its row; whichever of two equal pictures comes second takes its file back."""
        new_id = self._random.id()
        key = upload_key(owner_id=owner_id, media_id=new_id, content_type=made.content_type)
        await self._run(self._disk, partial(self._storage.commit, made.path, key))
        try:
            media_id = await self._db.write(
                upload_rows.insert_upload,
                media_id=new_id,
                owner_id=owner_id,
                storage_key=key,
                made=made,
                model_key=model_key,
                limit=self._limits.per_person,
                now=self._clock.now(),
            )
        except upload_rows.UploadsFull:
            await self._run(self._disk, partial(self._storage.delete, key))
            raise
        if media_id != new_id:
            await self._run(self._disk, partial(self._storage.delete, key))
        return media_id

    async def _write(self, chunks: AsyncIterable[bytes], into: Path) -> bytes:
        """Everything to disk, in pieces; returns the first bytes. What is no picture is read to its end too: its sender listens then."""
        size, head, waiting = 0, b"", bytearray()
        async for chunk in chunks:
            size += len(chunk)
            if size > self._limits.max_bytes:
                raise too_large(self._limits.max_bytes)
            head = head if len(head) >= HEAD_BYTES else (head + chunk)[:HEAD_BYTES]
            waiting += chunk
            if len(waiting) >= _WRITE_BYTES:
                await self._run(self._disk, partial(_append, into, bytes(waiting)))
                waiting.clear()
        await self._run(self._disk, partial(_append, into, bytes(waiting)))
        return head

    async def _check_room(self, owner_id: str) -> None:
        """A courtesy before anything is sent; the insert decides. The last place is left open, for a picture that is here already."""
        async with self._db.read() as session:
            count = await upload_rows.count_uploads(session, owner_id=owner_id)
        if count > self._limits.per_person:
            raise upload_rows.full(self._limits.per_person)

    @contextmanager
    def _place_for(self, owner_id: str) -> Iterator[None]:
        if self._coming[owner_id] >= _AT_ONCE_PER_PERSON:
            raise TooMany(f"{_AT_ONCE_PER_PERSON} pictures at once are the most. Wait until these are here.", retry_after_s=2.0)
        if self._coming.total() >= _AT_ONCE:
            raise Overloaded("Many pictures are coming in right now. Please try again in a moment.")
        self._coming[owner_id] += 1
        try:
            yield
        finally:
            self._coming[owner_id] -= 1
            if not self._coming[owner_id]:
                del self._coming[owner_id]

    @asynccontextmanager
    async def _temporary(self) -> AsyncIterator[Path]:
        """A path whose file is gone afterwards, whatever happened."""
        path = self._storage.temporary()
        try:
            yield path
        finally:
            await self._run(self._disk, partial(free, path))

    def _tell(self, owner_id: str, media_id: str) -> None:
        self._bus.publish(user_topic(owner_id), Event("upload", media_id))

    async def _run(self, pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        working = asyncio.get_running_loop().run_in_executor(pool, work)
        try:
            return await asyncio.shield(working)
        except asyncio.CancelledError:
            await asyncio.wait([working])  # or a thread would go on writing a file that is being removed
            raise


def too_large(max_bytes: int) -> BadUpload:
    """The refusal of a file over the limit."""
    return BadUpload(f"This file is too large. Up to {max_bytes / 1024 / 1024:g} MB are taken.", code="too_large", http_status=413)


def centred(width_px: int, height_px: int, *, ratio: tuple[int, int]) -> Box:
    """The largest piece of this shape from the middle of a picture."""
    across, down = ratio
    width = min(width_px, max(1, height_px * across // down))
    height = min(height_px, max(1, width_px * down // across))
    return Box(left_px=(width_px - width) // 2, top_px=(height_px - height) // 2, width_px=width, height_px=height)


def _append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


@contextmanager
def _disk_in_words() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        log.error("The disk is full: an upload was refused")
        raise Overloaded("The studio has no room for pictures right now. Tell whoever runs it.", retry_after_s=60.0) from error
