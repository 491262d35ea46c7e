"""``/verify``, for everybody: drop a file, read what it says about its origin."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import Request
from nicegui import ui

from nyx.theme import Site, Text, Viewer, asset, frame
from nyx.theme.icons import SPRITE

_TITLE = "Where does this file come from?"
_DESCRIPTION = (
    "Drop a picture or clip and read what it says about its origin: who signed it, whether an AI model made it, and if it was changed."
)
_NOTES = (
    (
        "What is read",
        "C2PA Content Credentials and the IPTC digital source type, in JPEG, PNG, WebP and MP4; in WebM the source type only.",
    ),
    ("What it proves", "A signature that holds proves that a file was not changed since. No signature proves nothing: it is easily lost."),
    ("What is kept", "Nothing. The file is read on this server, by no other, and deleted at once."),
)
_MAX_BYTES = 100 * 1024 * 1024


def register(*, site: Site, find_viewer: Callable[[Request], Awaitable[Viewer | None]]) -> None:
    """Add the page."""

    @ui.page("/verify")
    async def verify(request: Request) -> None:
        viewer = await find_viewer(request)
        with (
            frame("Verify a file", site=site, path="/verify", description=_DESCRIPTION, viewer=viewer, indexed=True),
            ui.element("div").classes("page verify"),
        ):
            with ui.element("div").classes("col"):
                Text("h1", _TITLE)
                Text("p", "Drop a picture or clip, and read what it says about itself.", classes="muted")
            _Desk()
            with ui.element("dl").classes("verify-notes"):
                for term, text in _NOTES:
                    with ui.element("div"):
                        Text("dt", term)
                        Text("dd", text)


class _Desk(ui.element, component="components/desk.js"):
    """Where a file is put down, and what was found."""

    def __init__(self) -> None:
        super().__init__()
        self._props.update({"sprite": asset(SPRITE), "address": "/api/verify", "mostBytes": _MAX_BYTES})
