"""The media service on real files and both databases."""

from __future__ import annotations

import asyncio
import errno
from datetime import timedelta
from pathlib import Path

import pytest

from nyx.bus import Event, MemoryBus, user_topic
from nyx.clock import SeededRandom
from nyx.db import Database
from nyx.errors import NotFound
from nyx.services.media.keys import thumbnail_key
from nyx.services.media.library import MediaLibrary
from nyx.services.media.service import BadFile, MediaService, insert_media, media_id_of
from nyx.services.media.storage import LocalStorage
from nyx.services.media.views import Variant
from tests.services.media.kit import OWNER, STRANGER, add_output, add_people, encoded, picture, with_broken_exif
from tests.support.clock import START, FakeClock


class FullDisk(LocalStorage):
    """A disk that may have no room: what is written goes to the device that always says so."""

    is_full = True

    def temporary(self) -> Path:
        path = super().temporary()
        if self.is_full:
            path.symlink_to("/dev/full")
        return path

    def commit(self, temporary: Path, key: str, *, keep_first: bool = False) -> None:
        if self.is_full:
            Path("/dev/full").write_bytes(b"x")
        super().commit(temporary, key, keep_first=keep_first)


PICTURES = (Variant.ORIGINAL, Variant.THUMB, Variant.PREVIEW)


def leftovers(folder: Path) -> list[Path]:
    """Every temporary file that is still there."""
    return list((folder / "media" / "tmp").iterdir())


@pytest.fixture(autouse=True)
async def _people(db: Database) -> None:
    await add_people(db)


class TestStoreOutput:
    async def test_keeps_the_very_bytes_and_says_what_they_are(self, media: MediaService, storage: LocalStorage) -> None:
        data = encoded(picture(800, 600))
        received = await media.receive(data)
        stored = await media.store_output(received, owner_id=OWNER, generation_id="c" * 32, output_index=2, expect="image")
        assert storage.path(stored.storage_key).read_bytes() == data
        assert (stored.size_bytes, stored.sha256) == (len(data), received.sha256)
        assert (stored.content_type, stored.width_px, stored.height_px) == ("image/jpeg", 800, 600)
        assert stored.media_id == media_id_of(generation_id="c" * 32, output_index=2)

    async def test_a_repeat_replaces_itself(self, media: MediaService, storage: LocalStorage, tmp_path: Path) -> None:
        keys = set()
        for shade in (10, 200):
            received = await media.receive(encoded(picture(colour=(shade, shade, shade))))
            stored = await media.store_output(received, owner_id=OWNER, generation_id="c" * 32, output_index=0, expect="image")
            keys.add((stored.media_id, stored.storage_key))
        assert len(keys) == 1
        assert len([path for path in (tmp_path / "media").rglob("*") if path.is_file()]) == 1

    async def test_a_bad_file_leaves_nothing_behind(self, media: MediaService, tmp_path: Path) -> None:
        received = await media.receive(b"<html>not today</html>")
        with pytest.raises(BadFile, match="not a picture"):
            await media.store_output(received, owner_id=OWNER, generation_id="c" * 32, output_index=0, expect="image")
        assert not [path for path in (tmp_path / "media").rglob("*") if path.is_file()]

    async def test_a_file_that_the_disk_refuses_leaves_nothing_behind(self, media: MediaService, tmp_path: Path) -> None:
        received = await media.receive(encoded(picture()))
        (tmp_path / "media" / OWNER).write_text("a file where a folder should be")
        with pytest.raises(OSError, match="exists"):
            await media.store_output(received, owner_id=OWNER, generation_id="c" * 32, output_index=0, expect="image")
        assert not received.path.exists()

    async def test_a_full_disk_is_told_from_a_bad_file_and_leaves_nothing_behind(
        self, db: Database, clock: FakeClock, bus: MemoryBus, tmp_path: Path, random: SeededRandom
    ) -> None:
        disk = FullDisk(tmp_path / "media", random)
        media = MediaService(db=db, storage=disk, clock=clock, bus=bus)
        with pytest.raises(OSError, match="No space left") as caught:
            await media.receive(encoded(picture()))
        assert caught.value.errno == errno.ENOSPC
        disk.is_full = False
        received = await media.receive(encoded(picture()))
        disk.is_full = True
        with pytest.raises(OSError, match="No space left") as caught:
            await media.store_output(received, owner_id=OWNER, generation_id="c" * 32, output_index=0, expect="image")
        assert not isinstance(caught.value, BadFile)
        assert leftovers(tmp_path) == []
        media.close()

    async def test_a_caller_that_is_cancelled_leaves_no_half_of_it(self, media: MediaService, storage: LocalStorage) -> None:
        received = await media.receive(encoded(picture()))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await media.store_output(received, owner_id=OWNER, generation_id="c" * 32, output_index=0, expect="image")
        again = await media.receive(encoded(picture()))
        stored = await media.store_output(again, owner_id=OWNER, generation_id="c" * 32, output_index=0, expect="image")
        assert storage.exists(stored.storage_key)


