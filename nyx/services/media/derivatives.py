"""Files made from stored ones when they are wanted: with the visible mark, in another format, or both. Each is made once and kept."""

from __future__ import annotations

import asyncio
import io
import logging
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PIL import Image

from nyx.errors import NyxError, Overloaded
from nyx.services.marks.stamp import stamp_picture
from nyx.services.media import pictures
from nyx.services.media.clip_preview import make_clip_preview
from nyx.services.media.fairness import FairThreads
from nyx.services.media.inspect import EXTENSIONS, decoding, kind_of, open_clip, open_picture
from nyx.services.media.keys import converted_key, marked_key, thumbnail_key
from nyx.services.media.marked_clips import mark_clip
from nyx.services.media.papers import Papers
from nyx.services.media.repository import MediaFile
from nyx.services.media.storage import Storage
from nyx.services.media.thumbnails import PREVIEW_PX, PREVIEW_QUALITY
from nyx.services.media.views import Variant
from nyx.tasks import Tasks

log = logging.getLogger(__name__)

_PICTURE_THREADS = 2
_CLIP_THREADS = 1
_MAX_WAITING = 64
MAX_OF_ONE = 16  # a browser asks for six at once
_PATIENCE_S = 45.0  # of one request; the work goes on without it
_SOON_S = 5.0
_NOT_YET = "This file is still being prepared. Please try again in a moment."
_YOURS_FIRST = "Several of your files are being prepared. Please try again when they are done."
_NOT_NOW = "This file can't be prepared right now. Please try again later, or tell whoever runs this studio."


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which file: with the mark or clean, of which type, and which preview if only that. Clean previews come with the thumbnails:
    only the moving one of a clip is ever wanted here, where it is missing."""

    is_marked: bool
    content_type: str
    preview: Variant | None = None


class Derivatives:
    """Makes them in bounded threads of its own, each at most once at a time, everybody's by turns; ``close`` it at the end."""

    def __init__(self, *, storage: Storage, papers: Papers | None) -> None:
        self._storage = storage
        self._papers = papers
        self._pictures = FairThreads(_PICTURE_THREADS, name="media-derived")
        self._clips = FairThreads(_CLIP_THREADS, name="media-clips")
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._of_owner: Counter[str] = Counter()
        self._tasks = Tasks()
        self._is_stopping = threading.Event()

    async def get(self, file: MediaFile, wanted: Wanted) -> str:
        """The key under which it is, made now if need be. Raises: Overloaded, when it can't be had now."""
        key = _key_of(file, wanted)
        path = self._storage.path(key)
        if key not in self._under_way and await asyncio.to_thread(path.is_file):
            return key
        task = self.start(file, wanted)
        done, _ = await asyncio.wait({task}, timeout=_PATIENCE_S)
        if not done or task.cancelled():
            raise Overloaded(_NOT_YET, retry_after_s=_SOON_S)
        if not await asyncio.to_thread(path.is_file):
            raise Overloaded(_NOT_NOW, retry_after_s=60.0)
        return key

    def start(self, file: MediaFile, wanted: Wanted) -> asyncio.Task[None]:
        """Start making it, unless that is under way already. Raises: Overloaded."""
        key = _key_of(file, wanted)
        if key not in self._under_way:
            if self._of_owner[file.owner_id] >= MAX_OF_ONE:
                raise Overloaded(_YOURS_FIRST, retry_after_s=_SOON_S)
            if len(self._under_way) >= _MAX_WAITING:
                raise Overloaded(_NOT_YET, retry_after_s=_SOON_S)
            self._of_owner[file.owner_id] += 1
            self._under_way[key] = self._tasks.spawn(self._make(file, wanted, key), name="derivative")
        return self._under_way[key]

    def close(self) -> None:
        """Let the threads end; what they are making is made again when it is next asked for."""
        self._is_stopping.set()
        self._pictures.close()
        self._clips.close()

    async def _make(self, file: MediaFile, wanted: Wanted, key: str) -> None:
        is_long = kind_of(file.content_type) == "video" and wanted.preview is not Variant.PREVIEW
        pool = self._clips if is_long else self._pictures
        try:
            await pool.run(file.owner_id, partial(self._make_now, file, wanted, key))
        except (NyxError, OSError) as error:
            log.warning("A file could not be derived", extra={"media_id": file.id, "wanted": str(wanted), "reason": str(error)})
        finally:
            self._under_way.pop(key, None)
            self._of_owner[file.owner_id] -= 1
            if not self._of_owner[file.owner_id]:
                del self._of_owner[file.owner_id]

    def _make_now(self, file: MediaFile, wanted: Wanted, key: str) -> None:
        original = self._storage.path(file.storage_key)
        made, signed = self._storage.temporary(), self._storage.temporary()
        try:
            if kind_of(wanted.content_type) == "image":
                made.write_bytes(_picture(original, file.content_type, wanted))
            elif wanted.preview is not None and not wanted.is_marked:
                make_clip_preview(original, file.content_type, made)
            elif wanted.preview is not None:
                small = self._storage.path(thumbnail_key(file.storage_key, wanted.preview))
                mark_clip(small, made, wanted.content_type, is_stopping=self._is_stopping.is_set)
            else:
                mark_clip(original, made, file.content_type, is_stopping=self._is_stopping.is_set)
            # What a person brought has no papers: signing what is made from it would say that this studio made it.
            if self._papers is None or not self._papers.can_tell_of(file, original):
                made.replace(signed)
            elif wanted.preview is not None:
                self._papers.note(made, signed, wanted.content_type, file=file, original=original)
            else:
                self._sign(made, signed, file, wanted, original)
            self._storage.commit(signed, key)
        finally:
            for leftover in (made, signed):
                with suppress(OSError):
                    leftover.unlink(missing_ok=True)

    def _sign(self, made: Path, signed: Path, file: MediaFile, wanted: Wanted, original: Path) -> None:
        assert self._papers is not None
        changes = ("c2pa.edited",) if wanted.is_marked else ()
        if wanted.content_type != file.content_type:
            changes = (*changes, "c2pa.converted")
        self._papers.sign_derived(made, signed, wanted.content_type, file=file, original=original, changes=changes)


