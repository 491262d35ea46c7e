"""Files with a few wrong bytes: whatever they do to a decoder, a file is either kept or a bad file, and nothing is left behind."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import ImageCms

from nyx.services.media.inspect import BadFile, inspect
from nyx.services.media.thumbnails import make_thumbnails
from nyx.services.media.views import MediaKind
from tests.services.media.kit import clip, encoded, picture

SIZE = (48, 32)
# Warnings are errors in tests only; in the app a decoder that warns goes on.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::PIL.Image.DecompressionBombWarning")


def _picture(kind: str) -> Callable[[Path], bytes]:
    def make(_: Path) -> bytes:
        exif = picture().getexif()
        exif[0x0112], exif[0x010E], exif[0x011A] = 6, "taken in the rain", 72.5
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        return encoded(picture(*SIZE), kind, exif=exif, icc_profile=profile)

    return make


def _clip(suffix: str) -> Callable[[Path], bytes]:
    return lambda folder: clip(folder / f"whole{suffix}", seconds=0.25, size=SIZE)


def damaged(whole: bytes, *, count: int, seed: int) -> Iterator[bytes]:
    """The same every time: bits flipped, bytes replaced or a stretch taken out, at one to three places."""
    choose = random.Random(seed)
    for _ in range(count):
        data = bytearray(whole)
        for _ in range(choose.randint(1, 3)):
            at = choose.randrange(len(data))
            match choose.randrange(5):
                case 0 | 1:
                    data[at] ^= 1 << choose.randrange(8)
                case 2 | 3:
                    data[at] = choose.choice([0, 0x7F, 0x80, 0xFF, choose.randrange(256)])
                case _:
                    del data[at : at + choose.randint(1, 16)]
        yield bytes(data)


class TestDamage:
    @pytest.mark.parametrize(
        ("make", "expect", "count"),
        [
            (_picture("JPEG"), "image", 300),
            (_picture("PNG"), "image", 500),
            (_picture("WEBP"), "image", 250),
            (_clip(".mp4"), "video", 200),
            (_clip(".webm"), "video", 200),
        ],
        ids=["jpeg", "png", "webp", "mp4", "webm"],
    )
    def test_makes_a_bad_file_or_none(self, tmp_path: Path, make: Callable[[Path], bytes], expect: MediaKind, count: int) -> None:
        path, outcomes = tmp_path / "delivered", Counter[str]()
        whole = make(tmp_path)
        before = set(tmp_path.iterdir())
        for data in damaged(whole, count=count, seed=20_260_801):
            path.write_bytes(data)
            try:
                found = inspect(path, expect=expect)
                made = make_thumbnails(path, found.content_type)
            except BadFile:
                outcomes["refused"] += 1
            else:
                assert made.thumb
                assert found.width_px > 0
                outcomes["kept"] += 1
        assert set(tmp_path.iterdir()) == before | {path}
        assert min(outcomes["refused"], outcomes["kept"]) > count / 100  # the damage matters, and not always