class TestDiscard:
    async def test_takes_back_a_file_that_got_no_row(self, media: MediaService, storage: LocalStorage) -> None:
        received = await media.receive(encoded(picture()))
        stored = await media.store_output(received, owner_id=OWNER, generation_id="c" * 32, output_index=0, expect="image")
        await media.discard(stored)
        assert not storage.exists(stored.storage_key)
        await media.discard(stored)

    async def test_leaves_a_file_that_a_row_names(self, db: Database, media: MediaService, storage: LocalStorage) -> None:
        stored = await add_output(db, media)
        await media.discard(stored)
        assert storage.exists(stored.storage_key)


class TestInsertMedia:
    async def test_may_be_repeated(self, db: Database, media: MediaService, library: MediaLibrary) -> None:
        stored = await add_output(db, media, generation_id="c" * 32)
        await db.write(insert_media, owner_id=OWNER, generation_id="c" * 32, output_index=0, stored=stored, now=START)
        assert (await library.figures(owner_id=OWNER)).in_gallery == 1


class TestThumbnails:
    async def test_are_made_and_announced(
        self, db: Database, media: MediaService, library: MediaLibrary, storage: LocalStorage, bus: MemoryBus
    ) -> None:
        heard: list[Event] = []
        bus.listen(user_topic(OWNER), heard.append)
        stored = await add_output(db, media)
        assert not (await library.get(owner_id=OWNER, media_id=stored.media_id)).has_thumbnails
        await media.make_thumbnails(stored.media_id)
        view = await library.get(owner_id=OWNER, media_id=stored.media_id)
        assert view.has_thumbnails
        assert view.blur.startswith("data:image/webp")
        assert heard == [Event("media", stored.media_id)]

    async def test_are_not_made_twice(self, db: Database, media: MediaService, bus: MemoryBus) -> None:
        heard: list[Event] = []
        bus.listen(user_topic(OWNER), heard.append)
        stored = await add_output(db, media)
        await asyncio.gather(*(media.make_thumbnails(stored.media_id) for _ in range(4)))
        await media.make_thumbnails(stored.media_id)
        assert len(heard) == 1

    async def test_what_a_crash_left_out_is_made_later(self, db: Database, media: MediaService, library: MediaLibrary) -> None:
        made = [await add_output(db, media, prompt=f"fox {number}") for number in range(3)]
        assert await media.make_missing_thumbnails(limit=2) == 2
        assert await media.make_missing_thumbnails(limit=2) == 1
        assert await media.make_missing_thumbnails(limit=2) == 0
        for stored in made:
            assert (await library.get(owner_id=OWNER, media_id=stored.media_id)).has_thumbnails

    async def test_when_they_can_not_be_made_the_original_is_shown(self, db: Database, media: MediaService, storage: LocalStorage) -> None:
        stored = await add_output(db, media)
        storage.path(stored.storage_key).write_bytes(encoded(picture())[:700])
        await media.make_thumbnails(stored.media_id)
        assert await media.make_missing_thumbnails() == 0
        shown = await media.open_variant(owner_id=OWNER, media_id=stored.media_id, variant=Variant.THUMB)
        assert shown.path == storage.path(stored.storage_key)
        assert not shown.is_final

    @pytest.mark.filterwarnings("ignore::UserWarning")
    async def test_broken_metadata_is_no_reason_to_fail(self, db: Database, media: MediaService, library: MediaLibrary) -> None:
        stored = await add_output(db, media, data=with_broken_exif())
        assert await media.make_missing_thumbnails() == 1
        assert (await library.get(owner_id=OWNER, media_id=stored.media_id)).has_thumbnails

    async def test_one_that_fails_strangely_keeps_no_other_from_being_made(
        self, db: Database, media: MediaService, library: MediaLibrary, storage: LocalStorage
    ) -> None:
        strange = await add_output(db, media, prompt="strange")
        usual = await add_output(db, media, prompt="usual", now=START + timedelta(minutes=1))
        storage.path(thumbnail_key(strange.storage_key, Variant.THUMB)).mkdir()
        assert await media.make_missing_thumbnails() == 2
        assert await media.make_missing_thumbnails() == 0
        assert (await library.get(owner_id=OWNER, media_id=usual.media_id)).has_thumbnails
        assert not (await library.get(owner_id=OWNER, media_id=strange.media_id)).has_thumbnails

    async def test_a_disk_without_room_is_tried_again_later(
        self, db: Database, library: MediaLibrary, clock: FakeClock, bus: MemoryBus, tmp_path: Path, random: SeededRandom
    ) -> None:
        disk = FullDisk(tmp_path / "media", random)
        media = MediaService(db=db, storage=disk, clock=clock, bus=bus)
        disk.is_full = False
        stored = await add_output(db, media)
        disk.is_full = True
        await media.make_missing_thumbnails()
        assert not (await library.get(owner_id=OWNER, media_id=stored.media_id)).has_thumbnails
        assert leftovers(tmp_path) == []
        disk.is_full = False
        assert await media.make_missing_thumbnails() == 1
        assert (await library.get(owner_id=OWNER, media_id=stored.media_id)).has_thumbnails
        media.close()

    async def test_an_unknown_id_is_no_trouble(self, media: MediaService) -> None:
        await media.make_thumbnails("f" * 32)

        with pytest.raises(NotFound):
            await media.open_variant(owner_id=OWNER, media_id="f" * 32, variant=Variant.THUMB)


