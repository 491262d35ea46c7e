"""Icons from the one sprite and marks of model makers; both take the colour of the text around them."""

from __future__ import annotations

import re
from functools import cache

from nicegui import ui

from nyx.theme.assets import ASSETS_DIR, asset

SPRITE = "icons/sprite.svg"
# Families whose mark has another name: Wan is Alibaba's, and some families carry their product beside the maker.
_MARK_OF_FAMILY = {"wan-ai": "alibaba", "kuaishou-kling": "kling", "qwen-alibaba": "qwen", "minimax-hailuo": "minimax"}
_NEUTRAL_MARK = "neutral"


@cache
def icon_names() -> frozenset[str]:
    """Return every name that ``icon`` accepts."""
    return frozenset(re.findall(r'<symbol id="([a-z0-9-]+)"', (ASSETS_DIR / SPRITE).read_text("utf-8")))


@cache
def icon_markup(name: str) -> str:
    """Return a decorative icon as trusted markup, for static stretches. Raises: ValueError for a name not in the sprite."""
    if name not in icon_names():
        raise ValueError(f"There is no icon {name!r} in {SPRITE}.")
    return f'<svg class="i" aria-hidden="true" focusable="false"><use href="{asset(SPRITE)}#{name}"></use></svg>'


def icon(name: str, *, classes: str = "") -> ui.html:
    """Show a decorative icon as one element; the words beside it carry the meaning."""
    return ui.html(icon_markup(name), sanitize=False, tag="span").classes(f"ic {classes}")


@cache
def mark_markup(family: str) -> str:
    """Return the mark of a catalogue family as trusted markup; a family without a mark of its own gets the neutral one."""
    slug = re.sub(r"[^a-z0-9]+", "-", family.lower()).strip("-")
    slug = _MARK_OF_FAMILY.get(slug, slug)
    if not (ASSETS_DIR / "marks" / f"{slug}.svg").is_file():
        slug = _NEUTRAL_MARK
    return f'<svg class="mark" aria-hidden="true" focusable="false"><use href="{asset(f"marks/{slug}.svg")}#mark"></use></svg>'


def mark(family: str, *, classes: str = "") -> ui.html:
    """Show the mark of a model's family as one decorative element."""
    return ui.html(mark_markup(family), sanitize=False, tag="span").classes(f"ic {classes}")
