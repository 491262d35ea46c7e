"""The keys under which files are stored, all made from our own ids: which are ours, and which original a derived file belongs to."""

from __future__ import annotations

import re

from nyx.services.media.inspect import EXTENSIONS
from nyx.services.media.views import Variant

_ANY = f"(?:{'|'.join(EXTENSIONS.values())})"
_OURS = re.compile(
    r"(?P<stem>[0-9a-f]{32}/(?:[0-9a-f]{32}-\d+|u-[0-9a-f]{32}))\.(?:(?P<derived>"
    rf"{Variant.THUMB}\.webp|(?:marked\.)?(?:{Variant.PREVIEW}\.webp|{Variant.CLIP_PREVIEW}\.mp4)|(?:as|marked|marked\.as)\.{_ANY})|{_ANY})"
)


def output_key(*, owner_id: str, generation_id: str, output_index: int, content_type: str) -> str:
    """Where an output is kept; a repeat replaces itself."""
    return f"{owner_id}/{generation_id}-{output_index}.{EXTENSIONS[content_type]}"


def upload_key(*, owner_id: str, media_id: str, content_type: str) -> str:
    """Where an upload is kept, under an id of its own."""
    return f"{owner_id}/u-{media_id}.{EXTENSIONS[content_type]}"


def thumbnail_key(storage_key: str, variant: Variant) -> str:
    """Beside the original, so that making it again replaces it."""
    extension = "mp4" if variant is Variant.CLIP_PREVIEW else "webp"
    return f"{storage_key.rpartition('.')[0]}.{variant}.{extension}"


def converted_key(storage_key: str, extension: str) -> str:
    """The same output in another format; ``as`` keeps it apart from an original of that format."""
    return f"{storage_key.rpartition('.')[0]}.as.{extension}"


def marked_key(storage_key: str, extension: str) -> str:
    """The same with the visible mark, of an original or of what was made from one; its own conversions hang on this name."""
    stem, *made, _ = storage_key.split(".")
    return ".".join((stem, "marked", *made, extension))


def derived_keys(storage_key: str) -> tuple[str, ...]:
    """Every key under which a file that was made from this one may lie."""
    thumbnails = [thumbnail_key(storage_key, variant) for variant in (Variant.THUMB, Variant.PREVIEW, Variant.CLIP_PREVIEW)]
    shown = [marked_key(key, key.rpartition(".")[2]) for key in thumbnails[1:]]
    marked = [marked_key(storage_key, extension) for extension in EXTENSIONS.values()]
    converted = [converted_key(key, extension) for key in (storage_key, marked[0]) for extension in EXTENSIONS.values()]
    return (*thumbnails, *shown, *marked, *converted)


def originals_of(key: str) -> tuple[str, ...]:
    """The keys whose row would need this file: its own; for a derived file each that its original may have; none for what is not ours."""
    found = _OURS.fullmatch(key)
    if found is None:
        return ()
    if found["derived"] is None:
        return (key,)
    return tuple(f"{found['stem']}.{extension}" for extension in EXTENSIONS.values())
