"""A provider that is watched, and a picture to make something from."""

from __future__ import annotations

from collections.abc import AsyncIterator

from nyx.services.providers.base import Answer, MediaRequest, Provider
from tests.services.media.kit import encoded, picture
from tests.support.world import World


class Watched:
    """A real provider that remembers what it was asked."""

    key = "together"

    def __init__(self, inner: Provider) -> None:
        self._inner = inner
        self.asked: list[MediaRequest] = []
        self.poll = inner.poll
        self.download = inner.download

    async def submit(self, request: MediaRequest) -> Answer:
        self.asked.append(request)
        return await self._inner.submit(request)


async def upload(world: World, owner_id: str, data: bytes | None = None) -> str:
    async def chunks() -> AsyncIterator[bytes]:
        yield data or encoded(picture())

    return (await world.uploads.receive(owner_id=owner_id, chunks=chunks())).id