def _key_of(file: MediaFile, wanted: Wanted) -> str:
    if wanted.preview is not None and not wanted.is_marked:
        return thumbnail_key(file.storage_key, wanted.preview)
    made_from = file.storage_key if wanted.preview is None else thumbnail_key(file.storage_key, wanted.preview)
    extension = EXTENSIONS[wanted.content_type]
    return marked_key(made_from, extension) if wanted.is_marked else converted_key(made_from, extension)


def _picture(original: Path, content_type: str, wanted: Wanted) -> bytes:
    """The picture, or the first frame of the clip, as it was wanted. Raises: BadFile, OSError."""
    with decoding(kind_of(content_type)):
        image = _decoded(original, content_type, wanted)
        return _encoded(stamp_picture(image) if wanted.is_marked else image, wanted)


def _decoded(original: Path, content_type: str, wanted: Wanted) -> Image.Image:
    if kind_of(content_type) == "video":
        with open_clip(original, content_type) as (container, stream):
            return pictures.upright(pictures.of_frame(next(container.decode(stream))), longest_px=PREVIEW_PX)
    with open_picture(original, content_type) as image:
        image.load()
        return pictures.upright(image, longest_px=PREVIEW_PX if wanted.preview else max(image.size))


def _encoded(image: Image.Image, wanted: Wanted) -> bytes:
    if wanted.preview:
        return pictures.webp(image, quality=PREVIEW_QUALITY)
    out = io.BytesIO()
    if wanted.content_type == "image/png":
        image.save(out, "PNG", compress_level=3)
    elif wanted.content_type == "image/webp":
        image.save(out, "WEBP", quality=90, method=2)
    else:
        _on_white(image).save(out, "JPEG", quality=92, subsampling=0)
    return out.getvalue()


def _on_white(image: Image.Image) -> Image.Image:
    """JPEG knows nothing transparent."""
    if image.mode != "RGBA":
        return image
    opaque = Image.new("RGB", image.size, "white")
    opaque.paste(image, mask=image.getchannel("A"))
    return opaque
