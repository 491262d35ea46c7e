"""Carries out what is pressed: on one file or on many, with a word about it afterwards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from nyx.bus import Bus
from nyx.pages._feedback import feedback
from nyx.pages.gallery.choices import Act, Choice
from nyx.pages.gallery.words import total_text, trashed_text
from nyx.services.catalog import CatalogService
from nyx.services.credits.service import CreditService
from nyx.services.generation.lineage import MediaLineage
from nyx.services.media.collections import MediaCollections
from nyx.services.media.downloads import Downloads
from nyx.services.media.library import MediaLibrary
from nyx.services.sharing.service import SharingService
from nyx.theme import toast


@dataclass(frozen=True, kw_only=True)
class Services:
    """What the gallery asks of the rest of the app."""

    library: MediaLibrary
    collections: MediaCollections
    downloads: Downloads
    catalog: CatalogService
    credits: CreditService
    bus: Bus
    lineage: MediaLineage
    sharing: SharingService


@dataclass(frozen=True, kw_only=True)
class Effects:
    """What the page does about it: show that some are gone, that some have changed, offer an undo, fetch a file."""

    on_gone: Callable[[Sequence[str]], None]
    on_changed: Callable[[Sequence[str]], Awaitable[None]]
    on_undoable: Callable[[str, tuple[str, ...]], None]
    on_download: Callable[[str], None]


class Acting:
    """The owner's hand."""

    def __init__(self, services: Services, effects: Effects, *, owner_id: str) -> None:
        self._services = services
        self._effects = effects
        self._owner_id = owner_id

    async def carry_out(self, choice: Choice) -> bool:
        """Do it and say so; what is refused is said too. Returns whether it was done."""
        is_done = False
        with feedback():
            await self._does[choice.act](self, choice)
            is_done = True
        return is_done

    async def restore(self, media_ids: tuple[str, ...]) -> None:
        """Take back what was moved to the trash."""
        await self.carry_out(Choice(Act.RESTORE, media_ids))

    async def download_collection(self, collection_id: str) -> None:
        """Fetch everything in it as one archive."""
        with feedback():
            self._fetch(await self._services.downloads.offer_collection(owner_id=self._owner_id, collection_id=collection_id))

    async def _trash(self, choice: Choice) -> None:
        count = await self._services.library.trash(owner_id=self._owner_id, media_ids=choice.media_ids)
        self._effects.on_gone(choice.media_ids)
        self._effects.on_undoable(trashed_text(count), choice.media_ids)

    async def _restore(self, choice: Choice) -> None:
        count = await self._services.library.restore(owner_id=self._owner_id, media_ids=choice.media_ids)
        await self._effects.on_changed(choice.media_ids)
        toast(f"{total_text(count)} restored.", kind="positive")

    async def _favour(self, choice: Choice) -> None:
        is_favourite = choice.act is Act.FAVOUR
        await self._services.library.favour(owner_id=self._owner_id, media_ids=choice.media_ids, is_favourite=is_favourite)
        await self._effects.on_changed(choice.media_ids)

    async def _download(self, choice: Choice) -> None:
        self._fetch(await self._services.downloads.offer(owner_id=self._owner_id, media_ids=choice.media_ids))
        toast(f"Asked for {total_text(len(choice.media_ids))} as one ZIP: your browser shows how far it is.")

    async def _collect(self, choice: Choice) -> None:
        added = await self._services.collections.add(owner_id=self._owner_id, collection_id=choice.target, media_ids=choice.media_ids)
        toast(f"{total_text(added)} added." if added else "All of these are in it already.", kind="positive")

    async def _collect_new(self, choice: Choice) -> None:
        await self._services.collections.create(owner_id=self._owner_id, name=choice.target, media_ids=choice.media_ids)
        toast(f"{total_text(len(choice.media_ids))} in a new collection.", kind="positive")

    async def _uncollect(self, choice: Choice) -> None:
        await self._services.collections.remove(owner_id=self._owner_id, collection_id=choice.target, media_ids=choice.media_ids)
        self._effects.on_gone(choice.media_ids)

    async def _cover(self, choice: Choice) -> None:
        await self._services.collections.set_cover(owner_id=self._owner_id, collection_id=choice.target, media_id=choice.media_ids[0])
        toast("This is the cover now.", kind="positive")

    def _fetch(self, ticket: str) -> None:
        self._effects.on_download(f"/api/downloads/{ticket}")

    _does = {  # noqa: RUF012 - a table, never changed
        Act.TRASH: _trash,
        Act.RESTORE: _restore,
        Act.FAVOUR: _favour,
        Act.UNFAVOUR: _favour,
        Act.DOWNLOAD: _download,
        Act.COLLECT: _collect,
        Act.COLLECT_NEW: _collect_new,
        Act.UNCOLLECT: _uncollect,
        Act.COVER: _cover,
    }
    assert _does.keys() == set(Act), "every act is carried out by something"
