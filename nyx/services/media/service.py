"""MediaService: takes in what providers deliver, makes thumbnails, opens files for their owners. It settles nothing and lists nothing."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from nyx.bus import Bus, Event, user_topic
from nyx.clock import Clock
from nyx.db import Database
from nyx.errors import NotFound
from nyx.models.media import ThumbnailState
from nyx.net import Downloaded
from nyx.services.media import repository
from nyx.services.media.clip_preview import CONTENT_TYPE as _CLIP
from nyx.services.media.clip_preview import make_clip_preview
from nyx.services.media.filenames import download_name
from nyx.services.media.inspect import EXTENSIONS, NO_ROOM, BadFile, Inspected, inspect, kind_of
from nyx.services.media.keys import output_key, thumbnail_key
from nyx.services.media.repository import MediaFile, insert_media
from nyx.services.media.storage import Storage
from nyx.services.media.thumbnails import CONTENT_TYPE, Thumbnails, make_thumbnails
from nyx.services.media.views import MediaKind, StoredFile, StoredOutput, Variant

__all__ = ["BadFile", "MediaService", "insert_media", "media_id_of"]

log = logging.getLogger(__name__)
T = TypeVar("T")

_FILE_THREADS = 2  # each may hold one decoded picture
_PICTURE_THREADS = 2
_LEFTOVER_AGE = timedelta(hours=1)  # longer than any download may take


def media_id_of(*, generation_id: str, output_index: int) -> str:
    """The id of an output's file, known before the file is: a repeat after a crash replaces itself."""
    return hashlib.sha256(f"media:{generation_id}:{output_index}".encode()).hexdigest()[:32]


