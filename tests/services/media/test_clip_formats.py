"""Clips in the other format: made once, in the background, whole or not at all."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import av
import pytest

from nyx.bus import Event, MemoryBus, user_topic
from nyx.clock import SeededRandom
from nyx.db import Database
from nyx.errors import InvalidInput, NotFound, Overloaded, TooMany
from nyx.models.media import MediaOrigin, ThumbnailState
from nyx.sandbox.clips import Shape
from nyx.sandbox.clips import clip as sandbox_clip
from nyx.services.media.clip_formats import ClipFormats
from nyx.services.media.conversions import Formats, Preparing
from nyx.services.media.inspect import inspect
from nyx.services.media.keys import converted_key
from nyx.services.media.repository import MediaFile
from nyx.services.media.service import MediaService
from nyx.services.media.storage import LocalStorage
from nyx.services.media.transcode import Stopped, transcode
from nyx.services.media.views import StoredFile, StoredOutput
from tests.services.media.kit import OWNER, STRANGER, add_output, add_people, clip, picture
from tests.services.media.test_clip_preview import film
from tests.services.media.test_service import FullDisk, leftovers
from tests.support.clock import START, FakeClock
from tests.support.waiting import eventually


def always() -> bool:
    return True


def tracks(path: Path) -> list[tuple[str, str]]:
    """Kind and codec of every track."""
    with av.open(str(path)) as container:
        return [(stream.type, stream.codec_context.name) for stream in container.streams]


class TestTranscode:
    @pytest.mark.parametrize(("given", "wanted"), [("mp4", "webm"), ("webm", "mp4")])
    @pytest.mark.parametrize("has_sound", [True, False])
    def test_keeps_picture_sound_size_and_length(self, tmp_path: Path, given: str, wanted: str, has_sound: bool) -> None:
        path = tmp_path / "given"
        path.write_bytes(
            sandbox_clip("a pier", seed=3, size=(256, 144), shape=Shape(seconds=2, fps=12, file_format=given, has_sound=has_sound))
        )
        transcode(path, f"video/{given}", tmp_path / "out", wanted=wanted, keep_going=always)
        found = inspect(tmp_path / "out", expect="video")
        assert (found.content_type, found.width_px, found.height_px) == (f"video/{wanted}", 256, 144)
        assert abs((found.duration_ms or 0) - 2000) < 120
        codecs = {"mp4": ("h264", "aac"), "webm": ("vp9", "opus")}[wanted]
        assert tracks(tmp_path / "out") == list(zip(("video", "audio"), codecs, strict=True))[: 2 if has_sound else 1]

    def test_an_odd_size_becomes_even_and_one_frame_is_enough(self, tmp_path: Path) -> None:
        clip(tmp_path / "odd.webm", seconds=1 / 12, size=(97, 55))
        transcode(tmp_path / "odd.webm", "video/webm", tmp_path / "out", wanted="mp4", keep_going=always)
        found = inspect(tmp_path / "out", expect="video")
        assert (found.width_px, found.height_px) == (96, 54)

    def test_it_stops_when_it_is_told_to(self, tmp_path: Path) -> None:
        clip(tmp_path / "a.mp4")
        with pytest.raises(Stopped):
            transcode(tmp_path / "a.mp4", "video/mp4", tmp_path / "out", wanted="webm", keep_going=lambda: False)

    def test_what_is_too_large_is_refused_before_any_work(self, tmp_path: Path) -> None:
        film(tmp_path / "a.mp4", [picture(1920, 1080)] * 2, rate=1)
        with av.open(str(tmp_path / "a.mp4")) as short, av.open(str(tmp_path / "long.mp4"), "w", format="mp4") as long:
            stream = long.add_stream_from_template(short.streams.video[0])
            for packet in short.demux(video=0):
                if packet.dts is not None:
                    packet.stream = stream
                    packet.pts, packet.dts = (packet.pts or 0) * 200, packet.dts * 200
                    long.mux(packet)
        with pytest.raises(InvalidInput, match="too large to be converted here"):
            transcode(tmp_path / "long.mp4", "video/mp4", tmp_path / "out", wanted="webm", keep_going=always)
        assert not (tmp_path / "out").exists()


@pytest.fixture
async def stored(db: Database, media: MediaService, tmp_path: Path) -> StoredOutput:
    await add_people(db)
    return await add_output(db, media, data=clip(tmp_path / "a.mp4", seconds=0.5), prompt="waves", expect="video")


async def settled(clips: ClipFormats) -> None:
    """Wait until nothing is being converted."""
    await eventually(lambda: clips.is_idle)


class TestOpen:
    async def test_promises_first_and_tells_when_it_is_there(
        self, formats: Formats, clip_formats: ClipFormats, stored: StoredOutput, bus: MemoryBus, tmp_path: Path
    ) -> None:
        heard: list[Event] = []
        bus.listen(user_topic(OWNER), heard.append)
        promise = await formats.open(owner_id=OWNER, media_id=stored.media_id, wanted="webm")
        assert isinstance(promise, Preparing)
        assert promise.sentence == "Your clip is being prepared as WebM. That takes some seconds."
        await settled(clip_formats)
        file = await formats.open(owner_id=OWNER, media_id=stored.media_id, wanted="webm")
        assert isinstance(file, StoredFile)
        assert (file.content_type, file.filename) == ("video/webm", f"waves-{stored.media_id[:6]}.webm")
        assert (file.etag, file.is_final) == (f'"{stored.sha256[:32]}-as-webm"', True)
        assert heard == [Event("media", stored.media_id)]
        assert leftovers(tmp_path) == []

    async def test_asking_again_starts_nothing_twice(
        self, formats: Formats, clip_formats: ClipFormats, stored: StoredOutput, bus: MemoryBus
    ) -> None:
        heard: list[Event] = []
        bus.listen(user_topic(OWNER), heard.append)
        await asyncio.gather(*(formats.open(owner_id=OWNER, media_id=stored.media_id, wanted="webm") for _ in range(5)))
        await settled(clip_formats)
        assert len(heard) == 1

    async def test_its_own_format_is_the_original(self, formats: Formats, storage: LocalStorage, stored: StoredOutput) -> None:
        file = await formats.open(owner_id=OWNER, media_id=stored.media_id, wanted="mp4")
        assert isinstance(file, StoredFile)
        assert (file.path, file.etag) == (storage.path(stored.storage_key), f'"{stored.sha256[:32]}"')

    async def test_a_crash_in_the_middle_is_made_good_by_asking_again(
        self, db: Database, storage: LocalStorage, clock: FakeClock, bus: MemoryBus, stored: StoredOutput
    ) -> None:
        storage.temporary().write_bytes(b"half a clip")  # all that a killed process leaves
        fresh = ClipFormats(storage=storage, clock=clock, bus=bus)
        formats = Formats(db=db, makers={"webm": fresh})
        assert isinstance(await formats.open(owner_id=OWNER, media_id=stored.media_id, wanted="webm"), Preparing)
        await settled(fresh)
        assert storage.exists(converted_key(stored.storage_key, "webm"))
        fresh.close()

    async def test_nobody_else_and_no_picture(self, db: Database, media: MediaService, formats: Formats, stored: StoredOutput) -> None:
        with pytest.raises(NotFound):
            await formats.open(owner_id=STRANGER, media_id=stored.media_id, wanted="webm")
        still = await add_output(db, media, prompt="a picture")
        with pytest.raises(InvalidInput, match="can't become a clip"):
            await formats.open(owner_id=OWNER, media_id=still.media_id, wanted="webm")

    async def test_a_clip_that_can_not_be_converted_is_not_tried_for_ever(
        self, formats: Formats, clip_formats: ClipFormats, storage: LocalStorage, stored: StoredOutput, tmp_path: Path
    ) -> None:
        broken = storage.path(stored.storage_key)
        broken.write_bytes(broken.read_bytes()[:900])
        await formats.open(owner_id=OWNER, media_id=stored.media_id, wanted="webm")
        await settled(clip_formats)
        with pytest.raises(InvalidInput, match="can't be made into WebM here"):
            await formats.open(owner_id=OWNER, media_id=stored.media_id, wanted="webm")
        assert leftovers(tmp_path) == []

    async def test_a_disk_without_room_is_tried_again_later(
        self, db: Database, clock: FakeClock, bus: MemoryBus, tmp_path: Path, random: SeededRandom
    ) -> None:
        disk = FullDisk(tmp_path / "media", random)
        disk.is_full = False
        await add_people(db)
        media, clips = MediaService(db=db, storage=disk, clock=clock, bus=bus), ClipFormats(storage=disk, clock=clock, bus=bus)
        stored = await add_output(db, media, data=clip(tmp_path / "a.mp4", seconds=0.5), expect="video")
        formats = Formats(db=db, makers={"webm": clips})
        disk.is_full = True
        await formats.open(owner_id=OWNER, media_id=stored.media_id, wanted="webm")
        await settled(clips)
        disk.is_full = False
        assert isinstance(await formats.open(owner_id=OWNER, media_id=stored.media_id, wanted="webm"), Preparing)
        await settled(clips)
        assert isinstance(await formats.open(owner_id=OWNER, media_id=stored.media_id, wanted="webm"), StoredFile)
        media.close()
        clips.close()


class SlowDisk(LocalStorage):
    """A disk that keeps whoever writes to it waiting until ``go_on``."""

    def __init__(self, root: Path, random: SeededRandom) -> None:
        super().__init__(root, random)
        self.go_on = threading.Event()

    def temporary(self) -> Path:
        self.go_on.wait(10)
        return super().temporary()


class TestQueue:
    async def test_is_short_for_one_person_and_bounded_for_all(
        self, clock: FakeClock, bus: MemoryBus, tmp_path: Path, random: SeededRandom
    ) -> None:
        disk = SlowDisk(tmp_path / "media", random)
        clips = ClipFormats(storage=disk, clock=clock, bus=bus)
        for number in range(4):
            await clips.open(of(OWNER, number), "webm")
        with pytest.raises(TooMany) as caught:
            await clips.open(of(OWNER, 4), "webm")
        assert caught.value.retry_after_s
        for number in range(12):
            await clips.open(of(f"{number:032x}", 0), "webm")
        with pytest.raises(Overloaded):
            await clips.open(of(STRANGER, 0), "webm")
        clips.close()
        disk.go_on.set()


def of(owner_id: str, number: int) -> MediaFile:
    """One of many files that are all the same."""
    return MediaFile(
        id=f"{number:032x}",
        owner_id=owner_id,
        content_type="video/mp4",
        storage_key=f"{owner_id}/{number:032x}-0.mp4",
        sha256="0" * 64,
        thumbnails=ThumbnailState.READY,
        is_in_trash=False,
        origin=MediaOrigin.OUTPUT,
        created_at=START,
        prompt="",
        model_key="",
        has_input=False,
    )
