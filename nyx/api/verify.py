"""POST /api/verify: the body is a file of anybody's; the answer is what it says about its origin. Nothing of it is kept."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect

from nyx.clock import Clock
from nyx.errors import InvalidInput, Overloaded, TooMany
from nyx.services.accounts.limits import TokenBuckets, network_of
from nyx.services.marks.verifier import Verifier
from nyx.services.media.inspect import type_of
from nyx.services.media.service import MediaService
from nyx.web.asgi import client_ip

MAX_BYTES = 100 * 1024 * 1024
_TRIES, _TRY_EVERY_S = 20, 6.0  # at once per network; then one more every
_AT_ONCE = 4  # each may take a file's room on the disk
_AT_ONCE_PER_NETWORK = 2  # so that nobody who sends slowly takes every place
_LONGEST_UPLOAD_S = 180.0


def verify_router(verifier: Verifier, *, media: MediaService, clock: Clock) -> APIRouter:
    """The route. It refuses in words, as JSON: too many tries, too much at once, or nothing that it can read."""
    routes = APIRouter()
    tries = TokenBuckets(clock=clock, size=_TRIES, refill_s=_TRY_EVERY_S)
    turns = asyncio.Semaphore(_AT_ONCE)
    coming: Counter[str] = Counter()

    @routes.post("/api/verify")
    async def verify(request: Request) -> dict[str, Any]:
        network = network_of(client_ip(request.scope))
        if wait_s := tries.wait_s(network):
            raise TooMany("That were many files in a short time. Please wait a few seconds.", retry_after_s=wait_s)
        if turns.locked() or not await media.writable():
            raise Overloaded
        path = media.temporary()
        with _place_for(network, coming):
            async with turns:
                try:
                    content_type = await _receive(request, path)
                    return asdict(await verifier.verify(path, content_type))
                finally:
                    with suppress(OSError):
                        await asyncio.to_thread(path.unlink, missing_ok=True)

    return routes


@contextmanager
def _place_for(network: str, coming: Counter[str]) -> Iterator[None]:
    """Raises: TooMany."""
    if coming[network] >= _AT_ONCE_PER_NETWORK:
        raise TooMany(f"{_AT_ONCE_PER_NETWORK} files at once are the most. Wait until they are read.", retry_after_s=5.0)
    coming[network] += 1
    try:
        yield
    finally:
        coming[network] -= 1
        if not coming[network]:
            del coming[network]


async def _receive(request: Request, path: Path) -> str:
    """Write the body to ``path``; returns the type that its first bytes tell. Raises: InvalidInput."""
    head = b""
    with await asyncio.to_thread(path.open, "wb") as file:
        try:
            async with asyncio.timeout(_LONGEST_UPLOAD_S):
                async for piece in request.stream():
                    head = (head + piece)[:64] if len(head) < 64 else head
                    if len(head) == 64 and type_of(head) is None:
                        break  # the rest need not be waited for
                    await asyncio.to_thread(file.write, piece)
        except (ClientDisconnect, TimeoutError) as error:
            raise InvalidInput("The file did not arrive whole. Please try again.", field="file") from error
    if not head:
        raise InvalidInput("The file is empty.", field="file")
    content_type = type_of(head)
    if content_type is None:
        raise InvalidInput("This is no JPEG, PNG, WebP, MP4 or WebM file: others can't be read here.", field="file")
    return content_type
