"""Pictures that people bring along: taken in clean, kept once, listed, cropped, deleted, bounded."""

from __future__ import annotations

import asyncio
import errno
import io
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms
from sqlalchemy import text

from nyx.bus import Event, MemoryBus, user_topic
from nyx.clock import SeededRandom
from nyx.db import Database
from nyx.errors import InvalidInput, NotFound, NyxError, Overloaded, TooMany
from nyx.services.media.housekeeping import Housekeeping
from nyx.services.media.intake import BadUpload
from nyx.services.media.library import MediaLibrary
from nyx.services.media.service import MediaService
from nyx.services.media.storage import LocalStorage
from nyx.services.media.upload_rows import UploadsFull
from nyx.services.media.uploads import Box, UploadLimits, UploadService, centred
from nyx.services.media.views import UploadView, Variant
from tests.services.media.kit import OWNER, STRANGER, add_output, add_people, clip, encoded, picture
from tests.support.clock import FakeClock

ORIENTATION, ARTIST, GPS = 0x0112, 0x013B, 0x8825


@pytest.fixture
async def uploads(
    db: Database, storage: LocalStorage, media: MediaService, clock: FakeClock, random: SeededRandom, bus: MemoryBus
) -> AsyncIterator[UploadService]:
    await add_people(db)
    limits = UploadLimits(max_bytes=2_000_000, per_person=3)
    service = UploadService(db=db, storage=storage, media=media, clock=clock, random=random, bus=bus, limits=limits)
    yield service
    service.close()


async def pieces(data: bytes, size: int = 50_000) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def send(uploads: UploadService, data: bytes, owner_id: str = OWNER) -> UploadView:
    return await uploads.receive(owner_id=owner_id, chunks=pieces(data))


async def opened(media: MediaService, upload: UploadView, owner_id: str = OWNER) -> Image.Image:
    file = await media.open_variant(owner_id=owner_id, media_id=upload.id, variant=Variant.ORIGINAL)
    return Image.open(io.BytesIO(file.path.read_bytes()))


def files(root: Path) -> Iterator[Path]:
    return (path for path in root.rglob("*") if path.is_file())


