"""The IPTC digital source type inside a file, for readers that know no C2PA: as XMP, and in WebM as a tag."""

from __future__ import annotations

import mmap
import re
import shutil
import struct
import zlib
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"


class SourceType(StrEnum):
    """IPTC's words for where a file comes from; those that this studio writes."""

    TRAINED = "trainedAlgorithmicMedia"
    COMPOSITE = "compositeWithTrainedAlgorithmicMedia"  # made from a picture that somebody brought
    DRAWN = "algorithmicMedia"  # by the sandbox: an algorithm, but none that was trained

    @property
    def uri(self) -> str:
        return VOCABULARY + self.value


class NoPlace(ValueError):
    """The file has no place for the note."""


def write(source: Path, target: Path, content_type: str, kind: SourceType) -> None:
    """Copy the file with the note in it, pixels untouched; a source type in its XMP already stays. Raises: NoPlace, OSError."""
    if content_type in _PICTURES:
        target.write_bytes(_PICTURES[content_type](source.read_bytes(), kind))
    else:
        shutil.copyfile(source, target)
        with target.open("r+b") as file:
            _CLIPS[content_type](file, kind)


def read(path: Path) -> str | None:
    """The last word of the digital source type, such as ``trainedAlgorithmicMedia``, wherever in the file it is written plainly."""
    with path.open("rb") as file:
        if not path.stat().st_size:
            return None
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
            found = _NOTE.search(whole)
            return found[1].decode() if found else None


