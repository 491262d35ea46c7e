"""MediaService: takes in what providers deliver, makes thumbnails, opens files, marked where due. It settles and lists nothing."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from nyx.bus import Bus, Event, user_topic
from nyx.clock import Clock
from nyx.db import Database
from nyx.errors import NotFound, Overloaded
from nyx.models.media import ThumbnailState
from nyx.net import Downloaded
from nyx.services.media import repository
from nyx.services.media.clip_preview import CONTENT_TYPE as _CLIP
from nyx.services.media.clip_preview import make_clip_preview
from nyx.services.media.derivatives import Derivatives, Wanted
from nyx.services.media.filenames import download_name
from nyx.services.media.inspect import EXTENSIONS, NO_ROOM, BadFile, Inspected, inspect, kind_of
from nyx.services.media.keys import output_key, thumbnail_key
from nyx.services.media.papers import Papers
from nyx.services.media.repository import MediaFile, insert_media
from nyx.services.media.storage import Storage
from nyx.services.media.thumbnails import CONTENT_TYPE, Thumbnails, make_thumbnails
from nyx.services.media.views import MediaKind, StoredFile, StoredOutput, Variant

__all__ = ["BadFile", "MediaService", "insert_media", "media_id_of"]

log = logging.getLogger(__name__)
T = TypeVar("T")

_FILE_THREADS = 2  # each may hold one decoded picture
_PICTURE_THREADS = 2
_MARKED_PREVIEW = Wanted(is_marked=True, content_type=CONTENT_TYPE, preview=Variant.PREVIEW)
_CLIP_PREVIEW = Wanted(is_marked=False, content_type=_CLIP, preview=Variant.CLIP_PREVIEW)
_MARKED_CLIP_PREVIEW = Wanted(is_marked=True, content_type=_CLIP, preview=Variant.CLIP_PREVIEW)
_LEFTOVER_AGE = timedelta(hours=1)  # longer than any download may take


def media_id_of(*, generation_id: str, output_index: int) -> str:
    """The id of an output's file, known before the file is: a repeat after a crash replaces itself."""
    return hashlib.sha256(f"media:{generation_id}:{output_index}".encode()).hexdigest()[:32]