class TestReceive:
    async def test_keeps_a_picture_with_its_thumbnails_for_its_owner_alone(self, uploads: UploadService, media: MediaService) -> None:
        upload = await send(uploads, encoded(picture(800, 600)))

        assert (upload.width_px, upload.height_px, upload.content_type) == (800, 600, "image/jpeg")
        assert upload.has_thumbnails
        assert upload.blur.startswith("data:image/webp;base64,")
        assert (await opened(media, upload)).size == (800, 600)
        with pytest.raises(NotFound):
            await media.open_variant(owner_id=STRANGER, media_id=upload.id, variant=Variant.ORIGINAL)

    async def test_is_no_output(self, uploads: UploadService, library: MediaLibrary) -> None:
        await send(uploads, encoded(picture()))

        assert (await library.page(owner_id=OWNER)).items == ()
        assert (await library.figures(owner_id=OWNER)).in_gallery == 0

    async def test_metadata_is_gone_and_the_picture_upright(self, uploads: UploadService, media: MediaService) -> None:
        exif = Image.Exif()
        exif[ORIENTATION], exif[ARTIST] = 6, "Somebody in particular"
        exif.get_ifd(GPS)[2] = (52.0, 30.0, 0.0)
        data = encoded(picture(640, 480), exif=exif, comment=b"a secret place", quality=95)

        upload = await send(uploads, data)
        kept = await opened(media, upload)

        assert (upload.width_px, upload.height_px) == kept.size == (480, 640)
        assert kept.getpixel((400, 100)) == pytest.approx((255, 255, 255), abs=6)  # the white quarter has turned to the right
        assert dict(kept.getexif()) == {}
        assert {"comment", "exif", "icc_profile", "xmp"}.isdisjoint(kept.info)

    async def test_colours_of_another_profile_become_those_of_the_web(self, uploads: UploadService, media: MediaService) -> None:
        swapped = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
        broken = await send(uploads, encoded(picture(colour=(10, 200, 90)), icc_profile=b"not a profile"))
        unfit = await send(uploads, encoded(picture(colour=(10, 90, 200)), icc_profile=swapped))

        assert (await opened(media, broken)).getpixel((630, 470)) == pytest.approx((10, 200, 90), abs=6)
        assert (await opened(media, unfit)).getpixel((630, 470)) == pytest.approx((10, 90, 200), abs=6)
        assert "icc_profile" not in (await opened(media, unfit)).info

    @pytest.mark.parametrize(
        ("kind", "mode", "content_type"),
        [
            ("PNG", "RGB", "image/png"),
            ("PNG", "P", "image/png"),
            ("PNG", "L", "image/png"),
            ("PNG", "I;16", "image/png"),
            ("PNG", "RGBA", "image/png"),
            ("GIF", "P", "image/png"),
            ("WEBP", "RGB", "image/png"),
            ("MPO", "RGB", "image/jpeg"),  # as telephones make it
            ("JPEG", "L", "image/jpeg"),
            ("JPEG", "CMYK", "image/jpeg"),
        ],
    )
    async def test_takes_every_kind_of_still_picture(self, uploads: UploadService, kind: str, mode: str, content_type: str) -> None:
        special: dict[str, dict[str, Any]] = {"WEBP": {"lossless": True}, "MPO": {"save_all": True, "append_images": [picture(64, 48)]}}
        options = special.get(kind, {})
        upload = await send(uploads, encoded(picture(mode=mode), kind, **options))

        assert (upload.width_px, upload.height_px, upload.content_type) == (640, 480, content_type)

    async def test_transparency_stays(self, uploads: UploadService, media: MediaService) -> None:
        clear = picture(mode="RGBA")
        clear.putalpha(90)

        kept = await opened(media, await send(uploads, encoded(clear, "WEBP", lossless=True)))

        assert (kept.format, kept.mode) == ("PNG", "RGBA")
        assert kept.getpixel((630, 470)) == (200, 40, 90, 90)

    async def test_a_photograph_as_png_becomes_a_jpeg(self, uploads: UploadService) -> None:
        noise = Image.effect_noise((300, 200), 80).convert("RGB")
        upload = await send(
            uploads, encoded(Image.merge("RGB", [noise.getchannel(0), noise.getchannel(1).rotate(180), noise.getchannel(2)]), "PNG")
        )

        assert upload.content_type == "image/jpeg"

    async def test_more_pixels_than_any_model_looks_at_are_not_kept(self, uploads: UploadService) -> None:
        upload = await send(uploads, encoded(picture(6000, 3000)))

        assert (upload.width_px, upload.height_px) == (4096, 2048)

    async def test_the_same_picture_is_one_upload_now_the_newest(
        self, uploads: UploadService, clock: FakeClock, storage: LocalStorage, tmp_path: Path
    ) -> None:
        first = await send(uploads, encoded(picture()))
        clock.advance(10)
        await send(uploads, encoded(picture(colour=(1, 2, 3))))
        clock.advance(10)

        again = await send(uploads, encoded(picture()))

        assert again.id == first.id
        assert (await uploads.list_recent(owner_id=OWNER))[0].id == first.id
        assert len(list(files(tmp_path / "media"))) == 6

    async def test_the_same_picture_sent_at_the_same_time_is_one_upload(self, uploads: UploadService, tmp_path: Path) -> None:
        sent = await asyncio.gather(*(send(uploads, encoded(picture())) for _ in range(6)))

        assert len({upload.id for upload in sent}) == 1
        assert len(await uploads.list_recent(owner_id=OWNER)) == 1
        assert len(list(files(tmp_path / "media"))) == 3

    async def test_two_people_have_one_each(self, uploads: UploadService) -> None:
        mine, yours = await send(uploads, encoded(picture())), await send(uploads, encoded(picture()), STRANGER)

        assert mine.id != yours.id
        assert [upload.id for upload in await uploads.list_recent(owner_id=STRANGER)] == [yours.id]

    async def test_its_owners_pages_look_again(self, uploads: UploadService, bus: MemoryBus) -> None:
        heard: list[Event] = []
        bus.listen(user_topic(OWNER), heard.append)

        upload = await send(uploads, encoded(picture()))

        assert Event("upload", upload.id) in heard

    async def test_refuses_more_than_one_person_may_keep(self, uploads: UploadService, tmp_path: Path) -> None:
        for shade in range(3):
            await send(uploads, encoded(picture(colour=(shade * 60, 9, 9))))
        first = await send(uploads, encoded(picture(colour=(0, 9, 9))))  # one that is here already needs no room

        with pytest.raises(UploadsFull, match="You keep 3 uploaded pictures"):
            await send(uploads, encoded(picture(colour=(9, 99, 9))))
        await uploads.delete(owner_id=OWNER, media_id=first.id)

        assert await send(uploads, encoded(picture(colour=(9, 99, 9))))
        assert list((tmp_path / "media" / "tmp").iterdir()) == []

    async def test_a_file_that_is_too_large_is_refused_while_it_arrives(self, uploads: UploadService, tmp_path: Path) -> None:
        sent = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal sent
            while True:
                sent += 100_000
                yield b"\xff\xd8\xff" + bytes(99_997)

        with pytest.raises(BadUpload, match=r"too large. Up to 1\.9\d* MB") as caught:
            await uploads.receive(owner_id=OWNER, chunks=endless())

        assert (caught.value.code, caught.value.http_status) == ("too_large", 413)
        assert sent <= 2_200_000
        assert list((tmp_path / "media" / "tmp").iterdir()) == []

    async def test_a_sender_who_goes_away_leaves_nothing(self, uploads: UploadService, tmp_path: Path) -> None:
        async def broken() -> AsyncIterator[bytes]:
            yield encoded(picture())[:3000]
            raise ConnectionResetError("gone")

        with pytest.raises(ConnectionResetError):
            await uploads.receive(owner_id=OWNER, chunks=broken())

        assert list(files(tmp_path / "media")) == []
        assert await send(uploads, encoded(picture()))

    async def test_a_few_at_once_are_the_most(self, uploads: UploadService) -> None:
        go_on = asyncio.Event()

        async def slow() -> AsyncIterator[bytes]:
            await go_on.wait()
            yield encoded(picture())

        waiting = [asyncio.ensure_future(uploads.receive(owner_id=OWNER, chunks=slow())) for _ in range(8)]
        await asyncio.sleep(0)
        with pytest.raises(TooMany, match="at once"):
            await send(uploads, encoded(picture()))
        assert await send(uploads, encoded(picture()), STRANGER)

        go_on.set()
        assert len({upload.id for upload in await asyncio.gather(*waiting)}) == 1
        assert await send(uploads, encoded(picture()))

    async def test_a_full_disk_is_said_in_a_sentence(
        self, uploads: UploadService, storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(storage, "commit", full)

        with pytest.raises(Overloaded, match="no room for pictures"):
            await send(uploads, encoded(picture()))


class TestCrop:
    async def test_cuts_a_piece_out_as_an_upload_of_its_own(self, uploads: UploadService, media: MediaService) -> None:
        source = await send(uploads, encoded(picture(640, 480)))

        piece = await uploads.crop(owner_id=OWNER, media_id=source.id, box=Box(left_px=320, top_px=0, width_px=320, height_px=180))

        assert (piece.width_px, piece.height_px) == (320, 180)
        assert piece.id != source.id
        assert (await opened(media, piece)).getpixel((10, 10)) == pytest.approx((200, 40, 90), abs=6)
        assert len(await uploads.list_recent(owner_id=OWNER)) == 2

    async def test_the_same_piece_twice_is_one(self, uploads: UploadService) -> None:
        source = await send(uploads, encoded(picture()))
        box = centred(source.width_px, source.height_px, ratio=(1, 1))

        pieces = [await uploads.crop(owner_id=OWNER, media_id=source.id, box=box) for _ in range(2)]

        assert pieces[0].id == pieces[1].id

    async def test_an_output_can_be_cropped_too(self, db: Database, uploads: UploadService, media: MediaService) -> None:
        output = await add_output(db, media, data=encoded(picture(1024, 1024)))

        piece = await uploads.crop(owner_id=OWNER, media_id=output.media_id, box=centred(1024, 1024, ratio=(16, 9)))

        assert (piece.width_px, piece.height_px) == (1024, 576)

    @pytest.mark.parametrize("box", [(-1, 0, 10, 10), (0, 0, 641, 10), (630, 470, 11, 5), (0, 0, 0, 10), (0, 0, 10, -5)])
    async def test_a_piece_outside_is_refused(self, uploads: UploadService, box: tuple[int, int, int, int]) -> None:
        source = await send(uploads, encoded(picture()))
        left, top, width, height = box

        with pytest.raises(InvalidInput, match="outside of the picture") as caught:
            await uploads.crop(owner_id=OWNER, media_id=source.id, box=Box(left_px=left, top_px=top, width_px=width, height_px=height))

        assert caught.value.field == "crop"

    async def test_only_a_picture_of_ones_own(self, db: Database, uploads: UploadService, media: MediaService, tmp_path: Path) -> None:
        theirs = await send(uploads, encoded(picture()), STRANGER)
        moving = await add_output(db, media, data=clip(tmp_path / "a.mp4"), expect="video")
        box = Box(left_px=0, top_px=0, width_px=10, height_px=10)

        with pytest.raises(NotFound):
            await uploads.crop(owner_id=OWNER, media_id=theirs.id, box=box)
        with pytest.raises(InvalidInput, match="Only a picture"):
            await uploads.crop(owner_id=OWNER, media_id=moving.media_id, box=box)


class TestCentred:
    @pytest.mark.parametrize(
        ("size", "ratio", "expected"),
        [
            ((640, 480), (1, 1), (80, 0, 480, 480)),
            ((480, 640), (16, 9), (0, 185, 480, 270)),
            ((1600, 900), (16, 9), (0, 0, 1600, 900)),
            ((1, 4000), (21, 9), (0, 1999, 1, 1)),
        ],
    )
    def test_is_the_largest_piece_from_the_middle(
        self, size: tuple[int, int], ratio: tuple[int, int], expected: tuple[int, int, int, int]
    ) -> None:
        box = centred(*size, ratio=ratio)

        assert (box.left_px, box.top_px, box.width_px, box.height_px) == expected


class TestDelete:
    async def test_takes_it_out_of_the_list_at_once(self, uploads: UploadService) -> None:
        upload = await send(uploads, encoded(picture()))

        await uploads.delete(owner_id=OWNER, media_id=upload.id)

        assert await uploads.list_recent(owner_id=OWNER) == ()
        for find in (uploads.get(owner_id=OWNER, media_id=upload.id), uploads.delete(owner_id=OWNER, media_id=upload.id)):
            with pytest.raises(NotFound):
                await find

    async def test_its_files_go_when_the_housekeeping_comes_round_and_take_up_nothing(
        self, db: Database, uploads: UploadService, library: MediaLibrary, storage: LocalStorage, clock: FakeClock, tmp_path: Path
    ) -> None:
        upload = await send(uploads, encoded(picture()))
        await uploads.delete(owner_id=OWNER, media_id=upload.id)
        assert len(list(files(tmp_path / "media"))) == 3

        await Housekeeping(db=db, storage=storage, clock=clock).empty_trashes()

        assert list(files(tmp_path / "media")) == []
        assert (await library.figures(owner_id=OWNER)).used_bytes == 0

    async def test_somebody_elses_stays(self, uploads: UploadService) -> None:
        upload = await send(uploads, encoded(picture()))

        with pytest.raises(NotFound):
            await uploads.delete(owner_id=STRANGER, media_id=upload.id)

        assert len(await uploads.list_recent(owner_id=OWNER)) == 1

    async def test_an_output_is_no_upload(self, db: Database, uploads: UploadService, media: MediaService) -> None:
        output = await add_output(db, media)

        with pytest.raises(NotFound):
            await uploads.delete(owner_id=OWNER, media_id=output.media_id)

    async def test_the_same_picture_may_come_again(self, uploads: UploadService) -> None:
        first = await send(uploads, encoded(picture()))
        await uploads.delete(owner_id=OWNER, media_id=first.id)

        second = await send(uploads, encoded(picture()))

        assert second.id != first.id
        assert [upload.id for upload in await uploads.list_recent(owner_id=OWNER)] == [second.id]


class TestCrash:
    async def test_a_file_whose_row_was_never_written_is_swept(
        self, db: Database, uploads: UploadService, storage: LocalStorage, clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept = await send(uploads, encoded(picture()))
        commit = storage.commit

        def die_afterwards(temporary: Path, key: str) -> None:
            commit(temporary, key)
            raise KeyError("the process ends here")

        with monkeypatch.context() as patched:
            patched.setattr(storage, "commit", die_afterwards)
            with pytest.raises(KeyError):
                await send(uploads, encoded(picture(colour=(5, 5, 5))))
        assert len(list(files(tmp_path / "media"))) == 4
        clock.advance(timedelta(days=400).total_seconds())  # the files are as old as this test: only the clock goes on

        removed = await Housekeeping(db=db, storage=storage, clock=clock).sweep_orphans()

        assert removed == 1
        assert await uploads.get(owner_id=OWNER, media_id=kept.id)
        assert len(list(files(tmp_path / "media"))) == 3

    async def test_thumbnails_that_a_crash_left_out_are_made_later(self, db: Database, uploads: UploadService, media: MediaService) -> None:
        upload = await send(uploads, encoded(picture()))
        await db.write(lambda tx: tx.execute("UPDATE media SET thumbnails = 'pending'"))

        assert await media.make_missing_thumbnails() == 1

        assert (await uploads.get(owner_id=OWNER, media_id=upload.id)).has_thumbnails


class TestRows:
    async def test_no_name_and_no_path_of_a_sender_is_kept(self, db: Database, uploads: UploadService) -> None:
        upload = await send(uploads, encoded(picture()))

        async with db.read() as session:
            connection = await session.connection()
            key = (await connection.execute(text("SELECT storage_key FROM media"))).scalar_one()

        assert key == f"{OWNER}/u-{upload.id}.jpg"


def test_every_refusal_is_a_sentence() -> None:
    error: NyxError = BadUpload("No.", code="animated")
    assert (error.code, error.http_status) == ("animated", 422)
