"""One file large: the picture or clip, what it was made from, and the way to its neighbours."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from nyx.pages.gallery.words import facts_of, large
from nyx.services.media.views import MediaView
from nyx.theme import Dialog, Player, asset
from nyx.theme.icons import SPRITE

Step = Callable[[int], Awaitable[None]]


class Lightbox:
    """Built when first opened. ``on_step`` gets -1 (newer) or 1 (older); ``on_delete`` is asked for the file on show."""

    def __init__(self, *, on_step: Step, on_delete: Callable[[], None]) -> None:
        self._on_step = on_step
        self._on_delete = on_delete
        self._dialog = Dialog("Picture", variant="lightbox", on_close=self._forget)
        self._showcase: _Showcase | None = None
        self.shown_id: str | None = None

    def show(self, view: MediaView, *, model_name: str, place: str, neighbours: tuple[bool, bool]) -> None:
        """Show this file. ``place`` is the title, e.g. "Picture 3 of 128"; ``neighbours``: is there a newer, an older one."""
        if self._showcase is None:
            with self._dialog:
                self._showcase = _Showcase(on_step=self._on_step, on_delete=self._on_delete)
        self.shown_id = view.id
        self._dialog.set_label(place)
        self._showcase.show(view, model_name=model_name, neighbours=neighbours)
        self._dialog.open()

    def close(self) -> None:
        """Go back to the wall."""
        self._dialog.close()
        self._forget()

    def _forget(self) -> None:
        self.shown_id = None


class _Showcase(ui.element, component="components/showcase.js"):
    def __init__(self, *, on_step: Step, on_delete: Callable[[], None]) -> None:
        super().__init__()
        self._props["sprite"] = asset(SPRITE)
        self._props["view"] = {}
        with self:
            self._player = Player(autoplay=True)
        self.on("step", lambda event: self._step(event, on_step))
        self.on("delete", lambda _: on_delete(), [])

    def show(self, view: MediaView, *, model_name: str, neighbours: tuple[bool, bool]) -> None:
        has_newer, has_older = neighbours
        shown = large(view)
        if view.is_clip:
            self._player.set_source(
                shown["original"],
                label=shown["alt"],
                poster=shown["poster"],
                blur=view.blur,
                size_px=(view.width_px, view.height_px),
            )
        self._props["view"] = {
            **shown,
            "prompt": view.prompt,
            "facts": facts_of(view, model_name=model_name),
            "made": view.created_at.isoformat(),
            "newer": has_newer,
            "older": has_older,
        }

    async def _step(self, event: GenericEventArguments, on_step: Step) -> None:
        if event.args in (-1, 1):
            await on_step(event.args)

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        view = self._props["view"]
        values = [value for _, value in view.get("facts", [])]
        return [*super()._displayed_contents(only_visible=only_visible), view.get("prompt"), *values]
