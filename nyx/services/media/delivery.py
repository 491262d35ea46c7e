"""How a picture gets to a provider: inside the request as data, or by a signed public address that expires; never by a private one."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TypeVar

from PIL import Image

from nyx.clock import Clock
from nyx.db import Database
from nyx.errors import NotFound
from nyx.services.media import pictures, repository
from nyx.services.media.filenames import download_name
from nyx.services.media.inspect import EXTENSIONS, decoding, kind_of, open_picture
from nyx.services.media.repository import MediaFile
from nyx.services.media.storage import Storage
from nyx.services.media.views import StoredFile

T = TypeVar("T")

LASTS = timedelta(hours=1)
SENT_PX = 2048  # on the longer side, for up to four pictures; with more of them each is smaller
SENT_BYTES = 4 * 1024 * 1024
_REQUEST_BYTES = 16 * 1024 * 1024  # what all pictures of one request take together, a third less than they do as base64
_QUALITY = 90
_THREADS = 2
_SENT_AS_IT_IS = frozenset({"image/jpeg", "image/png"})


class InputLinks:
    """Makes and checks the signed addresses. ``public_url`` is where the internet reaches this studio, without a slash at the end."""

    def __init__(self, *, public_url: str, secret: bytes, clock: Clock) -> None:
        self._public_url = public_url
        self._key = hmac.digest(secret, b"nyx input links", "sha256")
        self._clock = clock

    def address(self, media_id: str) -> str:
        """A link that works for an hour, for whoever has it."""
        expires = int((self._clock.now() + LASTS).timestamp())
        return f"{self._public_url}/media/{media_id}/input?expires={expires}&signature={self._signature(media_id, str(expires))}"

    def check(self, media_id: str, *, expires: str, signature: str) -> None:
        """Raises: NotFound, when it was not signed here for this very file, or is over."""
        is_ours = hmac.compare_digest(self._signature(media_id, expires).encode(), signature.encode())
        if not is_ours or int(expires) < self._clock.now().timestamp():
            raise NotFound("There is no such file.")

    def _signature(self, media_id: str, expires: str) -> str:
        return hmac.new(self._key, f"{media_id}:{expires}".encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class _Sent:
    content_type: str
    data: bytes


class InputDelivery:
    """``sends_links`` chooses between the two. A file that its owner deleted, even for good, is read: what was ordered is made from it."""

    def __init__(self, *, db: Database, storage: Storage, links: InputLinks, sends_links: bool) -> None:
        self._db = db
        self._storage = storage
        self._links = links
        self._sends_links = sends_links
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="inputs")

    async def address(self, media_id: str, *, among: int = 1) -> str:
        """What stands for the picture in a request of ``among`` pictures. Raises: NotFound, BadFile, OSError."""
        file = await self._file(media_id)
        if self._sends_links:
            if not await self._run(partial(self._storage.exists, file.storage_key)):
                raise NotFound("There is no such file.")
            return self._links.address(media_id)
        sent = await self._run(partial(self._read, file, among))
        return f"data:{sent.content_type};base64,{base64.b64encode(sent.data).decode()}"

    async def open_link(self, media_id: str, *, expires: str, signature: str) -> StoredFile:
        """The file behind a signed address. Raises: NotFound."""
        self._links.check(media_id, expires=expires, signature=signature)
        file = await self._file(media_id)
        path = self._storage.path(file.storage_key)
        if not await self._run(path.is_file):
            raise NotFound("There is no such file.")
        return StoredFile(
            path=path,
            content_type=file.content_type,
            etag=f'"{file.sha256[:32]}"',
            filename=download_name("", media_id, EXTENSIONS[file.content_type]),
            size_bytes=path.stat().st_size,
        )

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _file(self, media_id: str) -> MediaFile:
        async with self._db.read() as session:
            file = await repository.find_input(session, media_id=media_id)
        if file is None or kind_of(file.content_type) != "image":
            raise NotFound("There is no such file.")
        return file

    def _read(self, file: MediaFile, among: int) -> _Sent:
        """The file as it is where that will do; else a smaller JPEG, on white where it was transparent."""
        longest_px = SENT_PX if among <= 4 else SENT_PX // 2
        path = self._storage.path(file.storage_key)
        if not path.is_file():
            raise NotFound("There is no such file.")
        with decoding("image"), open_picture(path, file.content_type) as image:
            fits = max(image.size) <= longest_px and path.stat().st_size <= min(SENT_BYTES, _REQUEST_BYTES // among)
            if fits and file.content_type in _SENT_AS_IT_IS:
                return _Sent(file.content_type, path.read_bytes())
            image.draft("RGB", pictures.at_least(image.size, longest_px=SENT_PX))
            image.load()
            small = pictures.upright(image, longest_px=longest_px)
        return _Sent("image/jpeg", _jpeg(small))

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _jpeg(image: Image.Image) -> bytes:
    if image.mode == "RGBA":
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        image = white
    out = io.BytesIO()
    image.info = {}
    image.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