def packet(kind: SourceType) -> bytes:
    """The whole XMP packet."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    ).encode() + _ending(kind, b'</rdf:RDF></x:xmpmeta><?xpacket end="w"?>')


def _ending(kind: SourceType, rest: bytes) -> bytes:
    note = (
        '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        f' Iptc4xmpExt:DigitalSourceType="{kind.uri}"/>'
    )
    return note.encode() + rest


def _with_note(found: bytes | None, kind: SourceType) -> bytes:
    """The packet that a file has, with our line added; a new one where there is none to add to."""
    if found is None or b"</rdf:RDF>" not in found:
        return packet(kind)
    if b"DigitalSourceType" in found:
        return found
    before, closing, after = found.rpartition(b"</rdf:RDF>")
    return before + _ending(kind, closing + after)


# JPEG


def _in_jpeg(data: bytes, kind: SourceType) -> bytes:
    at, found, place = 2, None, 2
    while data[at : at + 1] == b"\xff" and data[at + 1] in range(0xE0, 0xF0):
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] == 0xE1 and data[at + 4 :].startswith(_JPEG_XMP):
            found = data[at + 4 + len(_JPEG_XMP) : end]
            data, end = data[:at] + data[end:], at
        elif data[at + 1] in (0xE0, 0xE1):  # JFIF and Exif want to be first
            place = end
        at = end
    body = _JPEG_XMP + _with_note(found, kind)
    if len(body) > 0xFFFD:
        raise NoPlace("The XMP of this JPEG is full.")
    return data[:place] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[place:]


# PNG


def _in_png(data: bytes, kind: SourceType) -> bytes:
    out, found = [data[:33]], None  # the signature and IHDR
    for name, chunk in _png_chunks(data):
        if name == b"iTXt" and chunk[8:].startswith(_PNG_XMP):
            found = chunk[8 + len(_PNG_XMP) : -4]
        else:
            out.append(chunk)
    body = _PNG_XMP + _with_note(found, kind)
    checksum = zlib.crc32(b"iTXt" + body)
    out.insert(1, struct.pack(">I", len(body)) + b"iTXt" + body + struct.pack(">I", checksum))
    return b"".join(out)


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 33
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], data[at:end]
        at = end


# WebP


def _in_webp(data: bytes, kind: SourceType) -> bytes:
    chunks = list(_riff_chunks(data))
    found = next((body for name, body in chunks if name == b"XMP "), None)
    chunks = [(name, body) for name, body in chunks if name != b"XMP "]
    head = chunks.pop(0)[1] if chunks[0][0] == b"VP8X" else _extended_head(*chunks[0])
    chunks.insert(0, (b"VP8X", bytes([head[0] | _WEBP_HAS_XMP]) + head[1:]))
    chunks.append((b"XMP ", _with_note(found, kind)))
    body = b"WEBP" + b"".join(name + struct.pack("<I", len(chunk)) + chunk + b"\0" * (len(chunk) % 2) for name, chunk in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _riff_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        yield data[at : at + 4], data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _extended_head(name: bytes, body: bytes) -> bytes:
    """What a plain WebP lacks: its size, and whether it is transparent."""
    width, height = _webp_size(name, body)
    has_alpha = name == b"VP8L" and body[4] & 0x10
    return bytes([_WEBP_HAS_ALPHA if has_alpha else 0, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")


def _webp_size(name: bytes, body: bytes) -> tuple[int, int]:
    if name == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if name == b"VP8 ":
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    raise NoPlace("This WebP begins with something unknown.")


# MP4: a box at the end moves nothing


def _in_mp4(file: BinaryIO, kind: SourceType) -> None:
    end = file.seek(0, 2)
    at = 0
    while at < end:
        file.seek(at)
        start = file.read(24)
        size, name = struct.unpack(">I4s", start[:8].ljust(8, b"\0"))
        if name == b"uuid" and start[8:] == _MP4_XMP:
            raise NoPlace("This MP4 has an XMP of its own.")
        if size == 1:
            size = int.from_bytes(start[8:16], "big")
        if size < 8:  # zero: to the end of the file, whatever comes there
            raise NoPlace(f"The box {name!r} of this MP4 has no end.")
        at += size
    if at != end:
        raise NoPlace("The boxes of this MP4 do not end where the file ends.")
    body = b"uuid" + _MP4_XMP + packet(kind)
    file.seek(end)
    file.write(struct.pack(">I", len(body) + 4) + body)


# WebM: tags at the end of the segment, which is the rest of the file


def _in_webm(file: BinaryIO, kind: SourceType) -> None:
    file.seek(0)
    head = file.read(4096)
    at = head.find(_SEGMENT) + len(_SEGMENT)
    if at < len(_SEGMENT) or at >= len(head) or head[at] == 0:
        raise NoPlace("This WebM has no segment.")
    length = 9 - head[at].bit_length()
    size = int.from_bytes(head[at : at + length], "big") - (1 << (7 * length))
    is_open = size == (1 << (7 * length)) - 1
    tags = _element(0x1254C367, _element(0x7373, _element(0x63C0, b"") + _simple_tag("DIGITAL_SOURCE_TYPE", kind.uri)))
    end = file.seek(0, 2)
    if not is_open:
        if at + length + size != end or size + len(tags) >= (1 << (7 * length)) - 1:
            raise NoPlace("The segment of this WebM can't grow.")
        file.seek(at)
        file.write((size + len(tags) + (1 << (7 * length))).to_bytes(length, "big"))
    file.seek(end)
    file.write(tags)


def _simple_tag(name: str, value: str) -> bytes:
    return _element(0x67C8, _element(0x45A3, name.encode()) + _element(0x4487, value.encode()))


def _element(identifier: int, body: bytes) -> bytes:
    return identifier.to_bytes((identifier.bit_length() + 7) // 8, "big") + (len(body) | 0x4000).to_bytes(2, "big") + body


_NOTE = re.compile(rb"cv\.iptc\.org/newscodes/digitalsourcetype/([A-Za-z]{1,60})")
_JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_PNG_XMP = b"XML:com.adobe.xmp\0\0\0\0\0"
_WEBP_HAS_XMP, _WEBP_HAS_ALPHA = 0x04, 0x10
_MP4_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_SEGMENT = b"\x18\x53\x80\x67"
_PICTURES: dict[str, Callable[[bytes, SourceType], bytes]] = {"image/jpeg": _in_jpeg, "image/png": _in_png, "image/webp": _in_webp}
_CLIPS: dict[str, Callable[[BinaryIO, SourceType], None]] = {"video/mp4": _in_mp4, "video/webm": _in_webm}
