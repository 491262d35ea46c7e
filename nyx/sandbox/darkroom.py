"""Where the sandbox's files are made: a few threads, a bounded cache, and the orders to make a file again. No HTTP."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from nyx.sandbox.art.picture import picture
from nyx.sandbox.clips import Shape, clip

_CACHE_BYTES = 96_000_000


@dataclass(frozen=True, kw_only=True)
class PictureOrder:
    """Everything that decides the bytes of a picture. ``source`` is an input picture as bytes, if there is one."""

    prompt: str
    seed: int
    width: int
    height: int
    file_format: str
    source: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class ClipOrder:
    """Everything that decides the bytes of a clip."""

    prompt: str
    seed: int
    width: int
    height: int
    seconds: int
    fps: int
    file_format: str
    has_sound: bool
    source: bytes | None = None


Order = PictureOrder | ClipOrder


@dataclass(frozen=True)
class File:
    """A finished file and its content type."""

    data: bytes
    content_type: str


class Darkroom:
    """Makes files from orders: the same order gives the same bytes, so whatever leaves the cache can be made again."""

    def __init__(self, *, prepared: bool) -> None:
        self._pictures = ThreadPoolExecutor(max_workers=2, thread_name_prefix="sandbox-art")
        self._clips = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox-clip")
        self._cache: OrderedDict[Order, bytes] = OrderedDict()
        self._cached_bytes = 0
        self._making: dict[Order, asyncio.Future[bytes]] = {}
        self._prepared = prepared

    async def develop(self, order: Order) -> File:
        """Return the file, made now unless it is at hand."""
        order = _prepared(order) if self._prepared else order
        data = self._cache.get(order)
        if data is None:
            data = await asyncio.shield(self._making.get(order) or self._begin(order))
        if order in self._cache:
            self._cache.move_to_end(order)
        return File(data, _CONTENT_TYPES[order.file_format])

    def _begin(self, order: Order) -> asyncio.Future[bytes]:
        """Once for everybody who asks; who hangs up on a slow machine finds it finished the next time."""
        pool, work = self._work(order)
        making = self._making[order] = asyncio.get_running_loop().run_in_executor(pool, work)
        making.add_done_callback(partial(self._finish, order))
        return making

    def _finish(self, order: Order, making: asyncio.Future[bytes]) -> None:
        self._making.pop(order, None)
        if not making.cancelled() and making.exception() is None:
            self._remember(order, making.result())

    def close(self) -> None:
        """Let the threads end; what they still work on is not waited for."""
        self._pictures.shutdown(wait=False, cancel_futures=True)
        self._clips.shutdown(wait=False, cancel_futures=True)

    def _work(self, order: Order) -> tuple[ThreadPoolExecutor, Callable[[], bytes]]:
        if isinstance(order, PictureOrder):
            return self._pictures, partial(_make_picture, order)
        return self._clips, partial(_make_clip, order)

    def _remember(self, order: Order, data: bytes) -> None:
        if order not in self._cache:
            self._cached_bytes += len(data)
        self._cache[order] = data
        while self._cached_bytes > _CACHE_BYTES and len(self._cache) > 1:
            _, dropped = self._cache.popitem(last=False)
            self._cached_bytes -= len(dropped)


_CONTENT_TYPES = {"jpeg": "image/jpeg", "png": "image/png", "mp4": "video/mp4", "webm": "video/webm"}


def _prepared(order: Order) -> Order:
    """Replace an order by the one prepared file of its size and format."""
    if isinstance(order, PictureOrder):
        return PictureOrder(prompt="a calm lake at dawn", seed=1, width=order.width, height=order.height, file_format=order.file_format)
    return ClipOrder(
        prompt="a calm lake at dawn", seed=1, width=320, height=180, seconds=1, fps=12, file_format=order.file_format, has_sound=False
    )


def _make_picture(order: PictureOrder) -> bytes:
    size = (order.width, order.height)
    return picture(order.prompt, seed=order.seed, size=size, file_format=order.file_format, source=order.source)


def _make_clip(order: ClipOrder) -> bytes:
    shape = Shape(seconds=order.seconds, fps=order.fps, file_format=order.file_format, has_sound=order.has_sound)
    return clip(order.prompt, seed=order.seed, size=(order.width, order.height), shape=shape, source=order.source)
