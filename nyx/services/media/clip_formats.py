"""ClipFormats: clips as MP4 and as WebM. What a creator asks for is converted once, in the background, and kept beside the original."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from nyx.bus import Bus, Event, user_topic
from nyx.clock import Clock
from nyx.errors import InvalidInput, NotFound, NyxError, Overloaded, TooMany
from nyx.services.media.conversions import Preparing
from nyx.services.media.filenames import download_name
from nyx.services.media.inspect import EXTENSIONS, kind_of
from nyx.services.media.keys import converted_key
from nyx.services.media.papers import Papers
from nyx.services.media.repository import MediaFile
from nyx.services.media.storage import Storage
from nyx.services.media.transcode import FORMATS, transcode
from nyx.services.media.views import StoredFile
from nyx.tasks import Tasks

log = logging.getLogger(__name__)

_MOST_WAITING = 16
_MOST_WAITING_OF_ONE = 4
_LONGEST_S = 300.0
_RETRY_AFTER_S = 3
_MOST_REMEMBERED = 500
_NAMES = {"mp4": "MP4", "webm": "WebM"}
_TYPES = {extension: content_type for content_type, extension in EXTENSIONS.items()}


class ClipFormats:
    """One conversion at a time, in a thread of its own; ``close`` it at the end. What a crash interrupts is begun anew when asked for."""

    def __init__(
        self,
        *,
        storage: Storage,
        clock: Clock,
        bus: Bus,
        leaving: Callable[[MediaFile], Awaitable[MediaFile]] | None = None,
        papers: Papers | None = None,
    ) -> None:
        self._leaving = leaving or _as_it_is
        self._papers = papers
        self._storage = storage
        self._clock = clock
        self._bus = bus
        self._converter = ThreadPoolExecutor(1, thread_name_prefix="media-clips")
        self._tasks = Tasks()
        self._is_closing = threading.Event()
        self._waiting: dict[str, str] = {}  # key of the converted file: owner
        self._refused: dict[str, str] = {}  # key: why it can't be made; asking again would only take the time again

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being converted or waits for it."""
        return not self._waiting

    async def open(self, file: MediaFile, wanted: str) -> StoredFile | Preparing:
        """The clip as ``wanted``; else a promise, and the owner's pages hear when it is there.

        Raises: InvalidInput (a picture, or a clip that can't be converted), NotFound, TooMany, Overloaded.
        """
        if kind_of(file.content_type) != "video":
            raise InvalidInput("A picture can't become a clip.", field="as")
        file = await self._leaving(file)
        if EXTENSIONS[file.content_type] == wanted:
            return await asyncio.to_thread(self._stored, file, file.storage_key, wanted)
        key = converted_key(file.storage_key, wanted)
        if key not in self._waiting and await asyncio.to_thread(self._storage.exists, key):
            return await asyncio.to_thread(self._stored, file, key, wanted)
        if key in self._refused:
            raise InvalidInput(self._refused[key], field="as")
        if key not in self._waiting:
            self._begin(file, key, wanted)
        sentence = f"Your clip is being prepared as {_NAMES[wanted]}. That takes some seconds."
        return Preparing(sentence=sentence, retry_after_s=_RETRY_AFTER_S)

    def close(self) -> None:
        """Give up what is under way and let the thread end."""
        self._is_closing.set()
        self._converter.shutdown(wait=False, cancel_futures=True)

    def _begin(self, file: MediaFile, key: str, wanted: str) -> None:
        if list(self._waiting.values()).count(file.owner_id) >= _MOST_WAITING_OF_ONE:
            raise TooMany("Several of your clips are being prepared. Ask for this one when they are done.", retry_after_s=_RETRY_AFTER_S)
        if len(self._waiting) >= _MOST_WAITING:
            raise Overloaded("Many clips are being prepared right now. Please try again in a minute.", retry_after_s=60)
        self._waiting[key] = file.owner_id
        self._tasks.spawn(self._prepare(file, key, wanted), name=f"clip-format-{file.id}")

    async def _prepare(self, file: MediaFile, key: str, wanted: str) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(self._converter, self._convert, file, key, wanted)
        except OSError:  # a full disk may have room later
            log.warning("A clip could not be converted now", extra={"media_id": file.id, "wanted": wanted}, exc_info=True)
        except NyxError as problem:
            log.warning("A clip can't be converted", extra={"media_id": file.id, "wanted": wanted, "reason": str(problem)})
            self._refuse(key, problem, wanted)
        finally:
            del self._waiting[key]
            self._bus.publish(user_topic(file.owner_id), Event("media", file.id))

    def _convert(self, file: MediaFile, key: str, wanted: str) -> None:
        temporary, signed = self._storage.temporary(), self._storage.temporary()
        until = self._clock.monotonic() + _LONGEST_S
        try:
            transcode(
                self._storage.path(file.storage_key),
                file.content_type,
                temporary,
                wanted=wanted,
                keep_going=lambda: not self._is_closing.is_set() and self._clock.monotonic() < until,
            )
            if self._papers is None:
                temporary.replace(signed)
            else:
                original = self._storage.path(file.storage_key)
                self._papers.sign_derived(temporary, signed, _TYPES[wanted], file=file, original=original, changes=("c2pa.transcoded",))
            self._storage.commit(signed, key)
        finally:
            temporary.unlink(missing_ok=True)
            signed.unlink(missing_ok=True)

    def _refuse(self, key: str, problem: NyxError, wanted: str) -> None:
        sentence = f"This clip can't be made into {_NAMES[wanted]} here. Download it as it is."
        self._refused[key] = str(problem) if isinstance(problem, InvalidInput) else sentence
        if len(self._refused) > _MOST_REMEMBERED:
            del self._refused[next(iter(self._refused))]

    def _stored(self, file: MediaFile, key: str, wanted: str) -> StoredFile:
        path: Path = self._storage.path(key)
        if not path.is_file():
            raise NotFound("There is no such file.")
        return StoredFile(
            path=path,
            content_type=_TYPES[wanted],
            etag=f'"{file.sha256[:32]}{"" if key == file.storage_key else f"-as-{wanted}"}"',
            filename=download_name(file.prompt, file.id, wanted),
            size_bytes=path.stat().st_size,
            is_final=not file.is_marked,
        )


async def _as_it_is(file: MediaFile) -> MediaFile:
    return file


if set(_NAMES) != FORMATS:
    raise AssertionError("every format has a name")
