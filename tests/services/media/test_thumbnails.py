"""Thumbnails are small, upright, in the right colours, and carry nothing but the picture."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from nyx.services.media.inspect import BadFile
from nyx.services.media.thumbnails import Thumbnails, make_thumbnails
from tests.services.media.kit import clip, encoded, picture, with_broken_exif


def shrink(folder: Path, data: bytes, content_type: str = "image/jpeg") -> Thumbnails:
    path = folder / "original"
    path.write_bytes(data)
    return make_thumbnails(path, content_type)


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data), formats=("WEBP",))
    image.load()
    return image


def near(image: Image.Image, at: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    found = image.convert("RGB").getpixel(at)
    assert isinstance(found, tuple)
    return all(abs(one - other) < 12 for one, other in zip(found, colour, strict=True))


def _red_means_green() -> bytes:
    """An sRGB profile with two of its primaries exchanged, under another name."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile.replace(b"rXYZ", b"....", 1).replace(b"gXYZ", b"rXYZ", 1).replace(b"....", b"gXYZ", 1)
    return swapped.replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))


class TestSizes:
    @pytest.mark.parametrize(
        ("given", "thumb", "preview"),
        [
            ((2048, 1024), (384, 192), (1024, 512)),
            ((1024, 1024), (384, 384), (1024, 1024)),
            ((300, 600), (192, 384), (300, 600)),
            ((100, 80), (100, 80), (100, 80)),
            ((4000, 10), (384, 1), (1024, 3)),
        ],
    )
    def test_the_longest_side_is_bounded_and_nothing_is_enlarged(self, tmp_path: Path, given, thumb, preview) -> None:
        made = shrink(tmp_path, encoded(picture(*given)))
        assert opened(made.thumb).size == thumb
        assert opened(made.preview).size == preview

    def test_the_blur_is_tiny(self, tmp_path: Path) -> None:
        made = shrink(tmp_path, encoded(picture(2048, 1536)))
        assert made.blur.startswith("data:image/webp;base64,")
        assert len(made.blur) <= 400


class TestLooks:
    @pytest.mark.parametrize(
        ("mode", "kind"), [("RGB", "JPEG"), ("RGB", "PNG"), ("P", "PNG"), ("RGBA", "PNG"), ("RGB", "WEBP"), ("CMYK", "JPEG")]
    )
    def test_the_colours_are_those_of_the_picture(self, tmp_path: Path, mode: str, kind: str) -> None:
        made = shrink(tmp_path, encoded(picture(1200, 800, mode=mode), kind), f"image/{kind.lower()}")
        for data, size in ((made.thumb, (384, 256)), (made.preview, (1024, 683))):
            image = opened(data)
            assert image.size == size
            assert near(image, (10, 10), (255, 255, 255))
            assert near(image, (size[0] - 10, size[1] - 10), (200, 40, 90))

    def test_sixteen_bit_grey_does_not_turn_white(self, tmp_path: Path) -> None:
        grey = Image.new("I;16", (500, 500), 0x4000)
        image = opened(shrink(tmp_path, encoded(grey, "PNG"), "image/png").thumb)
        assert near(image, (100, 100), (64, 64, 64))

    @pytest.mark.parametrize(("orientation", "white_corner"), [(1, (5, 5)), (3, (-5, -5)), (6, (-5, 5)), (8, (5, -5))])
    def test_it_stands_as_its_metadata_says(self, tmp_path: Path, orientation: int, white_corner: tuple[int, int]) -> None:
        exif = picture().getexif()
        exif[0x0112] = orientation
        image = opened(shrink(tmp_path, encoded(picture(800, 600), exif=exif)).thumb)
        assert image.size == ((288, 384) if orientation in (6, 8) else (384, 288))
        corner = (white_corner[0] % image.width, white_corner[1] % image.height)
        opposite = (image.width - 1 - corner[0], image.height - 1 - corner[1])
        assert near(image, corner, (255, 255, 255))
        assert near(image, opposite, (200, 40, 90))

    def test_another_colour_space_is_brought_to_srgb(self, tmp_path: Path) -> None:
        data = encoded(picture(colour=(255, 0, 0)), icc_profile=_red_means_green())
        image = opened(shrink(tmp_path, data).thumb)
        assert near(image, (image.width - 10, image.height - 10), (0, 255, 0))

    def test_a_broken_colour_profile_is_ignored(self, tmp_path: Path) -> None:
        image = opened(shrink(tmp_path, encoded(picture(), icc_profile=b"nonsense" * 40)).thumb)
        assert near(image, (image.width - 10, image.height - 10), (200, 40, 90))

    @pytest.mark.parametrize("suffix", [".mp4", ".webm"])
    def test_a_clip_shows_its_first_frame(self, tmp_path: Path, suffix: str) -> None:
        content_type = "video/mp4" if suffix == ".mp4" else "video/webm"
        image = opened(shrink(tmp_path, clip(tmp_path / f"a{suffix}", size=(640, 360)), content_type).thumb)
        assert image.size == (384, 216)
        assert near(image, (370, 200), (40, 90, 40))


class TestPrivacy:
    def test_no_metadata_survives(self, tmp_path: Path) -> None:
        exif = picture().getexif()
        exif[0x010E] = "taken at home"
        exif[0x0131] = "secret software"
        made = shrink(tmp_path, encoded(picture(), exif=exif, comment=b"a secret comment", xmp=b"<x:xmpmeta>secret</x:xmpmeta>"))
        for data in (made.thumb, made.preview):
            image = opened(data)
            assert not dict(image.getexif())
            assert not {"exif", "xmp", "icc_profile", "comment"} & set(image.info)
            assert b"secret" not in data

    def test_what_hides_behind_a_picture_does_not_survive(self, tmp_path: Path) -> None:
        made = shrink(tmp_path, encoded(picture(), "PNG") + b"<script>alert(1)</script>" * 20, "image/png")
        assert b"script" not in made.thumb + made.preview


class TestFailure:
    @pytest.mark.filterwarnings("ignore::UserWarning")
    def test_broken_metadata_keeps_nobody_from_seeing_the_picture(self, tmp_path: Path) -> None:
        image = opened(shrink(tmp_path, with_broken_exif()).thumb)
        assert image.size == (384, 288)
        assert near(image, (5, 5), (255, 255, 255))

    def test_a_damaged_file_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(BadFile):
            shrink(tmp_path, encoded(picture())[:500])
