"""Words that every screen writes the same way. Pure."""

from __future__ import annotations

from nyx.services.media.formats import PICTURES

_FORMATS = {"png": "PNG", "jpeg": "JPEG", "webp": "WebP"}


def credits_text(credits: int) -> str:
    """``1 credit``, ``1,284 credits``."""
    return f"{credits:,} credit" + ("" if credits == 1 else "s")


def counted(count: int, noun: str) -> str:
    """``1 image``, ``4 images``: for nouns that take an s."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def other_formats(address: str, content_type: str) -> list[tuple[str, str]]:
    """What else a picture can be downloaded as, and where; ``address`` is that of its original. Empty for a clip."""
    if not content_type.startswith("image/"):
        return []
    return [(_FORMATS[name], f"{address}?as={name}&download=1") for name, other in PICTURES.items() if other != content_type]
