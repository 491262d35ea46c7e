"""What every wall of pictures is told about a file. Pure."""

from __future__ import annotations

from typing import Any

from nyx.services.media.views import MediaView

LONGEST_ALT = 300
_NARROWEST, _WIDEST = 0.56, 2.4  # beyond these a card is cropped, so that a row never has a sliver or a banner


def card(view: MediaView) -> dict[str, Any]:
    """One card. Addresses are left to the component, which knows from where it is shown; ``thumb``: whether there is one."""
    return {
        "id": view.id,
        "alt": alt_text(view),
        "ratio": round(min(_WIDEST, max(_NARROWEST, view.width_px / view.height_px)), 4),
        "blur": view.blur,
        "length": length_text(view.duration_ms) if view.duration_ms is not None else "",
        "thumb": view.has_thumbnails,
        "favourite": view.is_favourite,
    }


def alt_text(view: MediaView) -> str:
    """The prompt, as the words for people who don't see the picture."""
    words = " ".join(view.prompt.split())
    cut = f"{words[: LONGEST_ALT - 1]}…" if len(words) > LONGEST_ALT else words
    return f"Clip: {cut}" if view.is_clip else cut


def length_text(duration_ms: int) -> str:
    """``0:05``."""
    seconds = round(duration_ms / 1000)
    return f"{seconds // 60}:{seconds % 60:02}"