class MediaService:
    """Files of creators. Decoding and disk work run in its own bounded threads; ``close`` it at the end.

    The clean file is what is stored. Whether a person's outputs leave with the visible mark, ``carries_mark`` says anew each time.
    """

    def __init__(
        self,
        *,
        db: Database,
        storage: Storage,
        clock: Clock,
        bus: Bus,
        papers: Papers | None = None,
        carries_mark: Callable[[str], Awaitable[bool]] | None = None,
    ) -> None:
        self._db = db
        self._storage = storage
        self._clock = clock
        self._bus = bus
        self._files = ThreadPoolExecutor(_FILE_THREADS, thread_name_prefix="media-files")
        self._pictures = ThreadPoolExecutor(_PICTURE_THREADS, thread_name_prefix="media-pictures")
        self._making: set[str] = set()
        self._made_up_for: set[str] = set()
        self._papers = papers
        self._carries_mark = carries_mark
        self._derivatives = Derivatives(storage=storage, papers=papers)

    # Taking in

    def temporary(self) -> Path:
        """A path to download to; ``store_output`` takes it over."""
        return self._storage.temporary()

    async def receive(self, data: bytes) -> Downloaded:
        """Put a file that came inside an answer on disk, as if it had been downloaded."""
        path = await self._in_files(self._write, data)
        return Downloaded(path=path, size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest(), head=data[:64])

    async def store_output(
        self,
        downloaded: Downloaded,
        *,
        owner_id: str,
        generation_id: str,
        output_index: int,
        expect: MediaKind,
        model_key: str = "",
        has_input: bool = False,
    ) -> StoredOutput:
        """Judge a delivered file, sign it and make it durable; the row is the caller's ``insert_media``. Safe to repeat.

        A repeat finds the file of the first time: no two signatures are alike, and a row must go on telling what is on the disk.

        Raises: BadFile, OSError (the disk is full or broken); either way the delivered file is removed.
        """
        name = partial(output_key, owner_id=owner_id, generation_id=generation_id, output_index=output_index)
        sign = partial(self._signed, model_key=model_key, has_input=has_input)
        found, key, size_bytes, sha256 = await self._in_files(self._take, downloaded.path, name, expect, sign)
        return StoredOutput(
            media_id=media_id_of(generation_id=generation_id, output_index=output_index),
            content_type=found.content_type,
            storage_key=key,
            size_bytes=size_bytes,
            sha256=sha256,
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

    async def prepare_marked(self, media_id: str) -> None:
        """Begin to mark a clip whose owner will get it marked: that takes as long as it lasts. A picture is marked when it is asked for.

        Safe to repeat and to leave out.
        """
        async with self._db.read() as session:
            file = await repository.find_file(session, media_id=media_id)
        if file is None or kind_of(file.content_type) == "image" or not await self._is_due(file):
            return
        try:
            self._derivatives.start(file, Wanted(is_marked=True, content_type=file.content_type))
        except Overloaded:
            log.info("Too many files are being marked; this one waits until it is asked for", extra={"media_id": media_id})

    # Sending

    async def leaving(self, file: MediaFile) -> MediaFile:
        """The original as it may leave: itself, or where the mark is due the marked one, made now if need be.

        Raises: Overloaded, when that can't be had now. Whatever else is sent has to be made from what this returns.
        """
        if file.is_marked or not await self._is_due(file):
            return file
        key = await self._derivatives.get(file, Wanted(is_marked=True, content_type=file.content_type))
        return replace(file, storage_key=key, sha256=f"marked-{file.sha256}", is_marked=True)

    async def leaving_key(self, *, owner_id: str, media_id: str) -> str | None:
        """Under which key an original lies as it may leave; None when it is not there. Raises: Overloaded."""
        async with self._db.read() as session:
            file = await repository.find_file(session, media_id=media_id, owner_id=owner_id)
        return None if file is None else (await self.leaving(file)).storage_key

    async def open_as(self, file: MediaFile, content_type: str) -> StoredFile:
        """A picture in this type, marked where due. Raises: NotFound, Overloaded."""
        is_marked = await self._is_due(file)
        if content_type == file.content_type and not is_marked:
            found = await self._in_files(self._locate, file, Variant.ORIGINAL, may_be_original=True)
            if found is None:
                raise NotFound("There is no such file.")
            return found
        return await self._derived(file, Wanted(is_marked=is_marked, content_type=content_type))

    async def open_variant(self, *, owner_id: str, media_id: str, variant: Variant, is_shrunk: bool = False) -> StoredFile:
        """The file to send; the original in place of a thumbnail that is not there. Of what is in the trash, and with
        ``is_shrunk`` of anything, only a thumbnail that is there. All but the smallest carry the mark where it is due.

        Raises: NotFound, Overloaded (what carries the mark can't be had right now: then nothing is).
        """
        async with self._db.read() as session:
            file = await repository.find_file(session, media_id=media_id, owner_id=owner_id, is_deleted_too=True)
        if file is None:
            raise NotFound("There is no such file.")
        found = await self._in_files(self._locate, file, variant, may_be_original=not (is_shrunk or file.is_in_trash))
        if found is None:
            raise NotFound("There is no such file.")
        if variant is Variant.CLIP_PREVIEW and not found.is_final:
            self._make_up_for_preview(file)
        is_small = variant is Variant.THUMB and found.is_final  # there the mark would be noise, and nobody's loss
        if is_small or not await self._is_due(file):
            return found
        if variant is Variant.ORIGINAL or (variant is Variant.CLIP_PREVIEW and not found.is_final):
            return await self._derived(file, Wanted(is_marked=True, content_type=file.content_type))
        if variant is Variant.CLIP_PREVIEW:
            return await self._derived(file, _MARKED_CLIP_PREVIEW)
        return await self._derived(file, _MARKED_PREVIEW)

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
        self._derivatives.close()

    async def _is_due(self, file: MediaFile) -> bool:
        return file.was_made_here and self._carries_mark is not None and await self._carries_mark(file.owner_id)

    def _make_up_for_preview(self, file: MediaFile) -> None:
        """Begin to make the moving preview that failed, or that an earlier version did not make: the next look finds it.

        Once for each clip while this process lives: what can't be decoded is not tried with every look.
        """
        if file.thumbnails is ThumbnailState.READY and file.id not in self._made_up_for:
            with suppress(Overloaded):
                self._derivatives.start(file, _CLIP_PREVIEW)
                self._made_up_for.add(file.id)

    async def _derived(self, file: MediaFile, wanted: Wanted) -> StoredFile:
        path = self._storage.path(await self._derivatives.get(file, wanted))
        return StoredFile(
            path=path,
            content_type=wanted.content_type,
            etag=f'"{file.sha256[:32]}-{path.name.partition(".")[2]}"',
            filename=download_name(file.prompt, file.id, EXTENSIONS[wanted.content_type]),
            size_bytes=(await asyncio.to_thread(path.stat)).st_size,
            is_final=not wanted.is_marked,
        )

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

    def _take(
        self, temporary: Path, name: Callable[..., str], expect: MediaKind, sign: Callable[[Path, str], Path]
    ) -> tuple[Inspected, str, int, str]:
        with _removing(temporary):
            found = inspect(temporary, expect=expect)
            key = name(content_type=found.content_type)
            signed = sign(temporary, found.content_type)
        with _removing(temporary), _removing(signed):
            offered = _digest(signed)
            self._storage.commit(signed, key, keep_first=True)
            temporary.unlink(missing_ok=True)
        kept = self._storage.path(key)
        digest = _digest(kept)
        return (found if digest == offered else inspect(kept, expect=expect)), key, kept.stat().st_size, digest

    def _signed(self, temporary: Path, content_type: str, *, model_key: str, has_input: bool) -> Path:
        """The file to keep: the delivered one where nobody signs."""
        if self._papers is None:
            return temporary
        signed = self._storage.temporary()
        with _removing(signed):
            made_at = self._clock.now()
            self._papers.sign_output(temporary, signed, content_type, model_key=model_key, has_input=has_input, made_at=made_at)
        return signed

    def _keep(self, file: MediaFile, made: Thumbnails) -> None:
        for variant, data in ((Variant.THUMB, made.thumb), (Variant.PREVIEW, made.preview)):
            temporary = self._write(data)
            self._commit_small(temporary, CONTENT_TYPE, file, variant)

    def _keep_clip_preview(self, file: MediaFile) -> None:
        temporary = self._storage.temporary()
        with _removing(temporary):
            try:
                make_clip_preview(self._storage.path(file.storage_key), file.content_type, temporary)
            except BadFile as problem:  # the clip itself is shown in its place
                log.warning("A clip gets no moving preview", extra={"media_id": file.id, "reason": problem.detail})
                temporary.unlink(missing_ok=True)
                return
        self._commit_small(temporary, _CLIP, file, Variant.CLIP_PREVIEW)

    def _commit_small(self, temporary: Path, content_type: str, file: MediaFile, variant: Variant) -> None:
        """Keep it, with a note of where it comes from if that is here: people save what they see, too."""
        noted, original = self._storage.temporary(), self._storage.path(file.storage_key)
        with _removing(temporary), _removing(noted):
            if self._papers is None or not self._papers.can_tell_of(file, original):
                temporary.replace(noted)
            else:
                self._papers.note(temporary, noted, content_type, file=file, original=original)
                temporary.unlink()
            self._storage.commit(noted, thumbnail_key(file.storage_key, variant))

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


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _removing(temporary: Path) -> Iterator[None]:
    """Leave nothing of a file that could not be kept: a disk that is full must not fill up further with every retry."""
    try:
        yield
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
