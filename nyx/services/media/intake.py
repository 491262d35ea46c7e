"""Turns whatever somebody uploads into a clean still picture, or says in a sentence why not. Blocks: call it in a thread."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from nyx.errors import InvalidInput
from nyx.services.media import pictures
from nyx.services.media.inspect import MAX_PIXELS, type_of

log = logging.getLogger(__name__)

HEAD_BYTES = 64
KEPT_PX = 4096  # on the longer side: more than any model looks at
_MEGAPIXELS = MAX_PIXELS // 1_000_000
_JPEG_QUALITY = 92
_FEW_COLOURS = 256
_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/gif": "GIF"}
_HEIF = frozenset({b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif", b"avis"})
_TAKEN = "Choose a JPEG, PNG, WebP or GIF picture."


class BadUpload(InvalidInput):
    """What was uploaded can't be used as a picture. ``code`` says what is wrong with it, for programs."""

    def __init__(self, message: str, *, code: str, http_status: int = 422) -> None:
        super().__init__(message, field="file")
        self.code = code
        self.http_status = http_status


@dataclass(frozen=True, kw_only=True)
class Box:
    """A rectangle of whole pixels inside an upright picture."""

    left_px: int
    top_px: int
    width_px: int
    height_px: int


@dataclass(frozen=True, kw_only=True)
class Developed:
    """A clean picture in a temporary file. ``blur`` is a data URL."""

    path: Path
    content_type: str
    size_bytes: int
    sha256: str
    width_px: int
    height_px: int
    blur: str


def judge(head: bytes) -> str:
    """The content type that the first 64 bytes announce, whatever the sender calls it. Raises: BadUpload."""
    if not head:
        raise BadUpload("The file is empty. " + _TAKEN, code="empty")
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    found = type_of(head)
    if found in _FORMATS:
        return found
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF:
        raise BadUpload("HEIC and AVIF pictures can't be read here. Save it as JPEG and try again.", code="wrong_type")
    if found is not None or head[4:8] == b"ftyp" or head.startswith(b"\x1a\x45\xdf\xa3"):
        raise BadUpload("This is a clip, and a still picture is needed here. " + _TAKEN, code="wrong_type")
    if _is_text(head):
        raise BadUpload("Send the file itself, not a link or a text. " + _TAKEN, code="not_a_file")
    raise BadUpload("This is not a picture that can be used here. " + _TAKEN, code="wrong_type")


def pixels_of(source: Path, content_type: str) -> int:
    """How many there are, from the header alone. Raises: BadUpload, OSError."""
    with _decoding(), _opened(source, content_type) as image:
        return image.width * image.height


def develop(source: Path, content_type: str, *, into: Path, box: Box | None = None) -> Developed:
    """Decode once, upright, in sRGB, without metadata, at most 4096 pixels long; ``box`` cuts a piece out. Raises: BadUpload, OSError.

    It becomes PNG where it has transparent pixels, or few colours and no JPEG losses to begin with; JPEG otherwise.
    """
    with _decoding(), _opened(source, content_type) as image:
        if box is None:
            image.draft(
                "RGB", pictures.at_least(image.size, longest_px=KEPT_PX)
            )  # a very large JPEG decodes at a half, never below what is kept
        image.load()
        picture = pictures.upright(image, longest_px=KEPT_PX if box is None else max(image.size))
    if box is not None:
        picture = pictures.shrink(picture.crop(_inside(box, picture.size)), longest_px=KEPT_PX)
    return _saved(picture, into, was_lossless=content_type != "image/jpeg")


def _saved(picture: Image.Image, into: Path, *, was_lossless: bool) -> Developed:
    if picture.mode == "RGBA" and picture.getchannel("A").getextrema() == (255, 255):
        picture = picture.convert("RGB")
    picture.info = {}  # encoders write some of what stands here
    is_png = picture.mode == "RGBA" or (was_lossless and picture.getcolors(_FEW_COLOURS) is not None)
    if is_png:
        picture.save(into, "PNG")
    else:
        picture.save(into, "JPEG", quality=_JPEG_QUALITY, subsampling=0, optimize=False)
    with into.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Developed(
        path=into,
        content_type="image/png" if is_png else "image/jpeg",
        size_bytes=into.stat().st_size,
        sha256=sha256,
        width_px=picture.width,
        height_px=picture.height,
        blur=pictures.blur(picture),
    )


@contextmanager
def _opened(source: Path, content_type: str) -> Iterator[Image.Image]:
    """The picture, header read and judged, nothing decoded yet."""
    if content_type == "image/webp":  # opening one allocates its whole canvas
        with source.open("rb") as file:
            _judge_webp(file.read(HEAD_BYTES))
    with Image.open(source, formats=(_FORMATS[content_type],)) as image:
        _judge_size(*image.size)
        if content_type != "image/jpeg" and getattr(image, "is_animated", False):
            raise _animated()
        if content_type == "image/gif":
            image.seek(0)  # looking for a second picture has moved on
        _judge_size(*image.size)
        yield image


def _judge_webp(head: bytes) -> None:
    kind = head[12:16]
    if kind == b"VP8X":
        if head[20:21] and head[20] & 0x02:
            raise _animated()
        width, height = (1 + int.from_bytes(head[at : at + 3], "little") for at in (24, 27))
    elif kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 ":
        width, height = (int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (26, 28))
    else:
        raise damaged()
    _judge_size(width, height)


def _judge_size(width_px: int, height_px: int) -> None:
    if width_px * height_px > MAX_PIXELS:
        has = f"This picture has {width_px * height_px / 1e6:,.0f} megapixels"
        raise BadUpload(f"{has}, and {_MEGAPIXELS} are the most. Make it smaller.", code="too_many_pixels")


def _inside(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    right, bottom = box.left_px + box.width_px, box.top_px + box.height_px
    if min(box.left_px, box.top_px) < 0 or min(box.width_px, box.height_px) < 1 or right > size[0] or bottom > size[1]:
        raise InvalidInput("The piece to cut out lies outside of the picture. Choose it again.", field="crop")
    return box.left_px, box.top_px, right, bottom


@contextmanager
def _decoding() -> Iterator[None]:
    """Whatever the decoders raise for a strange file means a damaged picture. A disk that fails stays an OSError."""
    try:
        yield
    except InvalidInput:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        words = f"This picture is too large to open; {_MEGAPIXELS} megapixels are the most. Make it smaller."
        raise BadUpload(words, code="too_many_pixels") from error
    except Exception as error:  # there is no common class: SyntaxError, struct.error, zlib.error, MemoryError and more
        if isinstance(error, OSError) and error.errno is not None:
            raise
        log.info("An upload could not be decoded", exc_info=True)
        raise damaged() from error


def _animated() -> BadUpload:
    return BadUpload("This picture is animated, and a still one is needed here. Save a single frame of it and try again.", code="animated")


def damaged() -> BadUpload:
    """The refusal of what can't be decoded."""
    return BadUpload("This picture is damaged or cut short and can't be read. Save it anew and try again.", code="damaged")


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8", errors="strict" if len(head) < HEAD_BYTES else "ignore")
    except UnicodeDecodeError:
        return False
    is_markup = text.lstrip("\ufeff").lstrip().startswith("<")
    return not is_markup and all(character.isprintable() or character in "\r\n\t" for character in text)


def free(path: Path) -> None:
    """Remove a temporary file that may be gone already."""
    try:
        os.unlink(path)
    except OSError:
        log.debug("A temporary file was gone already")
