"""What the gallery says about a file: its card, its facts, its place. Pure."""

from __future__ import annotations

from typing import Any

from nyx.pages._words import credits_text
from nyx.services.media.views import MediaView, Variant

_LONGEST_ALT = 300
_PREVIEW_PX = 1024
_NARROWEST, _WIDEST = 0.56, 2.4  # beyond these a card is cropped, so that a row never has a sliver or a banner
_KB, _MB = 1_000, 1_000_000
_SETTINGS = {"steps": "Steps", "guidance": "Guidance", "negative_prompt": "Without", "seconds": "Seconds", "resolution": "Resolution"}


def card(view: MediaView) -> dict[str, Any]:
    """What the wall's component is fed for one file."""
    return {
        "id": view.id,
        # For a new tab; a lone clip would not play there, because files are sent sandboxed.
        "href": download_url(view) if view.is_clip else view.url(),
        # A clip without a thumbnail has nothing to show in a picture element yet.
        "src": view.url(Variant.THUMB) if view.has_thumbnails or not view.is_clip else "",
        "moving": view.url(Variant.CLIP_PREVIEW) if view.is_clip and view.has_thumbnails else "",
        "alt": alt_text(view),
        "ratio": round(min(_WIDEST, max(_NARROWEST, view.width_px / view.height_px)), 4),
        "blur": view.blur,
        "length": length_text(view.duration_ms) if view.duration_ms is not None else "",
    }


def large(view: MediaView) -> dict[str, Any]:
    """What the lightbox's component is fed for one file."""
    shrunk = min(1.0, _PREVIEW_PX / max(view.width_px, view.height_px))
    return {
        "id": view.id,
        "clip": view.is_clip,
        "original": view.url(),
        "preview": view.url(Variant.PREVIEW),
        "previewWidth": round(view.width_px * shrunk),
        "width": view.width_px,
        "height": view.height_px,
        "poster": view.url(Variant.PREVIEW) if view.has_thumbnails else "",
        "blur": view.blur,
        "alt": alt_text(view),
        "download": download_url(view),
        **(_other_format(view) if view.is_clip else {}),
    }


def _other_format(view: MediaView) -> dict[str, str]:
    name, wanted = ("MP4", "mp4") if view.content_type == "video/webm" else ("WebM", "webm")
    return {"otherName": name, "other": f"{view.url()}?as={wanted}&download=1"}


def download_url(view: MediaView) -> str:
    """Where the browser saves the original instead of showing it."""
    return f"{view.url()}?download=1"


def facts_of(view: MediaView, *, model_name: str) -> list[tuple[str, str]]:
    """Names and values, in the order in which they are shown. The date is left to the browser, which knows the time zone."""
    facts = [("Model", model_name), ("Size", f"{view.width_px} × {view.height_px}")]
    if view.duration_ms is not None:
        facts.append(("Length", f"{view.duration_ms / 1000:.1f} s"))
    facts.append(("File", f"{file_type(view.content_type)}, {size_text(view.size_bytes)}"))
    if view.seed is not None:
        facts.append(("Seed", str(view.seed)))
    facts += [(name, str(view.settings[key])) for key, name in _SETTINGS.items() if view.settings.get(key)]
    facts.append(("Price", credits_text(view.price_credits)))
    return facts


def alt_text(view: MediaView) -> str:
    """The prompt, as the words for people who don't see the picture."""
    words = " ".join(view.prompt.split())
    cut = f"{words[: _LONGEST_ALT - 1]}…" if len(words) > _LONGEST_ALT else words
    return f"Clip: {cut}" if view.is_clip else cut


def total_text(count: int) -> str:
    """``1 file``, ``1,284 files``: pictures and clips alike."""
    return f"{count:,} file" + ("" if count == 1 else "s")


def delete_title(view: MediaView) -> str:
    """The question before it is gone."""
    return "Delete this clip?" if view.is_clip else "Delete this picture?"


def length_text(duration_ms: int) -> str:
    """``0:05``."""
    seconds = round(duration_ms / 1000)
    return f"{seconds // 60}:{seconds % 60:02}"


def size_text(size_bytes: int) -> str:
    """``84 KB``, ``2.4 MB``."""
    return f"{size_bytes / _MB:.1f} MB" if size_bytes >= _MB else f"{max(1, round(size_bytes / _KB))} KB"


def file_type(content_type: str) -> str:
    """``JPEG``, ``MP4``."""
    return "WebM" if content_type == "video/webm" else content_type.rpartition("/")[2].upper().replace("WEBP", "WebP")
