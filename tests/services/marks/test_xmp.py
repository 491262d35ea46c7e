"""The note inside a file: it is found again, the pixels are the same, and what was there stays."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from nyx.sandbox.clips import Shape, clip
from nyx.services.marks import xmp
from nyx.services.marks.xmp import NoPlace, SourceType
from nyx.services.media.inspect import inspect
from tests.services.media.kit import encoded, picture

THEIRS = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="kept"/></rdf:RDF></x:xmpmeta>'
)
PICTURES = {
    "image/jpeg": encoded(picture()),
    "image/png": encoded(picture(), "PNG"),
    "image/webp": encoded(picture(), "WEBP"),
}


def noted(folder: Path, data: bytes, content_type: str, kind: SourceType = SourceType.TRAINED) -> Path:
    source, target = folder / "source", folder / "target"
    source.write_bytes(data)
    xmp.write(source, target, content_type, kind)
    return target


class TestPicture:
    @pytest.mark.parametrize("content_type", PICTURES)
    def test_is_noted_without_a_pixel_changed(self, tmp_path: Path, content_type: str) -> None:
        target = noted(tmp_path, PICTURES[content_type], content_type)

        assert xmp.read(target) == "trainedAlgorithmicMedia"
        with Image.open(target) as found, Image.open(io.BytesIO(PICTURES[content_type])) as before:
            assert b"DigitalSourceType" in found.info["xmp"]
            assert np.array_equal(np.asarray(found), np.asarray(before))
        inspect(target, expect="image")

    @pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 60}])
    def test_a_transparent_webp_stays_transparent(self, tmp_path: Path, options: dict) -> None:
        image = Image.new("RGBA", (33, 17), (200, 40, 90, 60))
        target = noted(tmp_path, encoded(image, "WEBP", **options), "image/webp")

        with Image.open(target) as found:
            assert (found.mode, found.size, found.getchannel("A").getpixel((5, 5))) == ("RGBA", (33, 17), 60)

    @pytest.mark.parametrize(("content_type", "kind"), [("image/jpeg", "JPEG"), ("image/png", "PNG"), ("image/webp", "WEBP")])
    def test_what_its_xmp_said_before_stays(self, tmp_path: Path, content_type: str, kind: str) -> None:
        image = picture()
        source = tmp_path / "with_xmp"
        if kind == "PNG":
            from PIL.PngImagePlugin import PngInfo

            info = PngInfo()
            info.add_itxt("XML:com.adobe.xmp", THEIRS.decode())
            image.save(source, kind, pnginfo=info)
        else:
            image.save(source, kind, xmp=THEIRS)

        target = noted(tmp_path, source.read_bytes(), content_type)

        with Image.open(target) as found:
            assert b'dc:format="kept"' in found.info["xmp"]
            assert found.info["xmp"].count(b"DigitalSourceType") == 1

    def test_what_somebody_else_noted_is_not_overwritten(self, tmp_path: Path) -> None:
        once = noted(tmp_path, PICTURES["image/jpeg"], "image/jpeg", SourceType.DRAWN).read_bytes()

        assert xmp.read(noted(tmp_path, once, "image/jpeg", SourceType.TRAINED)) == "algorithmicMedia"


class TestClip:
    @pytest.mark.parametrize("file_format", ["mp4", "webm"])
    def test_is_noted_and_plays_as_before(self, tmp_path: Path, file_format: str) -> None:
        data = clip("a lake", seed=1, size=(160, 96), shape=Shape(seconds=1, fps=5, file_format=file_format, has_sound=True))

        target = noted(tmp_path, data, f"video/{file_format}")

        assert xmp.read(target) == "trainedAlgorithmicMedia"
        assert inspect(target, expect="video").duration_ms == 1000
        with av.open(str(target), "r") as container:
            assert sum(1 for _ in container.decode(video=0)) == 5

    @pytest.mark.parametrize(
        ("content_type", "data"),
        [
            ("video/mp4", b"\0\0\0\x10ftypisom\0\0\0\0\0\0\0\0mdatxxxx"),
            ("video/mp4", b"\0\0\0\x10ftypisom\0\0\0\0\xff\0\0\0mdat"),
            ("video/webm", b"\x1a\x45\xdf\xa3\x80"),
        ],
        ids=["open end", "cut", "no segment"],
    )
    def test_says_when_there_is_no_place(self, tmp_path: Path, content_type: str, data: bytes) -> None:
        with pytest.raises(NoPlace):
            noted(tmp_path, data, content_type)


class TestRead:
    def test_finds_nothing_in_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "empty").touch()
        (tmp_path / "plain").write_bytes(PICTURES["image/jpeg"])

        assert xmp.read(tmp_path / "empty") is None
        assert xmp.read(tmp_path / "plain") is None
