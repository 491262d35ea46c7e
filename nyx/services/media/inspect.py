"""Telling what a file is, by its bytes alone, and refusing what is broken, oversized or something else. Blocks: call it in a thread."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
import av.error
from av.container import InputContainer
from av.video.stream import VideoStream
from PIL import Image

from nyx.errors import NyxError, ProviderMisbehaved
from nyx.services.media import pictures
from nyx.services.media.views import MediaKind

log = logging.getLogger(__name__)

MAX_BYTES = 100 * 1024 * 1024
MAX_PIXELS = 50_000_000
_MAX_DURATION_MS = 30 * 60 * 1000
_CLIP_CODECS = frozenset({"h264", "hevc", "vp8", "vp9", "av1"})
_DEMUXERS = {"video/mp4": "mp4", "video/webm": "matroska"}
_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "video/mp4": "mp4", "video/webm": "webm"}


class BadFile(ProviderMisbehaved):
    """The file that was delivered can't be kept. ``detail`` says what is wrong with it, for the logs."""

    code = "bad_file"


@dataclass(frozen=True, kw_only=True)
class Inspected:
    """What a file is. The size is as displayed (after rotation); ``blur`` is a data URL; a picture has no duration."""

    content_type: str
    width_px: int
    height_px: int
    duration_ms: int | None
    blur: str


def inspect(path: Path, *, expect: MediaKind) -> Inspected:
    """Read the file through once. Raises: BadFile, when it is not a whole picture (or clip) of a type that we keep; OSError."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise BadFile("The provider sent a file that is too large to keep.", detail=f"{size} bytes")
    with path.open("rb") as file:
        content_type = type_of(file.read(64))
    if content_type is None or kind_of(content_type) != expect:
        raise BadFile(f"The provider sent a file that is not a {_WORDS[expect]}.", detail=f"found {content_type or 'an unknown type'}")
    if content_type == "video/webm" and _is_cut_webm(path, size):
        raise BadFile("The provider sent a clip that is cut short.", detail=f"the segment goes on after byte {size}")
    with decoding(expect):
        return _picture(path, content_type) if expect == "image" else _clip(path, content_type)


@contextmanager
def decoding(kind: MediaKind) -> Iterator[None]:
    """Around all work of the decoders: whatever they raise for a strange file means a bad file. A disk that fails stays an OSError."""
    try:
        yield
    except NyxError:  # ours, and said already
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadFile(f"The provider sent a {_WORDS[kind]} that is too large.", detail=str(error)) from error
    except Exception as error:  # there is no common class: SyntaxError, struct.error, zlib.error, MemoryError, FFmpegError and more
        if _is_of_the_disk(error):
            raise
        log.info("A file could not be decoded", exc_info=True)
        raise BadFile(f"The provider sent a {_WORDS[kind]} that is damaged.", detail=f"{type(error).__name__}: {error}") from error


def type_of(head: bytes) -> str | None:
    """The content type that the first 64 bytes announce, or None for anything that we do not keep."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return "video/mp4" if head[8:12] not in _STILL_BRANDS else None
    if head.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in head:
        return "video/webm"
    return None


def kind_of(content_type: str) -> MediaKind:
    """``image`` or ``video``."""
    return "image" if content_type.startswith("image/") else "video"


@contextmanager
def open_picture(path: Path, content_type: str) -> Iterator[Image.Image]:
    """The picture, header read and size checked, nothing decoded yet; use it within ``decoding``. Raises: BadFile."""
    with Image.open(path, formats=(_FORMATS[content_type],)) as image:
        if image.width * image.height > MAX_PIXELS:
            raise BadFile("The provider sent a picture that is too large.", detail=f"{image.width}x{image.height} pixels")
        yield image


