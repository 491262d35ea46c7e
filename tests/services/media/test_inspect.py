"""What a file is, is told by its bytes; what is not whole, or something else, is refused with a sentence."""

from __future__ import annotations

import errno
import struct
import time
import zlib
from pathlib import Path

import pytest

from nyx.services.media.inspect import BadFile, decoding, inspect, type_of
from nyx.services.media.views import MediaKind
from tests.services.media.kit import clip, encoded, picture

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
# A JPEG's header is read by Pillow when it opens the file, and again by whoever turns the picture.
BROKEN_EXIF = [
    b"Exif\0\0not a header at all",
    b"Exif\0\0II*\0\xff\xff\xff\x00",
    b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x05\0\xff\0\0\0\xf0\xff\xff\x0f",
    b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\x04\0\0\0six\0\0\0\0\0",
]


def judge(folder: Path, data: bytes, expect: MediaKind = "image"):
    path = folder / "delivered"
    path.write_bytes(data)
    return inspect(path, expect=expect)


def bomb(width_px: int, height_px: int, *, is_whole: bool = True) -> bytes:
    """A small PNG that claims, and when whole would decode to, a huge black picture."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width_px, height_px, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes((width_px + 1) * height_px if is_whole else 0))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


class TestPictures:
    @pytest.mark.parametrize(("kind", "content_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")])
    def test_tells_type_and_size_and_a_blur(self, tmp_path: Path, kind: str, content_type: str) -> None:
        found = judge(tmp_path, encoded(picture(640, 480), kind))
        assert (found.content_type, found.width_px, found.height_px, found.duration_ms) == (content_type, 640, 480, None)
        assert found.blur.startswith("data:image/webp;base64,")
        assert len(found.blur) <= 400

    def test_the_size_is_the_one_that_is_shown(self, tmp_path: Path) -> None:
        exif = picture().getexif()
        exif[0x0112] = 6
        found = judge(tmp_path, encoded(picture(640, 480), exif=exif))
        assert (found.width_px, found.height_px) == (480, 640)

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    @pytest.mark.parametrize("exif", BROKEN_EXIF, ids=["no header", "no directory", "a value outside", "a word for a number"])
    @pytest.mark.filterwarnings("ignore::UserWarning")
    def test_keeps_a_whole_picture_whatever_is_wrong_with_its_metadata(self, tmp_path: Path, kind: str, exif: bytes) -> None:
        found = judge(tmp_path, encoded(picture(640, 480), kind, exif=exif))
        assert (found.width_px, found.height_px) == (640, 480)
        assert found.blur

    @pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1"])
    def test_unusual_colours_are_still_pictures(self, tmp_path: Path, mode: str) -> None:
        kind = "JPEG" if mode in ("L", "CMYK") else "PNG"
        assert judge(tmp_path, encoded(picture(mode=mode), kind)).width_px == 640

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    @pytest.mark.parametrize("share", [0.2, 0.6, 0.97])
    def test_refuses_a_picture_that_is_cut_short(self, tmp_path: Path, kind: str, share: float) -> None:
        whole = encoded(picture(1024, 1024), kind)
        with pytest.raises(BadFile, match="damaged") as caught:
            judge(tmp_path, whole[: int(len(whole) * share)])
        assert caught.value.detail

    def test_refuses_a_bomb_before_it_goes_off(self, tmp_path: Path) -> None:
        data = bomb(9_000, 9_000)
        assert len(data) < 100_000
        started = time.perf_counter()
        with pytest.raises(BadFile, match="too large"):
            judge(tmp_path, data)
        assert time.perf_counter() - started < 0.5

    def test_refuses_a_bomb_beyond_what_pillow_itself_allows(self, tmp_path: Path) -> None:
        with pytest.raises(BadFile, match="too large"):
            judge(tmp_path, bomb(20_000, 10_000, is_whole=False))

    def test_refuses_an_animation(self, tmp_path: Path) -> None:
        frames = [picture(colour=(10, 10, shade)) for shade in (0, 90, 200)]
        with pytest.raises(BadFile, match="animation"):
            judge(tmp_path, encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:]))

    @pytest.mark.parametrize(
        "data",
        [SVG, HTML, b"", b"\xff\xd8", b"GIF89a" + bytes(100), b"%!PS-Adobe-3.0 EPSF-3.0", b"MZ" + bytes(200), b"{}", bytes(500)],
        ids=["svg", "html", "empty", "two bytes", "gif", "eps", "program", "json", "zeros"],
    )
    def test_refuses_what_is_not_a_picture(self, tmp_path: Path, data: bytes) -> None:
        with pytest.raises(BadFile, match="not a picture"):
            judge(tmp_path, data)

    @pytest.mark.parametrize("head", [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\x60\0\0\0WEBPVP8 "], ids=["jpeg", "png", "webp"])
    def test_refuses_a_page_behind_the_first_bytes_of_a_picture(self, tmp_path: Path, head: bytes) -> None:
        with pytest.raises(BadFile, match="damaged"):
            judge(tmp_path, head + HTML * 20)

    def test_refuses_a_clip_where_a_picture_was_ordered(self, tmp_path: Path) -> None:
        with pytest.raises(BadFile, match="not a picture"):
            judge(tmp_path, clip(tmp_path / "a.mp4"))

    def test_refuses_more_bytes_than_we_keep(self, tmp_path: Path) -> None:
        path = tmp_path / "large"
        with path.open("wb") as file:
            file.write(encoded(picture()))
            file.truncate(100 * 1024 * 1024 + 1)
        with pytest.raises(BadFile, match="too large"):
            inspect(path, expect="image")


class TestClips:
    @pytest.mark.parametrize(("suffix", "content_type"), [(".mp4", "video/mp4"), (".webm", "video/webm")])
    def test_tells_type_size_length_and_a_blur(self, tmp_path: Path, suffix: str, content_type: str) -> None:
        found = judge(tmp_path, clip(tmp_path / f"a{suffix}", seconds=1.5), "video")
        assert (found.content_type, found.width_px, found.height_px) == (content_type, 320, 180)
        assert found.duration_ms == pytest.approx(1_500, abs=20)
        assert found.blur.startswith("data:image/webp;base64,")

    @pytest.mark.parametrize("suffix", [".mp4", ".webm"])
    @pytest.mark.parametrize("share", [0.2, 0.6, 0.9, 0.99])
    def test_refuses_a_clip_that_is_cut_short(self, tmp_path: Path, suffix: str, share: float) -> None:
        whole = clip(tmp_path / f"a{suffix}")
        with pytest.raises(BadFile, match=r"damaged|cut short"):
            judge(tmp_path, whole[: int(len(whole) * share)], "video")

    def test_refuses_a_picture_where_a_clip_was_ordered(self, tmp_path: Path) -> None:
        with pytest.raises(BadFile, match="not a clip"):
            judge(tmp_path, encoded(picture()), "video")

    @pytest.mark.parametrize("head", [b"\0\0\0\x20ftypisom" + bytes(60), b"\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x1fwebm" + bytes(60)])
    def test_refuses_a_page_behind_the_first_bytes_of_a_clip(self, tmp_path: Path, head: bytes) -> None:
        with pytest.raises(BadFile, match=r"damaged|cut short"):
            judge(tmp_path, head + HTML * 20, "video")


class TestDecoding:
    @pytest.mark.parametrize(
        "raised", [SyntaxError("x"), struct.error("x"), TypeError("x"), KeyError("x"), zlib.error("x"), MemoryError(), OSError("cut short")]
    )
    def test_whatever_a_decoder_raises_means_a_bad_file(self, raised: Exception) -> None:
        with pytest.raises(BadFile, match="picture that is damaged") as caught, decoding("image"):
            raise raised
        assert type(raised).__name__ in caught.value.detail

    def test_a_disk_that_fails_is_not_the_provider_s_fault(self) -> None:
        with pytest.raises(OSError, match="No space"), decoding("video"):
            raise OSError(errno.ENOSPC, "No space left on device")

    def test_a_file_that_is_gone_is_not_a_bad_one(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            inspect(tmp_path / "gone", expect="image")


class TestTypeOf:
    def test_a_still_in_the_clothes_of_a_clip_is_nothing_we_keep(self) -> None:
        assert type_of(b"\0\0\0\x20ftypavif" + bytes(50)) is None
