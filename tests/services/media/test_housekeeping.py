"""What no row names goes after a day; what a row names, and what is not ours, stays."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from nyx.db import Database
from nyx.services.media.housekeeping import Housekeeping
from nyx.services.media.keys import output_key, thumbnail_key
from nyx.services.media.service import MediaService
from nyx.services.media.storage import LocalStorage
from nyx.services.media.views import Variant
from tests.services.media.kit import OWNER, add_output, add_people
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

    async def test_keeps_the_file_of_what_was_deleted(
        self, db: Database, media: MediaService, storage: LocalStorage, housekeeping: Housekeeping, clock: FakeClock, tmp_path: Path
    ) -> None:
        stored = await add_output(db, media)
        await media.delete(owner_id=OWNER, media_id=stored.media_id)
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