class TestOpenVariant:
    async def test_each_variant_has_its_file_type_and_tag(self, db: Database, media: MediaService) -> None:
        stored = await add_output(db, media)
        await media.make_thumbnails(stored.media_id)
        files = [await media.open_variant(owner_id=OWNER, media_id=stored.media_id, variant=variant) for variant in PICTURES]
        assert [file.content_type for file in files] == ["image/jpeg", "image/webp", "image/webp"]
        assert len({file.etag for file in files}) == len({file.path for file in files}) == 3
        assert all(file.is_final and file.size_bytes == file.path.stat().st_size for file in files)
        assert files[0].filename == f"a-fox-in-the-rain-{stored.media_id[:6]}.jpg"
        assert files[1].filename.endswith(".webp")

    async def test_a_thumbnail_that_went_missing_is_replaced_by_the_original(self, db: Database, media: MediaService) -> None:
        stored = await add_output(db, media)
        await media.make_thumbnails(stored.media_id)
        thumb = await media.open_variant(owner_id=OWNER, media_id=stored.media_id, variant=Variant.THUMB)
        thumb.path.unlink()
        shown = await media.open_variant(owner_id=OWNER, media_id=stored.media_id, variant=Variant.THUMB)
        assert (shown.content_type, shown.is_final) == ("image/jpeg", False)

    async def test_nobody_else_gets_it(self, db: Database, media: MediaService, library: MediaLibrary) -> None:
        stored = await add_output(db, media)
        with pytest.raises(NotFound):
            await media.open_variant(owner_id=STRANGER, media_id=stored.media_id, variant=Variant.ORIGINAL)
        with pytest.raises(NotFound):
            await library.get(owner_id=STRANGER, media_id=stored.media_id)

    async def test_of_what_is_in_the_trash_the_owner_sees_thumbnails_only(
        self, db: Database, media: MediaService, library: MediaLibrary
    ) -> None:
        stored, bare = await add_output(db, media), await add_output(db, media, prompt="without thumbnails")
        await media.make_thumbnails(stored.media_id)
        await library.trash(owner_id=OWNER, media_ids=[stored.media_id, bare.media_id])
        for variant in (Variant.THUMB, Variant.PREVIEW):
            assert (await media.open_variant(owner_id=OWNER, media_id=stored.media_id, variant=variant)).content_type == "image/webp"
        for owner, media_id, variant in (
            (OWNER, stored.media_id, Variant.ORIGINAL),
            (OWNER, bare.media_id, Variant.THUMB),
            (STRANGER, stored.media_id, Variant.THUMB),
        ):
            with pytest.raises(NotFound):
                await media.open_variant(owner_id=owner, media_id=media_id, variant=variant)

    async def test_a_file_that_is_gone_from_the_disk_is_not_found(self, db: Database, media: MediaService, storage: LocalStorage) -> None:
        stored = await add_output(db, media)
        storage.delete(stored.storage_key)
        with pytest.raises(NotFound):
            await media.open_variant(owner_id=OWNER, media_id=stored.media_id, variant=Variant.ORIGINAL)


class TestStart:
    async def test_removes_what_a_crash_left_half_written(self, media: MediaService, clock: FakeClock) -> None:
        leftover = media.temporary()
        leftover.write_bytes(b"half")
        clock.jump(timedelta(days=3650))
        await media.start()
        assert not leftover.exists()
        assert await media.writable()

    async def test_leaves_a_neighbour_s_download_alone_on_a_shared_database(
        self, db: Database, media: MediaService, clock: FakeClock
    ) -> None:
        downloading = media.temporary()
        downloading.write_bytes(b"half")
        clock.jump(timedelta(seconds=downloading.stat().st_mtime - clock.now().timestamp() + 60))
        await media.start()
        assert downloading.exists() is (db.dialect == "postgresql")
