"""The poster and the moving preview of a clip: worth looking at, small, silent, and no reason for a clip not to play."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import av
import pytest
from PIL import Image

from nyx.bus import Event, MemoryBus, user_topic
from nyx.clock import SeededRandom
from nyx.db import Database
from nyx.models.media import ThumbnailState
from nyx.sandbox.clips import Shape
from nyx.sandbox.clips import clip as sandbox_clip
from nyx.services.media import repository
from nyx.services.media.clip_preview import make_clip_preview
from nyx.services.media.inspect import BadFile
from nyx.services.media.keys import thumbnail_key
from nyx.services.media.service import MediaService
from nyx.services.media.storage import LocalStorage
from nyx.services.media.thumbnails import make_thumbnails
from nyx.services.media.views import Variant
from tests.services.media.kit import OWNER, add_output, add_people, clip, picture
from tests.services.media.test_service import FullDisk, leftovers
from tests.services.media.test_thumbnails import near, opened
from tests.support.clock import FakeClock

BLACK = Image.new("RGB", (320, 180))


def film(path: Path, images: Sequence[Image.Image], *, rate: int = 12) -> Path:
    """An MP4 of these very pictures."""
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": "10"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *images[0].size, "yuv420p"
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_image(image)))
        container.mux(stream.encode())
    return path


def measured(path: Path) -> tuple[str, tuple[int, int], float, int, int]:
    """Codec, size, seconds, frames and the number of sound tracks."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        seconds = float((stream.duration or 0) * (stream.time_base or 0))
        count = sum(1 for _ in container.decode(stream))
        return stream.codec_context.name, (stream.width, stream.height), seconds, count, len(container.streams.audio)


class TestPoster:
    def test_a_black_beginning_is_passed_over(self, tmp_path: Path) -> None:
        path = film(tmp_path / "a.mp4", [BLACK] * 6 + [picture(320, 180)] * 12)
        assert near(opened(make_thumbnails(path, "video/mp4").preview), (250, 150), (200, 40, 90))

    def test_what_comes_after_the_first_second_is_too_late(self, tmp_path: Path) -> None:
        path = film(tmp_path / "a.mp4", [BLACK] * 20 + [picture(320, 180)] * 12)
        assert near(opened(make_thumbnails(path, "video/mp4").preview), (250, 150), (0, 0, 0))

    def test_the_first_frame_is_taken_when_there_is_something_on_it(self, tmp_path: Path) -> None:
        path = film(tmp_path / "a.mp4", [picture(320, 180), *[picture(320, 180, colour=(10, 200, 10))] * 12])
        assert near(opened(make_thumbnails(path, "video/mp4").preview), (250, 150), (200, 40, 90))

    def test_a_clip_of_one_frame_has_one(self, tmp_path: Path) -> None:
        assert opened(make_thumbnails(film(tmp_path / "a.mp4", [BLACK]), "video/mp4").thumb).size == (320, 180)


