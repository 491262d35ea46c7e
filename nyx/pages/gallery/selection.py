"""What can be done with several cards at once, and the line that takes a deletion back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from nyx.pages.gallery.address import PATH, Section, View
from nyx.pages.gallery.choices import Choice, act_of
from nyx.services.media.views import CollectionView
from nyx.theme import asset
from nyx.theme.icons import SPRITE


class Selection(ui.element, component="components/selection.js"):
    """The bar for what is chosen, and the owner's collections to drop it on."""

    def __init__(self, view: View, *, on_act: Callable[[Choice], Awaitable[None]]) -> None:
        super().__init__()
        self._props.update(
            {
                "sprite": asset(SPRITE),
                "path": PATH,
                "collections": [],
                "here": view.collection_id or "",
                "trash": view.section is Section.TRASH,
            }
        )
        self.on("act", lambda event: self._acted(event, on_act))

    def show(self, collections: Iterable[CollectionView]) -> None:
        """Offer these collections."""
        offered = [{"id": one.id, "name": one.name, "count": one.count} for one in collections]
        if offered != self._props["collections"]:
            self._props["collections"] = offered

    async def _acted(self, event: GenericEventArguments, on_act: Callable[[Choice], Awaitable[None]]) -> None:
        choice = act_of(event.args)
        if choice is not None:
            await on_act(choice)

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        return [*super()._displayed_contents(only_visible=only_visible), *[one["name"] for one in self._props["collections"]]]


class Undo(ui.element, component="components/undo.js"):
    """Says what was moved to the trash; ``on_undo`` gets those ids once, when the person presses Undo."""

    def __init__(self, *, on_undo: Callable[[tuple[str, ...]], Awaitable[None]]) -> None:
        super().__init__()
        self._ids: tuple[str, ...] = ()
        self._number = 0
        self._props["line"] = {"words": "", "number": 0}
        self.on("undo", lambda _: self._undo(on_undo), [])

    def offer(self, words: str, media_ids: tuple[str, ...]) -> None:
        """Show the line in place of the one before."""
        self._ids = media_ids
        self._number += 1
        self._props["line"] = {"words": words, "number": self._number}

    async def _undo(self, on_undo: Callable[[tuple[str, ...]], Awaitable[None]]) -> None:
        ids, self._ids = self._ids, ()
        if ids:
            await on_undo(ids)

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        return [*super()._displayed_contents(only_visible=only_visible), self._props["line"]["words"]]
