"""What is made when it is wanted: once, signed, never the clean file in the place of the marked one."""

from __future__ import annotations

import asyncio
import io
import threading
import zipfile
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from nyx.bus import MemoryBus
from nyx.clock import SeededRandom
from nyx.db import Database
from nyx.errors import InvalidInput, Overloaded
from nyx.services.marks.identity import load_identity
from nyx.services.marks.provenance import Provenance
from nyx.services.media.clip_formats import ClipFormats
from nyx.services.media.conversions import Formats
from nyx.services.media.derivatives import MAX_OF_ONE
from nyx.services.media.downloads import Downloads
from nyx.services.media.formats import PICTURES, PictureFormats
from nyx.services.media.keys import originals_of
from nyx.services.media.papers import Papers
from nyx.services.media.service import MediaService
from nyx.services.media.storage import LocalStorage
from nyx.services.media.views import StoredFile, Variant
from tests.services.media.kit import OWNER, STRANGER, add_output, add_people, clip, encoded, picture
from tests.support.clock import START, FakeClock
from tests.support.waiting import eventually

CLEAN = encoded(picture(800, 600))


class CountingStorage(LocalStorage):
    """Remembers what was written."""

    def __init__(self, root: Path, random: SeededRandom) -> None:
        super().__init__(root, random)
        self.written: list[str] = []

    def commit(self, temporary: Path, key: str, *, keep_first: bool = False) -> None:
        self.written.append(key)
        super().commit(temporary, key, keep_first=keep_first)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Files are the same on both databases; whose carry the mark is tested on both in the accounts."""
    return sqlite_url


@pytest.fixture
def disk(tmp_path: Path, random: SeededRandom) -> CountingStorage:
    return CountingStorage(tmp_path / "media", random)


@pytest.fixture
def marking(db: Database, disk: CountingStorage, clock: FakeClock, bus: MemoryBus, tmp_path: Path) -> Iterator[MediaService]:
    """Everybody carries the mark."""

    async def carries_mark(_: str) -> bool:
        return True

    papers = Papers(Provenance(load_identity(tmp_path / "data", now=START)), name_of=str)
    service = MediaService(db=db, storage=disk, clock=clock, bus=bus, papers=papers, carries_mark=carries_mark)
    yield service
    service.close()


@pytest.fixture(autouse=True)
async def _people(db: Database) -> None:
    await add_people(db)


class TestMarked:
    async def test_is_made_once_however_many_ask(self, db: Database, marking: MediaService, disk: CountingStorage) -> None:
        stored = await add_output(db, marking, data=CLEAN)

        files = await asyncio.gather(
            *(marking.open_variant(owner_id=OWNER, media_id=stored.media_id, variant=Variant.ORIGINAL) for _ in range(8))
        )

        assert len({file.path for file in files}) == 1
        assert len([key for key in disk.written if ".marked." in key]) == 1
        assert not files[0].is_final
        assert originals_of(disk.written[-1])[0] == stored.storage_key

    async def test_is_made_again_when_it_was_lost(self, db: Database, marking: MediaService) -> None:
        stored = await add_output(db, marking, data=CLEAN)
        first = await marking.open_variant(owner_id=OWNER, media_id=stored.media_id, variant=Variant.ORIGINAL)
        first.path.unlink()

        again = await marking.open_variant(owner_id=OWNER, media_id=stored.media_id, variant=Variant.ORIGINAL)

        assert again.path.is_file()

    async def test_a_clip_is_begun_before_anybody_asks_and_a_picture_is_not(
        self, db: Database, marking: MediaService, disk: CountingStorage, tmp_path: Path
    ) -> None:
        still = await add_output(db, marking, data=CLEAN)
        moving = await add_output(db, marking, data=clip(tmp_path / "clip.mp4"), prompt="a clip", expect="video")

        for stored in (still, moving):
            await marking.prepare_marked(stored.media_id)

        await eventually(lambda: len(disk.written) == 3)
        assert disk.written[2] == moving.storage_key.replace(".mp4", ".marked.mp4")

    @pytest.mark.parametrize("variant", [Variant.ORIGINAL, Variant.PREVIEW, Variant.THUMB])
    async def test_the_clean_file_is_never_sent_in_its_place(
        self, db: Database, marking: MediaService, disk: CountingStorage, variant: Variant
    ) -> None:
        stored = await add_output(db, marking, data=CLEAN)
        disk.path(stored.storage_key).write_bytes(CLEAN[:2000])  # it can't be decoded any more

        with pytest.raises(Overloaded, match="can't be prepared"):
            await marking.open_variant(owner_id=OWNER, media_id=stored.media_id, variant=variant)

    async def test_what_a_person_brought_is_left_alone(self, db: Database, marking: MediaService, disk: CountingStorage) -> None:
        stored = await add_output(db, marking, data=CLEAN)
        becomes_an_upload = "UPDATE media SET origin = 'upload', generation_id = NULL, model_key = NULL"
        await db.write(lambda tx: tx.execute(becomes_an_upload))

        file = await marking.open_variant(owner_id=OWNER, media_id=stored.media_id, variant=Variant.ORIGINAL)

        assert file.path == disk.path(stored.storage_key)


Ask = Callable[[str, int], Awaitable[list[asyncio.Task[StoredFile]]]]


class SlowStorage(CountingStorage):
    """Lets nothing be written until it may."""

    def __init__(self, root: Path, random: SeededRandom) -> None:
        super().__init__(root, random)
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def commit(self, temporary: Path, key: str, *, keep_first: bool = False) -> None:
        if ".marked." in key:
            self.may_go_on.wait(20)
        super().commit(temporary, key, keep_first=keep_first)


class TestFairness:
    @pytest.fixture
    def disk(self, tmp_path: Path, random: SeededRandom) -> Iterator[SlowStorage]:
        disk = SlowStorage(tmp_path / "media", random)
        yield disk
        disk.may_go_on.set()

    @pytest.fixture
    async def wanted(
        self, db: Database, marking: MediaService, disk: SlowStorage
    ) -> Callable[..., Awaitable[list[asyncio.Task[StoredFile]]]]:
        """What asks for so many new files of one person, none of which is made before the disk may go on."""

        numbers = count()

        async def ask(owner_id: str, how_many: int) -> list[asyncio.Task[StoredFile]]:
            prompts = [f"picture {next(numbers)}" for _ in range(how_many)]
            made = [await add_output(db, marking, owner_id=owner_id, data=CLEAN, prompt=prompt) for prompt in prompts]
            disk.may_go_on.clear()
            open_one = partial(marking.open_variant, owner_id=owner_id, variant=Variant.ORIGINAL)
            asked = [asyncio.create_task(open_one(media_id=one.media_id)) for one in made]
            await asyncio.wait(asked, timeout=0.3)
            return asked

        return ask

    async def test_whoever_asks_for_very_many_is_told_to_wait_and_nobody_else(self, disk: SlowStorage, wanted: Ask) -> None:
        many = await wanted(OWNER, MAX_OF_ONE + 2)
        (other,) = await wanted(STRANGER, 1)
        refused = [one for one in many if one.done()]
        disk.may_go_on.set()
        assert [type(one.exception()) for one in refused] == [Overloaded, Overloaded]
        assert (await other).path.is_file()
        assert all(found.path.is_file() for found in await asyncio.gather(*(one for one in many if one not in refused)))

    async def test_what_another_asks_for_later_is_not_made_last(self, disk: SlowStorage, wanted: Ask) -> None:
        many = await wanted(OWNER, 10)
        disk.written.clear()
        (other,) = await wanted(STRANGER, 1)
        disk.may_go_on.set()
        await asyncio.gather(*many, other)
        order = [key.split("/")[0] for key in disk.written if ".marked." in key]
        assert order.index(STRANGER) <= 4, "after what was with the threads already"

    async def test_whoever_waited_may_ask_again(self, disk: SlowStorage, wanted: Ask) -> None:
        many = await wanted(OWNER, MAX_OF_ONE)
        disk.may_go_on.set()
        await asyncio.gather(*many)
        again = await wanted(OWNER, MAX_OF_ONE)
        disk.may_go_on.set()
        assert all(found.path.is_file() for found in await asyncio.gather(*again))


class TestStored:
    async def test_a_repeat_keeps_the_first_signature_and_tells_of_it(
        self, db: Database, marking: MediaService, disk: CountingStorage
    ) -> None:
        told = []
        for _ in range(2):
            received = await marking.receive(CLEAN)
            told.append(await marking.store_output(received, owner_id=OWNER, generation_id="c" * 32, output_index=0, expect="image"))

        assert told[0] == told[1]
        assert disk.path(told[0].storage_key).stat().st_size == told[0].size_bytes
        assert disk.path(told[0].storage_key).read_bytes() != CLEAN


class TestFormats:
    @pytest.mark.parametrize("name", ["gif", "tiff", "../x", "JPEG"])
    async def test_another_is_refused_in_words(self, db: Database, marking: MediaService, name: str) -> None:
        stored = await add_output(db, marking, data=CLEAN)
        formats = Formats(db=db, makers=dict.fromkeys(PICTURES, PictureFormats(marking)))

        with pytest.raises(InvalidInput, match="no such format"):
            await formats.open(owner_id=OWNER, media_id=stored.media_id, wanted=name)


class TestElsewhere:
    async def test_an_archive_holds_what_may_leave(
        self, db: Database, marking: MediaService, disk: CountingStorage, clock: FakeClock, random: SeededRandom
    ) -> None:
        stored = await add_output(db, marking, data=CLEAN)
        downloads = Downloads(db=db, storage=disk, clock=clock, random=random, leaving_key=marking.leaving_key)
        ticket = await downloads.offer(owner_id=OWNER, media_ids=[stored.media_id])

        whole = b"".join([piece async for piece in (await downloads.open(owner_id=OWNER, ticket=ticket)).chunks])
        downloads.close()

        sent = await marking.open_variant(owner_id=OWNER, media_id=stored.media_id, variant=Variant.ORIGINAL)
        with zipfile.ZipFile(io.BytesIO(whole)) as archive:
            assert archive.read(archive.namelist()[0]) == sent.path.read_bytes()
        assert sent.path.name.endswith(".marked.jpg")

    async def test_a_conversion_of_a_clip_is_made_from_the_marked_one(
        self, db: Database, marking: MediaService, disk: CountingStorage, clock: FakeClock, bus: MemoryBus, tmp_path: Path
    ) -> None:
        stored = await add_output(db, marking, data=clip(tmp_path / "clip.mp4"), expect="video")
        clips = ClipFormats(storage=disk, clock=clock, bus=bus, leaving=marking.leaving)
        formats = Formats(db=db, makers={"webm": clips, "mp4": clips})

        await formats.open(owner_id=OWNER, media_id=stored.media_id, wanted="webm")
        await eventually(lambda: clips.is_idle)
        found = await formats.open(owner_id=OWNER, media_id=stored.media_id, wanted="webm")
        same = await formats.open(owner_id=OWNER, media_id=stored.media_id, wanted="mp4")
        clips.close()

        assert isinstance(found, StoredFile)
        assert isinstance(same, StoredFile)
        assert (found.path.name.partition(".")[2], same.path.name.partition(".")[2]) == ("marked.as.webm", "marked.mp4")
        assert not found.is_final

    async def test_the_moving_preview_is_marked_too(self, db: Database, marking: MediaService, tmp_path: Path) -> None:
        stored = await add_output(db, marking, data=clip(tmp_path / "clip.mp4"), expect="video")
        await marking.make_thumbnails(stored.media_id)

        shown = await marking.open_variant(owner_id=OWNER, media_id=stored.media_id, variant=Variant.CLIP_PREVIEW)

        assert shown.path.name.endswith(".marked.clip-preview.mp4")
