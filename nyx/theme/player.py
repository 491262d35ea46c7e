"""The player of clips: one element with controls of our own, which needs no server once it has its source."""

from __future__ import annotations

from typing import Any, Self

from nicegui import ui

from nyx.theme.assets import asset
from nyx.theme.icons import SPRITE


class Player(ui.element, component="components/player.js"):
    """Plays one clip at a time. ``autoplay`` begins without sound, and never for who wants less motion. ``loop`` is how it starts."""

    def __init__(self, *, autoplay: bool = False, loop: bool = True) -> None:
        super().__init__()
        self._props.update({"sprite": asset(SPRITE), "autoplay": autoplay, "repeat": loop, "clip": {}})

    def set_source(
        self,
        src: str,
        *,
        label: str,
        poster: str = "",
        blur: str = "",
        download: str = "",
        size_px: tuple[int, int] | None = None,
    ) -> Self:
        """Show another clip. ``label`` says what is to be seen, ``download`` is the address of a button, ``size_px`` keeps its place."""
        width, height = size_px or (16, 9)
        clip = {"src": src, "label": label, "poster": poster, "blur": blur, "download": download, "width": width, "height": height}
        if clip != self._props["clip"]:
            self._props["clip"] = clip
        return self

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        return [*super()._displayed_contents(only_visible=only_visible), self._props["clip"].get("label")]
