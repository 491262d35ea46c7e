"""The line above the wall: the tabs, the search in prompts, the filters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from nyx.pages.gallery.address import PATH, Section, View
from nyx.theme import asset
from nyx.theme.icons import SPRITE

_TABS = (
    (Section.ALL, "All", "images"),
    (Section.FAVOURITES, "Favourites", "heart"),
    (Section.COLLECTIONS, "Collections", "layout-grid"),
    (Section.TRASH, "Trash", "trash-2"),
)


class Toolbar(ui.element, component="components/toolbar.js"):
    """``on_query`` gets what the filters say now, as the parameters of an address."""

    def __init__(self, view: View, *, models: Mapping[str, str], on_query: Callable[[Mapping[str, str]], Awaitable[None]]) -> None:
        super().__init__()
        lit = Section.COLLECTIONS if view.section is Section.COLLECTION else view.section
        self._props.update(
            {
                "sprite": asset(SPRITE),
                "path": PATH,
                "tabs": [{"text": text, "icon": icon, "href": View(section=tab).address(), "on": tab is lit} for tab, text, icon in _TABS],
                "filters": view.section is not Section.COLLECTIONS,
                "models": [{"key": key, "name": name} for key, name in models.items()],
                "kept": {name: value for name, value in view.params().items() if name in ("tab", "collection")},
            }
        )
        self.show(view)
        self.on("query", lambda event: self._asked(event, on_query))

    def show(self, view: View) -> None:
        """Have the filters say what this view is narrowed to."""
        self._props["asked"] = view.params()

    def clear_filters(self) -> None:
        """Empty the search and every filter, as its own button does; ``on_query`` is told."""
        self.run_method("clear")

    async def _asked(self, event: GenericEventArguments, on_query: Callable[[Mapping[str, str]], Awaitable[None]]) -> None:
        if isinstance(event.args, dict):
            await on_query({name: value for name, value in event.args.items() if isinstance(name, str) and isinstance(value, str)})

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        return [*super()._displayed_contents(only_visible=only_visible), *[tab["text"] for tab in self._props["tabs"]]]