class TestMakeClipPreview:
    @pytest.mark.parametrize("file_format", ["mp4", "webm"])
    def test_is_three_silent_seconds_at_most_480_pixels_wide(self, tmp_path: Path, file_format: str) -> None:
        path = tmp_path / "clip"
        shape = Shape(seconds=4, fps=12, file_format=file_format, has_sound=True)
        path.write_bytes(sandbox_clip("waves on a pier", seed=3, size=(496, 279), shape=shape))
        make_clip_preview(path, f"video/{file_format}", tmp_path / "out")
        assert measured(tmp_path / "out") == ("h264", (480, 268), 3.0, 36, 0)
        assert (tmp_path / "out").stat().st_size < 120_000

    def test_plays_before_it_is_loaded_whole(self, tmp_path: Path) -> None:
        make_clip_preview(film(tmp_path / "a.mp4", [picture(320, 180)] * 12), "video/mp4", tmp_path / "out")
        data = (tmp_path / "out").read_bytes()
        assert data.index(b"moov") < data.index(b"mdat")

    @pytest.mark.parametrize(
        ("given", "shown"), [((322, 182), (322, 182)), ((180, 640), (134, 480)), ((1000, 20), (480, 10)), ((2, 2), (2, 2))]
    )
    def test_odd_shapes_keep_their_shape(self, tmp_path: Path, given: tuple[int, int], shown: tuple[int, int]) -> None:
        make_clip_preview(film(tmp_path / "a.mp4", [picture(*given)] * 3), "video/mp4", tmp_path / "out")
        assert measured(tmp_path / "out")[1] == shown

    def test_an_odd_width_becomes_even(self, tmp_path: Path) -> None:
        clip(tmp_path / "odd.webm", seconds=0.25, size=(321, 181))
        make_clip_preview(tmp_path / "odd.webm", "video/webm", tmp_path / "out")
        assert measured(tmp_path / "out")[1] == (320, 180)

    @pytest.mark.parametrize(("rate", "frames"), [(4, 4), (12, 12), (60, 12)])
    def test_slow_and_fast_clips_keep_their_time(self, tmp_path: Path, rate: int, frames: int) -> None:
        make_clip_preview(film(tmp_path / "a.mp4", [picture(320, 180)] * rate, rate=rate), "video/mp4", tmp_path / "out")
        found = measured(tmp_path / "out")
        assert (round(found[2], 1), found[3]) == (1.0 if rate != 4 else 0.8, frames)

    def test_one_frame_is_enough(self, tmp_path: Path) -> None:
        make_clip_preview(film(tmp_path / "a.mp4", [picture(320, 180)]), "video/mp4", tmp_path / "out")
        assert measured(tmp_path / "out")[3] == 1

    def test_what_is_no_clip_is_a_bad_file(self, tmp_path: Path) -> None:
        (tmp_path / "a.mp4").write_bytes(b"\x00\x00\x00\x18ftypisom" + b"x" * 500)
        with pytest.raises(BadFile):
            make_clip_preview(tmp_path / "a.mp4", "video/mp4", tmp_path / "out")


async def until(holds: Callable[[], bool]) -> None:
    """Wait for what is made in the background, at most ten seconds."""
    for _ in range(500):
        if holds():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("waited ten seconds in vain")


