"""The wall of cards: one element, fed page by page; it holds rows in the browser only where one looks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from nyx.pages._cards import card
from nyx.pages.gallery.address import Section, View
from nyx.pages.gallery.choices import Act, Choice, act_of, ids_of
from nyx.services.media.views import MediaPage, MediaView
from nyx.theme import asset
from nyx.theme.icons import SPRITE


@dataclass(frozen=True)
class Place:
    """Which card was opened: its number on the wall, and whether there is one before and after it."""

    media_id: str
    at: int
    has_newer: bool
    has_older: bool


class Wall(ui.element, component="components/wall.js"):
    """The cards of one view. What the browser says is checked here and trusted nowhere."""

    def __init__(
        self,
        *,
        on_open: Callable[[Place], Awaitable[None]],
        on_more: Callable[[str], Awaitable[None]],
        on_check: Callable[[Sequence[str]], Awaitable[None]],
        on_act: Callable[[Choice], Awaitable[None]],
    ) -> None:
        super().__init__()
        self._head: list[dict[str, Any]] = []
        self._props.update({"sprite": asset(SPRITE), "first": {"items": [], "after": None}})
        self.on("open", lambda event: self._opened(event, on_open))
        self.on("more", lambda event: self._asked(event, on_more))
        self.on("check", lambda event: self._checked(event, on_check))
        self.on("act", lambda event: self._acted(event, on_act))

    def show(self, view: View, page: MediaPage) -> None:
        """Begin anew with the first page of a view."""
        self._head = [card(one) for one in page.items]
        self._props.update(
            {
                "first": {"items": self._head, "after": page.after},
                "endless": not view.in_pages,
                "trash": view.section is Section.TRASH,
                "newest": not view.oldest_first and view.after is None,
                "base": view.following(None),
            }
        )

    @property
    def head_ids(self) -> frozenset[str]:
        """What the browser knows of the first page."""
        return frozenset(one["id"] for one in self._head)

    def append(self, page: MediaPage, *, after: str) -> None:
        """Put the page that begins at ``after`` behind what is there."""
        self.run_method("append", {"items": [card(one) for one in page.items], "after": page.after, "asked": after})

    def merge(self, *, changed: Iterable[MediaView] = (), gone: Iterable[str] = (), head: MediaPage | None = None) -> None:
        """Replace what is known of some, take some away, and begin with ``head``, the first page as it is now.

        Nothing is sent when the browser knows it all.
        """
        fresh, lost = [card(one) for one in changed], list(gone)
        begins = self._head if head is None else [card(one) for one in head.items]
        is_new = head is not None and begins != self._head
        if head is None:
            known = {one["id"]: one for one in fresh}
            begins = [known.get(one["id"], one) for one in self._head if one["id"] not in lost]
        self._head = begins
        if fresh or lost or is_new:
            after = head.after if head is not None else None
            self.run_method("merge", {"changed": fresh, "gone": lost, "head": begins if is_new else [], "after": after})

    def check(self) -> None:
        """Ask the browser what it shows: it may have missed something."""
        self.run_method("check")

    def fail(self) -> None:
        """The next page, or another view, could not be read; the person may try again."""
        self.run_method("fail")

    def step(self, step: int) -> None:
        """Open the neighbour of the card that is open."""
        self.run_method("step", step)

    def next(self) -> None:
        """Open what has come to the place of the card that was open."""
        self.run_method("next")

    def download(self, address: str) -> None:
        """Let the browser fetch a file, beside the page."""
        self.run_method("download", address)

    async def _opened(self, event: GenericEventArguments, on_open: Callable[[Place], Awaitable[None]]) -> None:
        match event.args:
            case {"id": str(media_id), "at": int(at), "newer": bool(newer), "older": bool(older)} if at >= 0:
                await on_open(Place(media_id, at, newer, older))

    async def _asked(self, event: GenericEventArguments, on_more: Callable[[str], Awaitable[None]]) -> None:
        if isinstance(event.args, str):
            await on_more(event.args)

    async def _checked(self, event: GenericEventArguments, on_check: Callable[[Sequence[str]], Awaitable[None]]) -> None:
        ids = ids_of(event.args)
        if ids:
            await on_check(ids)

    async def _acted(self, event: GenericEventArguments, on_act: Callable[[Choice], Awaitable[None]]) -> None:
        choice = act_of(event.args)
        if choice is not None and choice.act in (Act.TRASH, Act.FAVOUR):
            await on_act(choice)

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        return [*super()._displayed_contents(only_visible=only_visible), *[item["alt"] for item in self._head]]
