"""Hostile uploads: each is refused in a sentence or comes out clean, and nothing is decoded above its limits."""

from __future__ import annotations

import errno
import io
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image, ImageFile, WebPImagePlugin

from nyx.errors import InvalidInput
from nyx.services.media.developing import develop_apart
from nyx.services.media.inspect import MAX_PIXELS
from nyx.services.media.intake import HEAD_BYTES, BadUpload, Box, develop, judge
from tests.services.media.hostile import Hostile, every
from tests.services.media.kit import encoded, picture

FILES = every()
SENTENCE = re.compile(r"[A-Z].*\.")


@dataclass
class Watch:
    """The sizes that were decoded, and the canvases that were allocated for WebP."""

    decoded: list[tuple[int, int]] = field(default_factory=list)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()
    load, opens = ImageFile.ImageFile.load, WebPImagePlugin.WebPImageFile._open

    def watched_load(image: ImageFile.ImageFile) -> object:
        watch.decoded.append(image.size)
        return load(image)

    def watched_open(image: WebPImagePlugin.WebPImageFile) -> None:
        opens(image)
        watch.decoded.append(image.size)

    monkeypatch.setattr(ImageFile.ImageFile, "load", watched_load)
    monkeypatch.setattr(WebPImagePlugin.WebPImageFile, "_open", watched_open)
    return watch


def take_in(data: bytes, folder: Path) -> bytes:
    """What would be kept. Raises: BadUpload."""
    source, clean = folder / "source", folder / "clean"
    source.write_bytes(data)
    clean.unlink(missing_ok=True)
    made = develop(source, judge(data[:HEAD_BYTES]), into=clean)
    assert made.path.stat().st_size == made.size_bytes
    return clean.read_bytes()


class TestHostileFiles:
    def test_there_are_at_least_two_hundred_and_each_is_another(self) -> None:
        assert len(FILES) >= 200
        assert len({file.data for file in FILES}) == len({file.name for file in FILES}) == len(FILES)

    def test_each_is_refused_in_a_sentence_or_comes_out_clean(self, tmp_path: Path, watch: Watch) -> None:
        refused: Counter[str] = Counter()
        wrong: list[str] = []
        for file in FILES:
            try:
                kept = take_in(file.data, tmp_path)
            except BadUpload as error:
                refused[error.code] += 1
                if not SENTENCE.fullmatch(str(error)) or error.field != "file" or error.code not in (file.code or error.code):
                    wrong.append(f"{file.name}: {error.code}, {error}")
            else:
                wrong += unclean(file, kept)

        assert wrong == []
        assert refused.keys() == {"animated", "damaged", "empty", "not_a_file", "too_many_pixels", "wrong_type"}
        assert watch.decoded
        assert max(width * height for width, height in watch.decoded) <= MAX_PIXELS

    def test_the_limit_itself_is_taken(self, tmp_path: Path, watch: Watch) -> None:
        assert take_in(encoded(Image.new("L", (10_000, 5_000), 90), "PNG"), tmp_path)
        assert set(watch.decoded) == {(10_000, 5_000)}

    @pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
    def test_an_animation_of_one_frame_is_a_still(self, kind: str, tmp_path: Path) -> None:
        still = encoded(picture(60, 40), kind, save_all=True)

        with Image.open(io.BytesIO(take_in(still, tmp_path))) as kept:
            assert kept.size == (60, 40)


def unclean(file: Hostile, kept: bytes) -> list[str]:
    """What is wrong with a file that was taken."""
    if file.code is not None:
        return [f"{file.name}: it was taken"]
    pieces = [file.payload[at : at + 16] for at in range(0, len(file.payload) - 15, 8)]
    return [f"{file.name}: {piece!r} has survived" for piece in pieces if piece in kept]


class TestApart:
    """Large pictures are developed in a process of their own, and all that has to make no difference."""

    def test_makes_the_same_picture(self, tmp_path: Path) -> None:
        source = tmp_path / "source"
        source.write_bytes(encoded(picture(2000, 1500)))
        box = Box(left_px=10, top_px=20, width_px=1200, height_px=900)

        here = [develop(source, "image/jpeg", into=tmp_path / f"here-{bool(it)}", box=it) for it in (None, box)]
        apart = [develop_apart(source, "image/jpeg", into=tmp_path / f"apart-{bool(it)}", box=it) for it in (None, box)]

        assert [(made.sha256, made.width_px, made.height_px, made.blur) for made in here] == [
            (made.sha256, made.width_px, made.height_px, made.blur) for made in apart
        ]
        assert apart[0].path.read_bytes() == here[0].path.read_bytes()

    def test_refuses_in_the_same_words(self, tmp_path: Path) -> None:
        whole = encoded(picture(2000, 1500))
        source = tmp_path / "source"
        source.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(BadUpload, match="damaged or cut short") as caught:
            develop_apart(source, "image/jpeg", into=tmp_path / "clean")
        assert (caught.value.code, caught.value.field) == ("damaged", "file")

        source.write_bytes(whole)
        with pytest.raises(InvalidInput, match="outside of the picture"):
            develop_apart(source, "image/jpeg", into=tmp_path / "clean", box=Box(left_px=0, top_px=0, width_px=3000, height_px=10))
        with pytest.raises(OSError, match="could not be read or written") as failed:
            develop_apart(source, "image/jpeg", into=tmp_path / "no" / "folder")
        assert failed.value.errno == errno.ENOENT
