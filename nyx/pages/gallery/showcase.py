"""One file large: the picture or clip, what it was made from, what can be done with it, and the way to its neighbours."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from nyx.pages.gallery.choices import Act, ids_of
from nyx.pages.gallery.words import facts_of, large
from nyx.services.media.views import MediaView
from nyx.theme import Dialog, Player, asset
from nyx.theme.icons import SPRITE


@dataclass(frozen=True, kw_only=True)
class Presses:
    """What the lightbox asks for: a neighbour (-1 newer, 1 older), something done to what it shows, a relative of it, a link to it."""

    on_step: Callable[[int], None]
    on_act: Callable[[Act], Awaitable[None]]
    on_related: Callable[[str], Awaitable[None]]
    on_share: Callable[[], Awaitable[None]]


class Lightbox:
    """Built when first opened."""

    def __init__(self, presses: Presses) -> None:
        self._presses = presses
        self._dialog = Dialog("Picture", variant="lightbox", on_close=self.forget)
        self._showcase: Showcase | None = None
        self.shown_id: str | None = None

    def show(
        self, view: MediaView, *, model_name: str, place: str, neighbours: tuple[bool, bool], lineage: list[dict[str, Any]] | None = None
    ) -> None:
        """Show this file. ``place`` is the title, e.g. "Picture 3 of 128"; ``neighbours``: is there a newer, an older one."""
        if self._showcase is None:
            with self._dialog:
                self._showcase = Showcase(self._presses)
        self.shown_id = view.id
        self._dialog.set_label(place)
        self._showcase.show(view, model_name=model_name, neighbours=neighbours, lineage=lineage or [])
        self._dialog.open()

    def update(self, **changes: object) -> None:
        """Correct what is said about the file on show."""
        if self._showcase is not None:
            self._showcase.update_view(changes)

    def close(self) -> None:
        """Go back to the wall."""
        self._dialog.close()
        self.forget()

    def forget(self) -> None:
        """What is on show is no longer there; something else will be, in a moment."""
        self.shown_id = None


class Showcase(ui.element, component="components/showcase.js"):
    """The inside of the lightbox."""

    def __init__(self, presses: Presses) -> None:
        super().__init__()
        self._props["sprite"] = asset(SPRITE)
        self._props["view"] = {}
        with self:
            self._player = Player(autoplay=True)
        self.on("step", lambda event: self._stepped(event, presses))
        self.on("trash", lambda _: presses.on_act(Act.TRASH), [])
        self.on("restore", lambda _: presses.on_act(Act.RESTORE), [])
        self.on("favour", lambda event: presses.on_act(Act.FAVOUR if event.args is True else Act.UNFAVOUR))
        self.on("share", lambda _: presses.on_share(), [])
        self.on("related", lambda event: self._related(event, presses))

    def show(self, view: MediaView, *, model_name: str, neighbours: tuple[bool, bool], lineage: list[dict[str, Any]]) -> None:
        """Show another file."""
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
        facts = facts_of(view, model_name=model_name)
        self._props["view"] = {**shown, "facts": facts, "newer": has_newer, "older": has_older, "lineage": lineage}

    def update_view(self, changes: dict[str, object]) -> None:
        """Correct some of what is shown."""
        self._props["view"] = {**self._props["view"], **changes}

    def _stepped(self, event: GenericEventArguments, presses: Presses) -> None:
        if event.args in (-1, 1):
            presses.on_step(event.args)

    async def _related(self, event: GenericEventArguments, presses: Presses) -> None:
        for media_id in ids_of([event.args]):
            await presses.on_related(media_id)

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        view = self._props["view"]
        values = [value for _, value in view.get("facts", [])]
        return [*super()._displayed_contents(only_visible=only_visible), view.get("prompt"), *values]
