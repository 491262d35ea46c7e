"""What no row names goes after a day; what a row names, and what is not ours, stays."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from nyx.db import Database
from nyx.errors import NotFound
from nyx.services.media.housekeeping import Housekeeping
from nyx.services.media.keys import output_key, thumbnail_key
from nyx.services.media.library import MediaLibrary
from nyx.services.media.service import MediaService
from nyx.services.media.storage import LocalStorage
from nyx.services.media.views import Figures, Filters, StoredOutput, Variant
from tests.services.media.kit import OWNER, STRANGER, add_output, add_people
from tests.support.clock import FakeClock


@pytest.fixture(autouse=True)
async def _people(db: Database) -> None:
    await add_people(db)


@pytest.fixture
def housekeeping(db: Database, storage: LocalStorage, clock: FakeClock) -> Housekeeping:
    return Housekeeping(db=db, storage=storage, clock=clock)


def orphan(storage: LocalStorage, number: int = 0) -> str:
    """A whole file with both thumbnails, of which no row knows."""
    key = output_key(owner_id=OWNER, generation_id="e" * 32, output_index=number, content_type="image/jpeg")
    for name in (key, thumbnail_key(key, Variant.THUMB), thumbnail_key(key, Variant.PREVIEW)):
        temporary = storage.temporary()
        temporary.write_bytes(b"x")
        storage.commit(temporary, name)
    return key


def later(clock: FakeClock, folder: Path, hours: float) -> None:
    """So many hours after the newest file was written."""
    newest = max(path.stat().st_mtime for path in folder.rglob("*") if path.is_file())
    clock.jump(timedelta(seconds=newest - clock.now().timestamp(), hours=hours))


def files(folder: Path) -> set[str]:
    """The key of every file that is there."""
    return {path.relative_to(folder / "media").as_posix() for path in (folder / "media").rglob("*") if path.is_file()}


class TestSweepOrphans:
    async def test_takes_what_belongs_to_no_row_with_its_thumbnails(
        self, db: Database, media: MediaService, storage: LocalStorage, housekeeping: Housekeeping, clock: FakeClock, tmp_path: Path
    ) -> None:
        kept = await add_output(db, media)
        await media.make_thumbnails(kept.media_id)
        before = files(tmp_path)
        orphan(storage)
        later(clock, tmp_path, 25)
        assert await housekeeping.sweep_orphans() == 3
        assert files(tmp_path) == before
        assert len(before) == 3
        assert await housekeeping.sweep_orphans() == 0

    async def test_keeps_the_file_of_what_is_in_the_trash(
        self,
        db: Database,
        media: MediaService,
        library: MediaLibrary,
        storage: LocalStorage,
        housekeeping: Housekeeping,
        clock: FakeClock,
        tmp_path: Path,
    ) -> None:
        stored = await add_output(db, media)
        await library.trash(owner_id=OWNER, media_ids=[stored.media_id])
        later(clock, tmp_path, 25)
        assert await housekeeping.sweep_orphans() == 0
        assert storage.exists(stored.storage_key)

    async def test_takes_a_former_file_of_another_type(
        self, db: Database, media: MediaService, storage: LocalStorage, housekeeping: Housekeeping, clock: FakeClock, tmp_path: Path
    ) -> None:
        stored = await add_output(db, media)
        former = stored.storage_key.replace(".jpg", ".png")
        storage.path(former).write_bytes(b"x")
        later(clock, tmp_path, 25)
        assert await housekeeping.sweep_orphans() == 1
        assert files(tmp_path) == {stored.storage_key}

    async def test_gives_a_file_a_day_to_get_its_row(
        self, storage: LocalStorage, housekeeping: Housekeeping, clock: FakeClock, tmp_path: Path
    ) -> None:
        key = orphan(storage)
        later(clock, tmp_path, 23)
        assert await housekeeping.sweep_orphans() == 0
        assert storage.exists(key)

    async def test_takes_no_more_at_once_than_it_may(
        self, storage: LocalStorage, housekeeping: Housekeeping, clock: FakeClock, tmp_path: Path
    ) -> None:
        for number in range(3):
            orphan(storage, number)
        later(clock, tmp_path, 25)
        assert [await housekeeping.sweep_orphans(limit=4) for _ in range(4)] == [4, 4, 1, 0]

    async def test_touches_nothing_that_is_not_ours(
        self, storage: LocalStorage, housekeeping: Housekeeping, clock: FakeClock, tmp_path: Path
    ) -> None:
        (tmp_path / "media" / "notes.txt").write_text("mine")
        downloading = storage.temporary()
        downloading.write_bytes(b"half")
        later(clock, tmp_path, 25)
        assert await housekeeping.sweep_orphans() == 0
        assert len(files(tmp_path)) == 2

    async def test_does_not_empty_a_folder_for_the_wrong_database(
        self, storage: LocalStorage, housekeeping: Housekeeping, clock: FakeClock, tmp_path: Path
    ) -> None:
        for number in range(8):
            orphan(storage, number)
        later(clock, tmp_path, 25)
        assert await housekeeping.sweep_orphans() == 0
        assert len(files(tmp_path)) == 24


class TestEmptyTrashes:
    @pytest.fixture
    async def stored(self, db: Database, media: MediaService, library: MediaLibrary) -> StoredOutput:
        """One that is in the trash since now."""
        stored = await add_output(db, media)
        await media.make_thumbnails(stored.media_id)
        await library.trash(owner_id=OWNER, media_ids=[stored.media_id])
        return stored

    async def test_takes_the_files_after_thirty_days_and_keeps_the_books(
        self, db: Database, library: MediaLibrary, stored: StoredOutput, housekeeping: Housekeeping, clock: FakeClock, tmp_path: Path
    ) -> None:
        clock.jump(timedelta(days=29, hours=23))
        assert await housekeeping.empty_trashes() == 0
        assert len(files(tmp_path)) == 3
        clock.jump(timedelta(hours=2))
        assert await housekeeping.empty_trashes() == 1
        assert files(tmp_path) == set()
        assert await library.figures(owner_id=OWNER) == Figures(in_gallery=0, in_trash=0, used_bytes=0)
        with pytest.raises(NotFound):
            await library.restore(owner_id=OWNER, media_ids=[stored.media_id])
        async with db.read() as session:
            kept = (await (await session.connection()).execute(text("SELECT status, captured_credits FROM generation"))).all()
        assert kept == [("completed", 2)]
        assert await housekeeping.empty_trashes() == 0

    async def test_what_was_restored_in_time_stays(
        self, library: MediaLibrary, stored: StoredOutput, housekeeping: Housekeeping, clock: FakeClock, tmp_path: Path
    ) -> None:
        clock.jump(timedelta(days=31))
        await library.restore(owner_id=OWNER, media_ids=[stored.media_id])
        assert await housekeeping.empty_trashes() == 0
        assert len(files(tmp_path)) == 3

    async def test_a_crash_between_the_steps_leaves_files_that_go_the_next_time_and_no_row_without_its_files(
        self,
        db: Database,
        library: MediaLibrary,
        stored: StoredOutput,
        storage: LocalStorage,
        housekeeping: Housekeeping,
        clock: FakeClock,
        tmp_path: Path,
    ) -> None:
        class PowerCut(BaseException):
            pass

        class Cut(LocalStorage):
            def delete(self, key: str, *, untouched_since: datetime | None = None) -> bool:
                raise PowerCut

        clock.jump(timedelta(days=31))
        with pytest.raises(PowerCut):
            await Housekeeping(db=db, storage=Cut(tmp_path / "media"), clock=clock).empty_trashes()
        assert len(files(tmp_path)) == 3
        with pytest.raises(NotFound):
            await library.restore(owner_id=OWNER, media_ids=[stored.media_id])
        assert (await library.figures(owner_id=OWNER)).used_bytes == stored.size_bytes  # they are still on the disk
        assert await housekeeping.empty_trashes() == 1
        assert files(tmp_path) == set()
        assert (await library.figures(owner_id=OWNER)).used_bytes == 0

    async def test_a_restore_at_the_same_moment_either_saves_it_whole_or_comes_too_late(
        self, library: MediaLibrary, stored: StoredOutput, housekeeping: Housekeeping, clock: FakeClock, tmp_path: Path
    ) -> None:
        clock.jump(timedelta(days=31))
        restored, removed = await asyncio.gather(
            library.restore(owner_id=OWNER, media_ids=[stored.media_id]), housekeeping.empty_trashes(), return_exceptions=True
        )
        if restored == 1:
            assert (removed, len(files(tmp_path))) == (0, 3)
        else:
            assert isinstance(restored, NotFound)
            assert (removed, files(tmp_path)) == (1, set())

    async def test_one_that_empties_the_trash_does_not_wait_for_thirty_days(
        self, library: MediaLibrary, stored: StoredOutput, housekeeping: Housekeeping, tmp_path: Path
    ) -> None:
        assert await library.empty_trash(owner_id=STRANGER) == 0
        assert await library.empty_trash(owner_id=OWNER) == 1
        assert (await library.page(owner_id=OWNER, filters=Filters(in_trash=True))).items == ()
        assert await housekeeping.empty_trashes() == 1
        assert files(tmp_path) == set()
