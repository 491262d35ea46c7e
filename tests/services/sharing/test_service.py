"""Share links on both databases: made once, changed, revoked, found by whoever has them, counted."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from nyx.bus import MemoryBus
from nyx.clock import SeededRandom
from nyx.db import Database
from nyx.errors import NotFound
from nyx.services.media.collections import MediaCollections
from nyx.services.media.library import MediaLibrary
from nyx.services.media.service import MediaService
from nyx.services.media.views import StoredOutput, Variant
from nyx.services.sharing.counting import ViewCounter
from nyx.services.sharing.service import SharingService
from tests.services.media.conftest import bus, library, media, storage
from tests.services.media.kit import OWNER, STRANGER, add_output, add_people, clip, encoded, picture, suspend
from tests.support.clock import FakeClock

__all__ = ["bus", "library", "media", "storage"]  # fixtures of the media service's own tests

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"


@pytest.fixture
def sharing(db: Database, media: MediaService, clock: FakeClock, random: SeededRandom) -> Iterator[SharingService]:
    service = SharingService(db=db, media=media, clock=clock, random=random)
    yield service
    service.close()


@pytest.fixture
async def output(db: Database, media: MediaService) -> StoredOutput:
    await add_people(db)
    return await add_output(db, media, prompt="a fox in the rain")


class TestShare:
    async def test_shows_the_file_and_keeps_the_prompt_unless_asked(self, sharing: SharingService, output: StoredOutput) -> None:
        link = await sharing.share(owner_id=OWNER, media_id=output.media_id)
        shared = await sharing.get(link.token)
        assert (shared.media_id, shared.owner_id, shared.prompt, shared.allows_download) == (output.media_id, OWNER, "", False)
        assert (shared.width_px, shared.height_px, shared.content_type) == (640, 480, "image/jpeg")

    async def test_has_one_live_link_however_often_it_is_asked_for(self, sharing: SharingService, output: StoredOutput) -> None:
        links = await asyncio.gather(*(sharing.share(owner_id=OWNER, media_id=output.media_id) for _ in range(6)))
        assert len({link.token for link in links}) == 1

    async def test_asking_again_does_not_change_what_is_shown(self, sharing: SharingService, output: StoredOutput) -> None:
        await sharing.share(owner_id=OWNER, media_id=output.media_id, shows_prompt=True)
        again = await sharing.share(owner_id=OWNER, media_id=output.media_id, shows_prompt=False)
        assert again.shows_prompt

    async def test_a_token_can_not_be_guessed(self, sharing: SharingService, output: StoredOutput) -> None:
        link = await sharing.share(owner_id=OWNER, media_id=output.media_id)
        assert len(link.token) >= 43, "256 bits"

    async def test_nobody_shares_what_is_somebody_elses_or_deleted(
        self, sharing: SharingService, library: MediaLibrary, output: StoredOutput
    ) -> None:
        with pytest.raises(NotFound):
            await sharing.share(owner_id=STRANGER, media_id=output.media_id)
        await library.trash(owner_id=OWNER, media_ids=[output.media_id])
        with pytest.raises(NotFound):
            await sharing.share(owner_id=OWNER, media_id=output.media_id)


class TestChange:
    async def test_each_choice_is_its_own(self, sharing: SharingService, output: StoredOutput) -> None:
        link = await sharing.share(owner_id=OWNER, media_id=output.media_id)
        await sharing.change(owner_id=OWNER, media_id=output.media_id, shows_prompt=True)
        changed = await sharing.change(owner_id=OWNER, media_id=output.media_id, allows_download=True)
        assert (changed.shows_prompt, changed.allows_download, changed.token) == (True, True, link.token)
        assert (await sharing.get(link.token)).prompt == "a fox in the rain"

    async def test_only_the_owner_and_only_while_it_is_shared(self, sharing: SharingService, output: StoredOutput) -> None:
        with pytest.raises(NotFound):
            await sharing.change(owner_id=OWNER, media_id=output.media_id, shows_prompt=True)
        link = await sharing.share(owner_id=OWNER, media_id=output.media_id)
        with pytest.raises(NotFound):
            await sharing.change(owner_id=STRANGER, media_id=output.media_id, shows_prompt=True)
        assert (await sharing.get(link.token)).prompt == ""


class TestRevoke:
    async def test_ends_the_link_for_good(self, sharing: SharingService, output: StoredOutput) -> None:
        link = await sharing.share(owner_id=OWNER, media_id=output.media_id)
        for _ in range(2):
            await sharing.revoke(owner_id=OWNER, media_id=output.media_id)
        with pytest.raises(NotFound):
            await sharing.get(link.token)
        anew = await sharing.share(owner_id=OWNER, media_id=output.media_id)
        assert anew.token != link.token
        with pytest.raises(NotFound):
            await sharing.open_variant(link.token, Variant.THUMB)

    async def test_a_stranger_ends_nothing(self, sharing: SharingService, output: StoredOutput) -> None:
        link = await sharing.share(owner_id=OWNER, media_id=output.media_id)
        await sharing.revoke(owner_id=STRANGER, media_id=output.media_id)
        assert (await sharing.get(link.token)).token == link.token


class TestGet:
    @pytest.mark.parametrize("token", ["", "x", "../etc/passwd", "ä" * 43, "a" * 43, "a" * 4_000, "\x00" * 43])
    async def test_what_was_never_a_link_is_not_there(self, sharing: SharingService, token: str) -> None:
        with pytest.raises(NotFound):
            await sharing.get(token)

    async def test_deleted_files_and_suspended_owners_are_not_shown(
        self, db: Database, sharing: SharingService, media: MediaService, library: MediaLibrary, output: StoredOutput
    ) -> None:
        other = await add_output(db, media, prompt="a bear")
        links = [await sharing.share(owner_id=OWNER, media_id=one.media_id) for one in (output, other)]
        await library.trash(owner_id=OWNER, media_ids=[output.media_id])
        with pytest.raises(NotFound):
            await sharing.get(links[0].token)
        await suspend(db, OWNER)
        for call in (sharing.get, sharing.get_card):
            with pytest.raises(NotFound):
                await call(links[1].token)


class TestList:
    async def test_pages_through_the_live_links_newest_first(
        self, db: Database, sharing: SharingService, media: MediaService, clock: FakeClock
    ) -> None:
        await add_people(db)
        made = []
        for number in range(5):
            stored = await add_output(db, media, prompt=f"fox {number}")
            made.append(await sharing.share(owner_id=OWNER, media_id=stored.media_id))
            clock.advance(timedelta(minutes=number % 2))
        await sharing.revoke(owner_id=OWNER, media_id=made[2].media_id)
        expected = sorted((link for link in made if link is not made[2]), key=lambda link: (link.created_at, link.token), reverse=True)
        first = await sharing.list_links(owner_id=OWNER, limit=3)
        rest = await sharing.list_links(owner_id=OWNER, limit=3, before=(first[-1].created_at, first[-1].token))
        assert [*first, *rest] == expected
        assert await sharing.list_links(owner_id=STRANGER) == ()


class TestOpen:
    async def test_a_pictures_original_is_for_those_who_may_download_it(self, sharing: SharingService, output: StoredOutput) -> None:
        link = await sharing.share(owner_id=OWNER, media_id=output.media_id)
        assert (await sharing.open_variant(link.token, Variant.PREVIEW))[1].size_bytes > 0
        with pytest.raises(NotFound):
            await sharing.open_variant(link.token, Variant.ORIGINAL)
        await sharing.change(owner_id=OWNER, media_id=output.media_id, allows_download=True)
        assert (await sharing.open_variant(link.token, Variant.ORIGINAL))[1].size_bytes == output.size_bytes

    @pytest.mark.parametrize("variant", [Variant.THUMB, Variant.PREVIEW])
    async def test_the_original_never_stands_in_for_a_thumbnail_that_is_not_there_yet(
        self, sharing: SharingService, output: StoredOutput, variant: Variant
    ) -> None:
        link = await sharing.share(owner_id=OWNER, media_id=output.media_id)

        _, file = await sharing.open_variant(link.token, variant)

        assert (file.content_type, file.is_final) == ("image/webp", True)

    async def test_a_clip_can_always_be_played(self, db: Database, sharing: SharingService, media: MediaService, tmp_path: Path) -> None:
        await add_people(db)
        stored = await add_output(db, media, data=clip(tmp_path / "a.mp4"), expect="video")
        link = await sharing.share(owner_id=OWNER, media_id=stored.media_id)
        assert (await sharing.open_variant(link.token, Variant.ORIGINAL))[1].content_type == "video/mp4"


class TestCard:
    @pytest.mark.parametrize("size", [(1200, 630), (640, 480), (300, 900), (1600, 200), (8, 8)])
    @pytest.mark.parametrize("has_thumbnails", [True, False])
    async def test_is_a_jpeg_of_the_size_that_previews_want(
        self, db: Database, sharing: SharingService, media: MediaService, size: tuple[int, int], has_thumbnails: bool
    ) -> None:
        await add_people(db)
        stored = await add_output(db, media, data=encoded(picture(*size)))
        if has_thumbnails:
            await media.make_thumbnails(stored.media_id)
        link = await sharing.share(owner_id=OWNER, media_id=stored.media_id)
        card = await sharing.get_card(link.token)
        with Image.open(io.BytesIO(card.data), formats=("JPEG",)) as image:
            assert image.size == (1200, 630)
            assert not image.getexif()

    async def test_of_a_clip_shows_that_it_plays(self, db: Database, sharing: SharingService, media: MediaService, tmp_path: Path) -> None:
        await add_people(db)
        stored = await add_output(db, media, data=clip(tmp_path / "a.mp4"), expect="video")
        link = await sharing.share(owner_id=OWNER, media_id=stored.media_id)
        card = await sharing.get_card(link.token)
        with Image.open(io.BytesIO(card.data), formats=("JPEG",)) as image:
            assert image.convert("L").getpixel((600, 315)) > 240, "the white triangle in the middle"  # type: ignore[operator]

    async def test_is_drawn_once(self, sharing: SharingService, output: StoredOutput) -> None:
        link = await sharing.share(owner_id=OWNER, media_id=output.media_id)
        cards = await asyncio.gather(*(sharing.get_card(link.token) for _ in range(4)))
        assert len({id(card.data) for card in cards}) == 1


class TestViews:
    async def seen(self, sharing: SharingService, output: StoredOutput) -> int:
        await sharing.flush()
        link = await sharing.find_link(owner_id=OWNER, media_id=output.media_id)
        assert link is not None
        return link.views

    async def test_people_count_once_a_day_each(self, sharing: SharingService, output: StoredOutput, clock: FakeClock) -> None:
        token = (await sharing.share(owner_id=OWNER, media_id=output.media_id)).token
        for ip in ("203.0.113.5", "203.0.113.5", "203.0.113.6"):
            sharing.note_view(token, ip=ip, user_agent=BROWSER)
        assert await self.seen(sharing, output) == 2
        sharing.note_view(token, ip="203.0.113.5", user_agent=BROWSER)
        assert await self.seen(sharing, output) == 2, "also after it was stored"
        clock.advance(timedelta(days=1))
        sharing.note_view(token, ip="203.0.113.5", user_agent=BROWSER)
        assert await self.seen(sharing, output) == 3

    @pytest.mark.parametrize(
        "agent",
        [
            "",
            "Twitterbot/1.0",
            "facebookexternalhit/1.1",
            "Mozilla/5.0 (compatible; Googlebot/2.1)",
            "WhatsApp/2.23",
            "curl/8.5",
            "Slackbot-LinkExpanding 1.0",
        ],
    )
    async def test_machines_do_not_count(self, sharing: SharingService, output: StoredOutput, agent: str) -> None:
        token = (await sharing.share(owner_id=OWNER, media_id=output.media_id)).token
        sharing.note_view(token, ip="203.0.113.5", user_agent=agent)
        assert await self.seen(sharing, output) == 0

    async def test_a_shared_collection_counts_its_own_while_it_is_shared(
        self, db: Database, sharing: SharingService, output: StoredOutput, clock: FakeClock, random: SeededRandom
    ) -> None:
        collections = MediaCollections(db=db, clock=clock, random=random, bus=MemoryBus())
        trip = await collections.create(owner_id=OWNER, name="Trip", media_ids=[output.media_id])
        token = await collections.publish(owner_id=OWNER, collection_id=trip)
        for ip in ("203.0.113.5", "203.0.113.5", "203.0.113.6"):
            sharing.note_view(token, ip=ip, user_agent=BROWSER)
        await sharing.flush()
        await collections.revoke(owner_id=OWNER, collection_id=trip)
        sharing.note_view(token, ip="203.0.113.7", user_agent=BROWSER)
        await sharing.flush()

        assert (await collections.get(owner_id=OWNER, collection_id=trip)).views == 2

    async def test_what_could_not_be_stored_is_counted_with_the_next(self, clock: FakeClock, random: SeededRandom) -> None:
        counter = ViewCounter(clock=clock, random=random)
        counter.note("a", ip="203.0.113.5", user_agent=BROWSER)
        counted = counter.take()
        counter.note("a", ip="203.0.113.6", user_agent=BROWSER)
        counter.give_back(counted)
        assert counter.take() == {"a": 2}
        assert counter.take() == {}