class TestOfAStoredClip:
    @pytest.fixture(autouse=True)
    async def _people(self, db: Database) -> None:
        await add_people(db)

    async def test_is_made_with_the_thumbnails_and_announced_once(
        self, db: Database, media: MediaService, bus: MemoryBus, tmp_path: Path
    ) -> None:
        heard: list[Event] = []
        bus.listen(user_topic(OWNER), heard.append)
        stored = await add_output(db, media, data=clip(tmp_path / "a.webm"), expect="video")
        await media.make_thumbnails(stored.media_id)
        file = await media.open_variant(owner_id=OWNER, media_id=stored.media_id, variant=Variant.CLIP_PREVIEW)
        assert (file.content_type, file.is_final, file.path.suffix, file.filename[-4:]) == ("video/mp4", True, ".mp4", ".mp4")
        assert heard == [Event("media", stored.media_id)]
        assert leftovers(tmp_path) == []

    async def test_what_a_crash_left_out_is_made_later(
        self, db: Database, media: MediaService, storage: LocalStorage, tmp_path: Path
    ) -> None:
        """The crash came between the thumbnails and the preview: the row still says that they are pending."""
        stored = await add_output(db, media, data=clip(tmp_path / "a.mp4"), expect="video")
        made = make_thumbnails(storage.path(stored.storage_key), "video/mp4")
        temporary = storage.temporary()
        temporary.write_bytes(made.thumb)
        storage.commit(temporary, thumbnail_key(stored.storage_key, Variant.THUMB))
        assert await media.make_missing_thumbnails() == 1
        assert storage.exists(thumbnail_key(stored.storage_key, Variant.CLIP_PREVIEW))
        assert await media.make_missing_thumbnails() == 0

    async def test_until_it_is_there_the_clip_itself_is_shown(self, db: Database, media: MediaService, tmp_path: Path) -> None:
        stored = await add_output(db, media, data=clip(tmp_path / "a.webm"), expect="video")
        file = await media.open_variant(owner_id=OWNER, media_id=stored.media_id, variant=Variant.CLIP_PREVIEW)
        assert (file.content_type, file.is_final) == ("video/webm", False)

    async def test_one_that_is_missing_is_made_when_it_is_looked_for(
        self, db: Database, media: MediaService, storage: LocalStorage, tmp_path: Path
    ) -> None:
        stored = await add_output(db, media, data=clip(tmp_path / "a.webm"), expect="video")
        await media.make_thumbnails(stored.media_id)
        missing = storage.path(thumbnail_key(stored.storage_key, Variant.CLIP_PREVIEW))
        missing.unlink()
        for _ in range(3):
            file = await media.open_variant(owner_id=OWNER, media_id=stored.media_id, variant=Variant.CLIP_PREVIEW)
            assert (file.content_type, file.is_final) == ("video/webm", False), "until then it is the clip itself"
        await until(missing.exists)
        file = await media.open_variant(owner_id=OWNER, media_id=stored.media_id, variant=Variant.CLIP_PREVIEW)
        assert (file.path, file.content_type, file.is_final) == (missing, "video/mp4", True)
        assert leftovers(tmp_path) == []

    async def test_one_that_can_not_be_made_is_tried_once(
        self, db: Database, media: MediaService, storage: LocalStorage, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        stored = await add_output(db, media, data=clip(tmp_path / "a.mp4"), expect="video")
        await media.make_thumbnails(stored.media_id)
        storage.path(thumbnail_key(stored.storage_key, Variant.CLIP_PREVIEW)).unlink()
        broken = storage.path(stored.storage_key)
        broken.write_bytes(broken.read_bytes()[:900])
        for _ in range(2):
            file = await media.open_variant(owner_id=OWNER, media_id=stored.media_id, variant=Variant.CLIP_PREVIEW)
            assert file.path == broken
            await until(lambda: "could not be derived" in caplog.text)
        await asyncio.sleep(0.2)
        assert caplog.text.count("could not be derived") == 1
        assert leftovers(tmp_path) == []

    async def test_a_clip_that_can_not_be_decoded_still_plays_as_it_is(
        self, db: Database, media: MediaService, storage: LocalStorage, tmp_path: Path
    ) -> None:
        stored = await add_output(db, media, data=clip(tmp_path / "a.mp4"), expect="video")
        broken = storage.path(stored.storage_key)
        broken.write_bytes(broken.read_bytes()[:900])
        await media.make_thumbnails(stored.media_id)
        file = await media.open_variant(owner_id=OWNER, media_id=stored.media_id, variant=Variant.CLIP_PREVIEW)
        assert file.path == broken
        assert leftovers(tmp_path) == []
        assert await media.make_missing_thumbnails() == 0

    async def test_a_disk_without_room_is_tried_again_later(
        self, db: Database, clock: FakeClock, bus: MemoryBus, tmp_path: Path, random: SeededRandom
    ) -> None:
        disk = FullDisk(tmp_path / "media", random)
        disk.is_full = False
        media = MediaService(db=db, storage=disk, clock=clock, bus=bus)
        stored = await add_output(db, media, data=clip(tmp_path / "a.mp4"), expect="video")
        disk.is_full = True
        await media.make_thumbnails(stored.media_id)
        disk.is_full = False
        async with db.read() as session:
            file = await repository.find_file(session, media_id=stored.media_id)
        assert file is not None
        assert file.thumbnails is ThumbnailState.PENDING
        assert await media.make_missing_thumbnails() == 1
        media.close()
