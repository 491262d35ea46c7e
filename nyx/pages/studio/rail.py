"""The tools of the studio and the way to what they made: real destinations alone."""

from __future__ import annotations

from nicegui import ui

from nyx.theme import icon_markup

_PLACES = (("/studio/text-to-image", "text-to-image", "Text to image"), ("/dashboard/gallery", "images", "Gallery"))


def rail() -> None:
    """Static, hence one element."""
    current = _PLACES[0][0]
    links = "".join(
        f'<a href="{href}"{" aria-current=page" if href == current else ""}>{icon_markup(icon)}<span>{text}</span></a>'
        for href, icon, text in _PLACES
    )
    ui.html(links, sanitize=False, tag="nav").classes("rail").props["aria-label"] = "Studio tools"
