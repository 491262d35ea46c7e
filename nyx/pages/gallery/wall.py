"""The wall of cards: one element per stretch of files, so that showing more sends only what is new."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from nyx.pages.gallery.words import card
from nyx.services.media.views import MediaView
from nyx.theme import asset
from nyx.theme.icons import SPRITE

_LONGEST_STRETCH = 96

Place = tuple[datetime, str]
Choose = Callable[[str], Awaitable[None]]


def place_of(view: MediaView) -> Place:
    """Where a file stands in the order; newest first means largest first."""
    return view.created_at, view.id


class Stretch(ui.element, component="components/stretch.js"):
    """Consecutive files of the wall. ``on_choose`` gets the id of one of them."""

    def __init__(self, views: Iterable[MediaView], *, on_choose: Choose) -> None:
        super().__init__()
        self._views = {view.id: view for view in views}
        self._props["sprite"] = asset(SPRITE)
        self._props["items"] = self._cards()
        self.on("choose", lambda event: self._choose(event, on_choose))

    @property
    def views(self) -> list[MediaView]:
        """Newest first."""
        return sorted(self._views.values(), key=place_of, reverse=True)

    def holds(self, media_id: str) -> bool:
        """Whether it is one of these."""
        return media_id in self._views

    def put(self, views: Iterable[MediaView]) -> None:
        """Add files or replace what is known of them; nothing is sent to the browser unless something changed."""
        self._views |= {view.id: view for view in views}
        self._show()

    def drop(self, media_id: str) -> None:
        """Take one away."""
        if self._views.pop(media_id, None) is not None:
            self._show()

    def _show(self) -> None:
        cards = self._cards()
        if cards != self._props["items"]:
            self._props["items"] = cards

    def _cards(self) -> list[dict[str, Any]]:
        return [card(view) for view in self.views]

    async def _choose(self, event: GenericEventArguments, on_choose: Choose) -> None:
        """Take only what is offered: a browser may send anything."""
        if isinstance(event.args, str) and event.args in self._views:
            await on_choose(event.args)

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        return [*super()._displayed_contents(only_visible=only_visible), *[item["alt"] for item in self._props["items"]]]


class Wall(ui.element):
    """Every file that is loaded so far, in order."""

    def __init__(self, *, on_choose: Choose) -> None:
        super().__init__("div")
        self.classes("wall")
        self._on_choose = on_choose
        self._stretches: list[Stretch] = []

    @property
    def ids(self) -> list[str]:
        """Newest first."""
        return [view.id for stretch in self._stretches for view in stretch.views]

    @property
    def end(self) -> Place | None:
        """Where the next page begins; None for an empty wall."""
        views = [view for stretch in reversed(self._stretches) for view in stretch.views[-1:]]
        return place_of(views[0]) if views else None

    def knows(self, media_id: str) -> bool:
        """Whether it is on the wall."""
        return self._stretch_of(media_id) is not None

    def append(self, views: Iterable[MediaView]) -> None:
        """Put older files at the end."""
        fresh = [view for view in views if not self.knows(view.id)]
        if fresh:
            self._add(fresh, at=len(self._stretches))

    def insert(self, views: Iterable[MediaView]) -> None:
        """Put each file where it belongs, and replace what is known of those that are there."""
        newest: list[MediaView] = []
        known: dict[Stretch, list[MediaView]] = {}
        for view in views:
            stretch = self._stretch_of(view.id) or self._stretch_around(view)
            known.setdefault(stretch, []).append(view) if stretch else newest.append(view)
        for stretch, changed in known.items():
            stretch.put(changed)
        if not newest:
            return
        if self._stretches and len(self._stretches[0].views) < _LONGEST_STRETCH:
            self._stretches[0].put(newest)
        else:
            self._add(newest, at=0)

    def drop(self, media_id: str) -> None:
        """Take one away."""
        stretch = self._stretch_of(media_id)
        if stretch is not None:
            stretch.drop(media_id)

    def keep_only(self, views: Iterable[MediaView], *, down_to: Place | None) -> None:
        """Take away what is not among these, from the newest down to a place, or to the end."""
        kept = {view.id for view in views}
        for stretch in self._stretches:
            for view in stretch.views:
                if view.id not in kept and (down_to is None or place_of(view) >= down_to):
                    stretch.drop(view.id)

    def _add(self, views: list[MediaView], *, at: int) -> None:
        with self:
            stretch = Stretch(views, on_choose=self._on_choose)
        stretch.move(target_index=at)
        self._stretches.insert(at, stretch)

    def _stretch_around(self, view: MediaView) -> Stretch | None:
        """Where a file belongs that is older than the newest one; None for what is newer than all."""
        filled = [stretch for stretch in self._stretches if stretch.views]
        if not filled or place_of(view) > place_of(filled[0].views[0]):
            return None
        return next((stretch for stretch in filled if place_of(stretch.views[-1]) < place_of(view)), filled[-1])

    def _stretch_of(self, media_id: str) -> Stretch | None:
        return next((stretch for stretch in self._stretches if stretch.holds(media_id)), None)


class More(ui.element, component="components/more.js"):
    """Asks for the next page when pressed, or when it comes into view."""

    def __init__(self, *, on_more: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self.on("more", lambda _: on_more(), [])

    def set_busy(self, busy: bool) -> None:
        """Say that the next page is on its way."""
        self._props.set_bool("busy", busy)
