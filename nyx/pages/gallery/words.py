"""What the gallery says about a file, its place, and itself. Pure."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from nyx.pages._cards import alt_text
from nyx.pages._words import credits_text, other_formats
from nyx.pages.gallery.address import Section, View
from nyx.services.media.library import TRASH_KEPT
from nyx.services.media.views import Figures, MediaView, Variant
from nyx.services.prompts.wildcards import literal

_PREVIEW_PX = 1024
_KB, _MB, _GB = 1_000, 1_000_000, 1_000_000_000
TRASH_NOTE = f"What you delete stays here for {TRASH_KEPT.days} days and can be restored. Then it is gone for good."
_SETTINGS = {"steps": "Steps", "guidance": "Guidance", "negative_prompt": "Without", "resolution": "Resolution"}


def large(view: MediaView) -> dict[str, Any]:
    """What the lightbox's component is fed for one file. Of what is in the trash there is no original to show."""
    shrunk = min(1.0, _PREVIEW_PX / max(view.width_px, view.height_px))
    in_trash = view.deleted_at is not None
    return {
        "id": view.id,
        "clip": view.is_clip and not in_trash,
        "original": "" if in_trash else view.url(),
        "preview": view.url(Variant.PREVIEW),
        "previewWidth": round(view.width_px * shrunk),
        "width": view.width_px,
        "height": view.height_px,
        "poster": view.url(Variant.PREVIEW) if view.has_thumbnails else "",
        "blur": view.blur,
        "alt": alt_text(view),
        "download": "" if in_trash else f"{view.url()}?download=1",
        "prompt": view.prompt,
        "made": view.created_at.isoformat(),
        "favourite": view.is_favourite,
        "trashed": in_trash,
        "formats": [] if in_trash else other_formats(view.url(), view.content_type),
        **(_other_format(view) if view.is_clip and not in_trash else {}),
        "links": [] if in_trash else _links(view),
        "studio": f"/studio/{view.capability}?{urlencode({'model': view.model_key, 'prompt': literal(view.prompt)})}",
    }


def _links(view: MediaView) -> list[dict[str, str]]:
    receipt = {"text": "Receipt", "icon": "receipt-text", "href": f"/dashboard/generations/{view.generation_id}"}
    if view.is_clip:
        return [receipt]
    edit = {"text": "Edit this picture", "icon": "pencil", "href": f"/studio/image-to-image?picture={view.id}"}
    animate = {"text": "Bring it to life", "icon": "clapperboard", "href": f"/studio/image-to-video?picture={view.id}"}
    return [edit, animate, receipt]


def _other_format(view: MediaView) -> dict[str, str]:
    name, wanted = ("MP4", "mp4") if view.content_type == "video/webm" else ("WebM", "webm")
    return {"otherName": name, "other": f"{view.url()}?as={wanted}&download=1"}


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
    if view.deleted_at is not None:
        last = view.deleted_at + TRASH_KEPT
        facts.append(("Can be restored until", f"{last:%b} {last.day}, {last.year}"))
    return facts


def place_text(view: MediaView, *, at: int, total: int | None) -> str:
    """``Picture 3 of 128``; ``Clip 3`` while nobody has counted."""
    place = f"{'Clip' if view.is_clip else 'Picture'} {at + 1:,}"
    return place if total is None else f"{place} of {max(total, at + 1):,}"


def total_text(count: int) -> str:
    """``1 file``, ``1,284 files``: pictures and clips alike."""
    return f"{count:,} file" + ("" if count == 1 else "s")


def storage_text(figures: Figures) -> str:
    """``3.2 GB used``."""
    return f"{size_text(figures.used_bytes)} used" if figures.used_bytes else ""


def trashed_text(count: int) -> str:
    """What the undo line says."""
    return f"{total_text(count)} moved to the trash."


def nothing_text(view: View) -> tuple[str, str]:
    """Title and sentence of a view that has nothing to show."""
    if view.is_narrowed:
        return "Nothing found", "No prompt and no file of yours fits. Try fewer words or other filters."
    return _NOTHING[view.section]


def size_text(size_bytes: int) -> str:
    """``84 KB``, ``2.4 MB``, ``3.2 GB``."""
    if size_bytes >= _GB:
        return f"{size_bytes / _GB:.1f} GB"
    return f"{size_bytes / _MB:.1f} MB" if size_bytes >= _MB else f"{max(1, round(size_bytes / _KB))} KB"


def file_type(content_type: str) -> str:
    """``JPEG``, ``MP4``."""
    return "WebM" if content_type == "video/webm" else content_type.rpartition("/")[2].upper().replace("WEBP", "WebP")


_NOTHING = {
    Section.ALL: ("Nothing here yet", "Every picture and clip that you make is kept here, and only you can see it."),
    Section.FAVOURITES: ("No favourites yet", "Press the heart of a picture or clip, and it is here too."),
    Section.COLLECTIONS: ("No collections yet", "A collection keeps together what belongs together, and can be shared as a page."),
    Section.COLLECTION: ("Nothing in this collection yet", "Choose pictures and clips in the gallery and add them, or drag them in."),
    Section.TRASH: ("The trash is empty", TRASH_NOTE),
}
assert _NOTHING.keys() == set(Section), "every section says what it is when it is empty"