@contextmanager
def open_clip(path: Path, content_type: str) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The clip and its first moving picture, which has a size and a codec that we keep; use it within ``decoding``. Raises: BadFile."""
    with av.open(str(path), format=_DEMUXERS[content_type], options=_FILES_ONLY, metadata_errors="replace") as container:
        if not container.streams.video:
            raise BadFile("The provider sent a clip without a picture.", detail="no video stream")
        stream = container.streams.video[0]
        if stream.codec_context.name not in _DECODERS or stream.width * stream.height > MAX_PIXELS:
            detail = f"{stream.codec_context.name}, {stream.width}x{stream.height}"
            raise BadFile("The provider sent a clip that can't be played.", detail=detail)
        yield container, stream


def _is_of_the_disk(error: Exception) -> bool:
    # The decoders raise OSError for bad data too: Pillow without a number, FFmpeg with a class of its own. A full disk it tells as it is.
    if not isinstance(error, OSError) or error.errno is None:
        return False
    return error.errno in NO_ROOM or not isinstance(error, av.error.FFmpegError)


def _picture(path: Path, content_type: str) -> Inspected:
    with open_picture(path, content_type) as image:
        if content_type != "image/jpeg" and getattr(image, "n_frames", 1) != 1:
            raise BadFile("The provider sent an animation in place of a picture.", detail=f"{getattr(image, 'n_frames', 0)} frames")
        size = image.size
        # An eighth of the size is enough to see that a JPEG is whole, at half the time; the other types decode fully.
        image.draft("RGB", (max(1, image.width // 8), max(1, image.height // 8)))
        image.load()
        width, height = reversed(size) if pictures.is_on_its_side(image) else size
        return Inspected(content_type=content_type, width_px=width, height_px=height, duration_ms=None, blur=pictures.blur(image))


def _clip(path: Path, content_type: str) -> Inspected:
    with open_clip(path, content_type) as (container, stream):
        frame = next(container.decode(stream), None)
        if frame is None:
            raise BadFile("The provider sent a clip that is damaged.", detail="no frame could be decoded")
        first = pictures.of_frame(frame)
        container.seek(0)
        duration_ms = _whole_duration_ms(container, stream)
        return Inspected(
            content_type=content_type, width_px=first.width, height_px=first.height, duration_ms=duration_ms, blur=pictures.blur(first)
        )


def _whole_duration_ms(container: InputContainer, stream: VideoStream) -> int:
    """Milliseconds, from the packets themselves. Raises: BadFile, when fewer arrived than the file announces."""
    packets, end_s = 0, 0.0
    for packet in container.demux(stream):
        if packet.size == 0:
            continue
        if packet.is_corrupt:
            raise BadFile("The provider sent a clip that is cut short.", detail=f"packet {packets} is incomplete")
        packets += 1
        if packet.pts is not None:
            end_s = max(end_s, float((packet.pts + (packet.duration or 0)) * packet.time_base))
    end_ms = round(end_s * 1000)
    if packets < stream.frames:  # MP4 announces how many there are, WebM does not
        raise BadFile("The provider sent a clip that is cut short.", detail=f"{packets} of {stream.frames} packets")
    if not 0 < end_ms <= _MAX_DURATION_MS:
        raise BadFile("The provider sent a clip that can't be played.", detail=f"{end_ms} ms long")
    return end_ms


def _is_cut_webm(path: Path, size_bytes: int) -> bool:
    """Whether the segment, the one large element of a WebM file, announces more bytes than there are."""
    with path.open("rb") as file:
        head = file.read(4096)
    at = head.find(_SEGMENT) + len(_SEGMENT)
    if at < len(_SEGMENT) or at >= len(head) or head[at] == 0:
        return True
    length = 9 - head[at].bit_length()  # of the size field: 1 to 8 bytes, told by the leading zeros of the first
    value = int.from_bytes(head[at : at + length], "big") - (1 << (7 * length))
    is_unknown = value == (1 << (7 * length)) - 1  # a live recording, which ends where the file ends
    return not is_unknown and at + length + value > size_bytes


NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})  # of the disk: there may be room later
_FILES_ONLY = {"protocol_whitelist": "file"}
_SEGMENT = b"\x18\x53\x80\x67"
_WORDS = {"image": "picture", "video": "clip"}
_STILL_BRANDS = frozenset({b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1"})
_DECODERS = _CLIP_CODECS | {"libdav1d", "libvpx", "libvpx-vp9"}  # FFmpeg names a decoder, which may be a library's
