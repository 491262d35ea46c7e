"""Many files as one archive: what is in it, how large it is said to be, and who may have it, how often."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from datetime import timedelta

import pytest

from nyx.clock import SeededRandom
from nyx.db import Database
from nyx.errors import Conflict, InvalidInput, NotFound, Overloaded, TooMany
from nyx.services.media.collections import MediaCollections
from nyx.services.media.downloads import MOST_SENDING, MOST_TICKETS, Archive, Downloads
from nyx.services.media.housekeeping import Housekeeping
from nyx.services.media.library import MediaLibrary
from nyx.services.media.service import MediaService
from nyx.services.media.storage import LocalStorage
from tests.services.media.kit import OWNER, STRANGER, add_output, add_people, encoded, picture
from tests.support.clock import START, FakeClock


@pytest.fixture(autouse=True)
async def _people(db: Database) -> None:
    await add_people(db)


async def whole(archive: Archive) -> zipfile.ZipFile:
    """The archive as a person gets it, as large as it was said to be."""
    data = b"".join([chunk async for chunk in archive.chunks])
    assert len(data) == archive.size_bytes
    opened = zipfile.ZipFile(io.BytesIO(data))
    assert opened.testzip() is None
    return opened


class TestOpen:
    async def test_has_the_very_files_under_names_from_their_prompts(self, db: Database, media: MediaService, downloads: Downloads) -> None:
        data = [encoded(picture(64, 48, colour=(shade, 0, 0))) for shade in (10, 200)]
        stored = [
            await add_output(db, media, data=data[number], prompt=prompt, now=START + timedelta(minutes=number))
            for number, prompt in enumerate(("../../etc/passwd\\ fox", "füchse im regen"))
        ]
        ticket = await downloads.offer(owner_id=OWNER, media_ids=[one.media_id for one in stored])
        archive = await downloads.open(owner_id=OWNER, ticket=ticket)
        assert archive.filename == "nyx-net.zip"
        with await whole(archive) as opened:
            assert opened.namelist() == [
                f"etc-passwd-fox-{stored[0].media_id[:6]}.jpg",
                f"füchse-im-regen-{stored[1].media_id[:6]}.jpg",
            ]
            assert [opened.read(name) for name in opened.namelist()] == data
            assert {info.compress_type for info in opened.infolist()} == {zipfile.ZIP_STORED}

    async def test_a_ticket_is_good_for_once(self, db: Database, media: MediaService, downloads: Downloads) -> None:
        stored = await add_output(db, media)
        ticket = await downloads.offer(owner_id=OWNER, media_ids=[stored.media_id])
        await whole(await downloads.open(owner_id=OWNER, ticket=ticket))
        with pytest.raises(Conflict):
            await downloads.open(owner_id=OWNER, ticket=ticket)

    async def test_a_ticket_is_as_good_as_before_when_the_archive_could_not_be_made(
        self, db: Database, media: MediaService, storage: LocalStorage, clock: FakeClock, random: SeededRandom
    ) -> None:
        stored = await add_output(db, media)
        is_busy = False

        async def leaving_key(**asked: str) -> str | None:
            if is_busy:
                raise Overloaded
            return await media.leaving_key(**asked)

        downloads = Downloads(db=db, storage=storage, clock=clock, random=random, leaving_key=leaving_key)
        ticket = await downloads.offer(owner_id=OWNER, media_ids=[stored.media_id])
        is_busy = True
        with pytest.raises(Overloaded):
            await downloads.open(owner_id=OWNER, ticket=ticket)
        is_busy = False
        await whole(await downloads.open(owner_id=OWNER, ticket=ticket))
        downloads.close()

    async def test_of_two_at_once_one_gets_the_archive(self, db: Database, media: MediaService, downloads: Downloads) -> None:
        stored = await add_output(db, media)
        ticket = await downloads.offer(owner_id=OWNER, media_ids=[stored.media_id])
        tries = await asyncio.gather(*(downloads.open(owner_id=OWNER, ticket=ticket) for _ in range(4)), return_exceptions=True)
        assert sorted(type(one).__name__ for one in tries) == ["Archive", "Conflict", "Conflict", "Conflict"]

    async def test_only_so_many_are_on_their_way_to_one_person_and_the_ticket_waits(
        self, db: Database, media: MediaService, downloads: Downloads
    ) -> None:
        mine, theirs = await add_output(db, media), await add_output(db, media, owner_id=STRANGER)
        tickets = [await downloads.offer(owner_id=OWNER, media_ids=[mine.media_id]) for _ in range(MOST_SENDING + 1)]
        sending = [(await downloads.open(owner_id=OWNER, ticket=ticket)).chunks for ticket in tickets[:-1]]
        for chunks in sending:
            await anext(chunks)
        for refused in (
            downloads.open(owner_id=OWNER, ticket=tickets[-1]),
            downloads.offer(owner_id=OWNER, media_ids=[mine.media_id]),
        ):
            with pytest.raises(TooMany, match="4 archives are on their way to you already"):
                await refused
        assert await downloads.offer(owner_id=STRANGER, media_ids=[theirs.media_id])
        await sending[0].aclose()  # whoever hangs up makes room, too
        await whole(await downloads.open(owner_id=OWNER, ticket=tickets[-1]))

    async def test_a_ticket_is_good_for_two_minutes_and_for_its_owner(
        self, db: Database, media: MediaService, downloads: Downloads, storage: LocalStorage, clock: FakeClock
    ) -> None:
        stored = await add_output(db, media)
        ticket = await downloads.offer(owner_id=OWNER, media_ids=[stored.media_id])
        for owner_id, guess in ((STRANGER, ticket), (OWNER, ""), (OWNER, "x" * 43)):
            with pytest.raises(NotFound):
                await downloads.open(owner_id=owner_id, ticket=guess)
        clock.jump(timedelta(minutes=3))
        with pytest.raises(Conflict):
            await downloads.open(owner_id=OWNER, ticket=ticket)
        await Housekeeping(db=db, storage=storage, clock=clock).empty_trashes()
        with pytest.raises(NotFound):
            await downloads.open(owner_id=OWNER, ticket=ticket)

    async def test_a_file_that_is_gone_does_not_keep_the_others(
        self, db: Database, media: MediaService, storage: LocalStorage, downloads: Downloads
    ) -> None:
        lost, kept = await add_output(db, media, prompt="lost"), await add_output(db, media, prompt="kept")
        ticket = await downloads.offer(owner_id=OWNER, media_ids=[lost.media_id, kept.media_id])
        storage.delete(lost.storage_key)
        with await whole(await downloads.open(owner_id=OWNER, ticket=ticket)) as opened:
            assert [name.split("-")[0] for name in opened.namelist()] == ["kept"]


class TestOffer:
    async def test_leaves_out_what_is_not_there_or_not_the_owner_s(
        self, db: Database, media: MediaService, library: MediaLibrary, downloads: Downloads
    ) -> None:
        mine, gone = await add_output(db, media, prompt="mine"), await add_output(db, media, prompt="gone")
        theirs = await add_output(db, media, owner_id=STRANGER, prompt="theirs")
        await library.trash(owner_id=OWNER, media_ids=[gone.media_id])
        ids = [mine.media_id, gone.media_id, theirs.media_id, mine.media_id]
        with await whole(await downloads.open(owner_id=OWNER, ticket=await downloads.offer(owner_id=OWNER, media_ids=ids))) as opened:
            assert [name.split("-")[0] for name in opened.namelist()] == ["mine"]
        with pytest.raises(NotFound):
            await downloads.offer(owner_id=OWNER, media_ids=[gone.media_id, theirs.media_id])

    async def test_only_so_many_tickets_of_one_person_wait_to_be_used(
        self, db: Database, media: MediaService, downloads: Downloads, clock: FakeClock
    ) -> None:
        mine, theirs = await add_output(db, media), await add_output(db, media, owner_id=STRANGER)
        tickets = [await downloads.offer(owner_id=OWNER, media_ids=[mine.media_id]) for _ in range(MOST_TICKETS)]
        with pytest.raises(TooMany, match="wait two minutes"):
            await downloads.offer(owner_id=OWNER, media_ids=[mine.media_id])
        assert await downloads.offer(owner_id=STRANGER, media_ids=[theirs.media_id])
        await whole(await downloads.open(owner_id=OWNER, ticket=tickets[0]))
        assert await downloads.offer(owner_id=OWNER, media_ids=[mine.media_id])
        clock.jump(timedelta(minutes=3))
        assert await downloads.offer(owner_id=OWNER, media_ids=[mine.media_id])

    @pytest.mark.parametrize("made_up", ["\x00", "a\x00b", "\ud800", ""])
    async def test_what_can_be_no_id_is_left_out_on_both_databases(
        self, db: Database, media: MediaService, downloads: Downloads, made_up: str
    ) -> None:
        stored = await add_output(db, media)
        assert await downloads.offer(owner_id=OWNER, media_ids=[stored.media_id, made_up])
        for refused in (
            downloads.offer(owner_id=OWNER, media_ids=[made_up]),
            downloads.offer_collection(owner_id=OWNER, collection_id=made_up),
        ):
            with pytest.raises(InvalidInput):
                await refused

    async def test_stores_nothing_that_somebody_made_up(self, db: Database, media: MediaService, downloads: Downloads) -> None:
        stored = await add_output(db, media)

        await downloads.offer(owner_id=OWNER, media_ids=[stored.media_id, "x" * 100_000])

        (row,) = await db.look(lambda tx: tx.execute("SELECT media_ids FROM download_ticket").all())
        assert json.loads(row["media_ids"]) == [stored.media_id]

    @pytest.mark.parametrize("count", [0, 2_001])
    async def test_none_or_too_many_are_refused(self, downloads: Downloads, count: int) -> None:
        with pytest.raises(InvalidInput):
            await downloads.offer(owner_id=OWNER, media_ids=[f"{number:032}" for number in range(count)])

    async def test_a_whole_collection_has_its_name(
        self, db: Database, media: MediaService, collections: MediaCollections, downloads: Downloads
    ) -> None:
        stored = [await add_output(db, media, prompt=f"fox {number}") for number in range(3)]
        trip = await collections.create(owner_id=OWNER, name="Trip: the Sea/2026", media_ids=[one.media_id for one in stored])
        archive = await downloads.open(owner_id=OWNER, ticket=await downloads.offer_collection(owner_id=OWNER, collection_id=trip))
        assert archive.filename == "trip-the-sea-2026.zip"
        assert len((await whole(archive)).namelist()) == 3
        for refused in ({"owner_id": STRANGER, "collection_id": trip}, {"owner_id": OWNER, "collection_id": "none"}):
            with pytest.raises(InvalidInput):
                await downloads.offer_collection(**refused)