class MediaService:
    """Files of creators. Decoding and disk work run in its own bounded threads; ``close`` it at the end."""

    def __init__(self, *, db: Database, storage: Storage, clock: Clock, bus: Bus) -> None:
        self._db = db
        self._storage = storage
        self._clock = clock
        self._bus = bus
        self._files = ThreadPoolExecutor(_FILE_THREADS, thread_name_prefix="media-files")
        self._pictures = ThreadPoolExecutor(_PICTURE_THREADS, thread_name_prefix="media-pictures")
        self._making: set[str] = set()

    # Taking in

    def temporary(self) -> Path:
        """A path to download to; ``store_output`` takes it over."""
        return self._storage.temporary()

    async def receive(self, data: bytes) -> Downloaded:
        """Put a file that came inside an answer on disk, as if it had been downloaded."""
        path = await self._in_files(self._write, data)
        return Downloaded(path=path, size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest(), head=data[:64])

    async def store_output(
        self, downloaded: Downloaded, *, owner_id: str, generation_id: str, output_index: int, expect: MediaKind
    ) -> StoredOutput:
        """Judge a delivered file and make it durable; the row is the caller's ``insert_media``. Safe to repeat.

        Raises: BadFile, OSError (the disk is full or broken); either way the delivered file is removed.
        """
        name = partial(output_key, owner_id=owner_id, generation_id=generation_id, output_index=output_index)
        found, key = await self._in_files(self._take, downloaded.path, name, expect)
        return StoredOutput(
            media_id=media_id_of(generation_id=generation_id, output_index=output_index),
            content_type=found.content_type,
            storage_key=key,
            size_bytes=downloaded.size_bytes,
            sha256=downloaded.sha256,
            width_px=found.width_px,
            height_px=found.height_px,
            duration_ms=found.duration_ms,
            blur=found.blur,
        )

    async def discard(self, stored: StoredOutput) -> None:
        """Take back what ``store_output`` kept, when its row was refused. A file that a row names stays. Safe to repeat."""
        async with self._db.read() as session:
            is_named = await repository.which_exist(session, [stored.storage_key])
        if not is_named:
            await self._in_files(self._storage.delete, stored.storage_key)

    # Thumbnails

    async def make_thumbnails(self, media_id: str) -> None:
        """Make both thumbnails, of a clip its moving preview too, once, and tell the owner's pages. Safe to repeat.

        A file that can't be shrunk is shown as it is.
        """
        if media_id in self._making:
            return
        self._making.add(media_id)
        try:
            async with self._db.read() as session:
                file = await repository.find_file(session, media_id=media_id)
            if file is not None and not file.is_in_trash and file.thumbnails is ThumbnailState.PENDING:
                await self._shrink(file)
        finally:
            self._making.discard(media_id)

    async def make_missing_thumbnails(self, limit: int = 20) -> int:
        """Make those that a crash left out, oldest first. Returns how many were tried."""
        async with self._db.read() as session:
            missing = await repository.list_without_thumbnails(session, limit=limit)
        for media_id in missing:
            await self.make_thumbnails(media_id)
        return len(missing)

    # Sending

    async def open_variant(self, *, owner_id: str, media_id: str, variant: Variant, is_shrunk: bool = False) -> StoredFile:
        """The file to send; the original in place of a thumbnail that is not there. Of what is in the trash, and with
        ``is_shrunk`` of anything, only a thumbnail that is there.

        Raises: NotFound.
        """
        async with self._db.read() as session:
            file = await repository.find_file(session, media_id=media_id, owner_id=owner_id, is_deleted_too=True)
        if file is None:
            raise NotFound("There is no such file.")
        found = await self._in_files(self._locate, file, variant, may_be_original=not (is_shrunk or file.is_in_trash))
        if found is None:
            raise NotFound("There is no such file.")
        return found

    # Life

    async def start(self) -> None:
        """Remove what a crash left half-written."""
        # SQLite means one process: nothing can be in flight before it starts. Elsewhere a neighbour may be downloading.
        age = timedelta() if self._db.dialect == "sqlite" else _LEFTOVER_AGE
        removed = await self._in_files(self._storage.clean, untouched_since=self._clock.now() - age)
        if removed:
            log.info("Removed half-written files", extra={"files": removed})

    async def writable(self) -> bool:
        """Whether a large output would fit on the disk now."""
        return await self._in_files(self._storage.writable)

    def close(self) -> None:
        """Let the threads end."""
        self._files.shutdown(wait=False)
        self._pictures.shutdown(wait=False, cancel_futures=True)

    async def _shrink(self, file: MediaFile) -> None:
        state, blur = await asyncio.get_running_loop().run_in_executor(self._pictures, self._try_to_shrink, file)
        if state is not ThumbnailState.PENDING:
            await self._db.write(repository.mark_thumbnails, media_id=file.id, state=state, blur=blur)
            self._bus.publish(user_topic(file.owner_id), Event("media", file.id))

    def _try_to_shrink(self, file: MediaFile) -> tuple[ThumbnailState, str]:
        """How it ended, and the blur. It raises nothing: one strange file must not keep the others, or the app, from going on."""
        try:
            made = make_thumbnails(self._storage.path(file.storage_key), file.content_type)
            self._keep(file, made)
            if kind_of(file.content_type) == "video":
                self._keep_clip_preview(file)
        except Exception as error:
            is_for_later = isinstance(error, OSError) and error.errno in NO_ROOM
            log.warning("No thumbnails could be made", extra={"media_id": file.id, "is_for_later": is_for_later}, exc_info=True)
            return (ThumbnailState.PENDING if is_for_later else ThumbnailState.FAILED), ""
        return ThumbnailState.READY, made.blur

    def _take(self, temporary: Path, name: Callable[..., str], expect: MediaKind) -> tuple[Inspected, str]:
        with _removing(temporary):
            found = inspect(temporary, expect=expect)
            key = name(content_type=found.content_type)
            self._storage.commit(temporary, key)
        return found, key

    def _keep(self, file: MediaFile, made: Thumbnails) -> None:
        for variant, data in ((Variant.THUMB, made.thumb), (Variant.PREVIEW, made.preview)):
            temporary = self._write(data)
            with _removing(temporary):
                self._storage.commit(temporary, thumbnail_key(file.storage_key, variant))

    def _keep_clip_preview(self, file: MediaFile) -> None:
        temporary = self._storage.temporary()
        with _removing(temporary):
            try:
                make_clip_preview(self._storage.path(file.storage_key), file.content_type, temporary)
            except BadFile as problem:  # the clip itself is shown in its place
                log.warning("A clip gets no moving preview", extra={"media_id": file.id, "reason": problem.detail})
                temporary.unlink(missing_ok=True)
                return
            self._storage.commit(temporary, thumbnail_key(file.storage_key, Variant.CLIP_PREVIEW))

    def _write(self, data: bytes) -> Path:
        temporary = self._storage.temporary()
        with _removing(temporary):
            temporary.write_bytes(data)
        return temporary

    def _locate(self, file: MediaFile, variant: Variant, *, may_be_original: bool) -> StoredFile | None:
        if variant is Variant.CLIP_PREVIEW and kind_of(file.content_type) != "video":
            return None
        if variant is not Variant.ORIGINAL and file.thumbnails is ThumbnailState.READY:
            thumbnail = self._storage.path(thumbnail_key(file.storage_key, variant))
            if thumbnail.is_file():
                return StoredFile(
                    path=thumbnail,
                    content_type=_CLIP if variant is Variant.CLIP_PREVIEW else CONTENT_TYPE,
                    etag=f'"{file.sha256[:32]}-{variant}"',
                    filename=download_name(file.prompt, file.id, thumbnail.suffix[1:]),
                    size_bytes=thumbnail.stat().st_size,
                )
        if not may_be_original:
            return None
        original = self._storage.path(file.storage_key)
        if not original.is_file():
            log.error("A stored file is missing", extra={"media_id": file.id})
            return None
        return StoredFile(
            path=original,
            content_type=file.content_type,
            etag=f'"{file.sha256[:32]}"',
            filename=download_name(file.prompt, file.id, EXTENSIONS[file.content_type]),
            size_bytes=original.stat().st_size,
            is_final=variant is Variant.ORIGINAL,
        )

    async def _in_files(self, work: Callable[..., T], *args: object, **kwargs: object) -> T:
        # Shielded: a caller that is cancelled must not leave a rename or a removal half-ordered.
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._files, partial(work, *args, **kwargs)))


@contextmanager
def _removing(temporary: Path) -> Iterator[None]:
    """Leave nothing of a file that could not be kept: a disk that is full must not fill up further with every retry."""
    try:
        yield
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
