"""SharingService: an owner's links, and what the world sees through them. Whoever has a link needs no account."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from nyx.clock import Clock, Random
from nyx.db import Database
from nyx.errors import NotFound, NyxError
from nyx.services.media.inspect import BadFile
from nyx.services.media.service import MediaService
from nyx.services.media.views import StoredFile, Variant
from nyx.services.sharing import repository
from nyx.services.sharing.card import make_card
from nyx.services.sharing.counting import ViewCounter
from nyx.services.sharing.repository import Position
from nyx.services.sharing.views import SharedMedia, ShareLinkView

_MAX_PAGE = 100
_MAX_CARDS = 64  # of about 100 kB
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22,86}")
_GONE = "This isn't shared, or not any more."


@dataclass(frozen=True)
class Card:
    """A JPEG for link previews; ``etag`` is quoted and strong."""

    data: bytes
    etag: str


class SharingService:
    """Files leave through ``MediaService.open_variant`` as their owner's, so that whatever applies to these applies here. ``close`` it."""

    def __init__(self, *, db: Database, media: MediaService, clock: Clock, random: Random) -> None:
        self._db = db
        self._media = media
        self._clock = clock
        self._random = random
        self._views = ViewCounter(clock=clock, random=random)
        self._cards: OrderedDict[str, bytes] = OrderedDict()
        self._drawing = ThreadPoolExecutor(1, thread_name_prefix="share-cards")

    # For owners

    async def share(self, *, owner_id: str, media_id: str, shows_prompt: bool = False, allows_download: bool = False) -> ShareLinkView:
        """Make the link of one of the owner's media, or return the one that it has, unchanged. Safe to repeat. Raises: NotFound."""
        await self._db.write(
            repository.share,
            owner_id=owner_id,
            media_id=media_id,
            token=self._random.token(),
            shows_prompt=shows_prompt,
            allows_download=allows_download,
            now=self._clock.now(),
        )
        link = await self.find_link(owner_id=owner_id, media_id=media_id)
        if link is None:  # revoked in another tab this very moment
            raise NotFound(_GONE)
        return link

    async def change(
        self, *, owner_id: str, media_id: str, shows_prompt: bool | None = None, allows_download: bool | None = None
    ) -> ShareLinkView:
        """Show or hide the prompt, allow or refuse the download; None leaves it. Safe to repeat. Raises: NotFound."""
        await self._db.write(
            repository.change, owner_id=owner_id, media_id=media_id, shows_prompt=shows_prompt, allows_download=allows_download
        )
        link = await self.find_link(owner_id=owner_id, media_id=media_id)
        if link is None:
            raise NotFound(_GONE)
        return link

    async def revoke(self, *, owner_id: str, media_id: str) -> None:
        """End the link for good; sharing again makes another address. Safe to repeat."""
        await self._db.write(repository.revoke, owner_id=owner_id, media_id=media_id, now=self._clock.now())

    async def find_link(self, *, owner_id: str, media_id: str) -> ShareLinkView | None:
        """The live link of one of the owner's media, or None."""
        async with self._db.read() as session:
            return await repository.find_link(session, owner_id=owner_id, media_id=media_id)

    async def list_links(self, *, owner_id: str, limit: int = 50, before: Position | None = None) -> tuple[ShareLinkView, ...]:
        """The owner's live links, newest first; at most 100. ``before`` is (created_at, token) of the last one seen."""
        async with self._db.read() as session:
            return await repository.list_links(session, owner_id=owner_id, limit=min(max(limit, 1), _MAX_PAGE), before=before)

    # For everybody

    async def get(self, token: str) -> SharedMedia:
        """What the link shows. Raises: NotFound, also for what was revoked, deleted or made by somebody suspended."""
        if not _TOKEN.fullmatch(token):
            raise NotFound(_GONE)
        async with self._db.read() as session:
            shared = await repository.find_shared(session, token=token)
        if shared is None:
            raise NotFound(_GONE)
        return shared

    async def open_variant(self, token: str, variant: Variant) -> tuple[SharedMedia, StoredFile]:
        """A file to send. A picture's original is only for those who may download it, whatever is asked for. Raises: NotFound."""
        shared = await self.get(token)
        is_kept = not (shared.is_clip or shared.allows_download)
        if is_kept and variant is Variant.ORIGINAL:
            raise NotFound(_GONE)
        if is_kept and not shared.has_thumbnails:
            await self._media.make_thumbnails(shared.media_id)
        owner_id, media_id = shared.owner_id, shared.media_id
        return shared, await self._media.open_variant(owner_id=owner_id, media_id=media_id, variant=variant, is_shrunk=is_kept)

    async def get_card(self, token: str) -> Card:
        """The picture for link previews. Raises: NotFound."""
        shared = await self.get(token)
        file = await self._media.open_variant(owner_id=shared.owner_id, media_id=shared.media_id, variant=Variant.PREVIEW)
        key = file.etag.strip('"')
        data = self._cards.get(key) or await self._draw(key, file, is_clip=shared.is_clip)
        return Card(data=data, etag=f'"{key}-card"')

    def note_view(self, token: str, *, ip: str, user_agent: str) -> None:
        """Somebody looks at the page of a link or of a shared collection: counted later, at once forgotten who."""
        self._views.note(token, ip=ip, user_agent=user_agent)

    # Life

    async def flush(self) -> None:
        """Store what was counted. Views that can't be stored now are stored with the next ones."""
        counted = self._views.take()
        if not counted:
            return
        try:
            await self._db.write(repository.add_views, counted=counted)
        except NyxError:
            self._views.give_back(counted)
            raise

    def close(self) -> None:
        """Let the thread end."""
        self._drawing.shutdown(wait=False, cancel_futures=True)

    async def _draw(self, key: str, file: StoredFile, *, is_clip: bool) -> bytes:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._drawing, self._drawn, key, file, is_clip)
        except BadFile as error:
            raise NotFound(_GONE) from error

    def _drawn(self, key: str, file: StoredFile, is_clip: bool) -> bytes:
        """In the one thread that draws, which keeps it too: whoever waited for its turn finds what the one before drew."""
        data = self._cards.get(key)
        if data is None:
            data = self._cards[key] = make_card(file, is_clip=is_clip)
            while len(self._cards) > _MAX_CARDS:
                self._cards.popitem(last=False)
        return data
