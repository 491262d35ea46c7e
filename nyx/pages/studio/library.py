"""Prompts to begin with and one's own earlier ones, in a panel beside the prompt; on a phone it comes from below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from nicegui import ui
from nicegui.events import GenericEventArguments

from nyx.pages._feedback import feedback
from nyx.pages.studio.desk import PromptDesk
from nyx.services.prompts.views import LibraryPrompt, PastPrompt
from nyx.theme import asset
from nyx.theme.icons import SPRITE

PAGE = 30


class Use(Protocol):
    """Puts a prompt into the box."""

    def __call__(self, prompt: str, *, is_past: bool) -> None: ...


class Library:
    """Built when first opened; everything in it is read anew with every opening."""

    def __init__(self, desk: PromptDesk, *, place: ui.element, on_use: Use) -> None:
        self._desk = desk
        self._place = place
        self._on_use = on_use
        self._panel: LibraryPanel | None = None
        self._past: tuple[PastPrompt, ...] = ()
        self._query = ""

    async def open(self) -> None:
        """Show what to begin with."""
        await self._open("library")

    async def open_history(self) -> None:
        """Show what the person asked before."""
        await self._open("history")

    async def _open(self, tab: str) -> None:
        with feedback():
            prompts = await self._desk.library()
            await self._read("")
            if self._panel is None:
                with self._place:
                    self._panel = LibraryPanel(on_use=self._on_use, on_search=self._search, on_more=self._more).mark("library")
            self._panel.show_library(prompts)
            self._show_past()
            self._panel.open(tab)

    async def _search(self, query: str) -> None:
        with feedback():
            await self._read(query)
            self._show_past()

    async def _more(self) -> None:
        if not self._past:
            return
        with feedback():
            found = await self._desk.past(query=self._query, after=self._past[-1], limit=PAGE + 1)
            self._past = (*self._past, *found[:PAGE])
            self._has_more = len(found) > PAGE
            self._show_past()

    async def _read(self, query: str) -> None:
        self._query = query
        found = await self._desk.past(query=query, after=None, limit=PAGE + 1)
        if self._query == query:  # else something else is searched for by now
            self._past, self._has_more = found[:PAGE], len(found) > PAGE

    def _show_past(self) -> None:
        assert self._panel is not None
        self._panel.show_past(self._past, query=self._query, has_more=self._has_more)


class LibraryPanel(ui.element, component="components/prompt_library.js"):
    """``on_use`` gets a prompt that is shown; ``on_search`` the words to look for among the earlier ones."""

    def __init__(self, *, on_use: Use, on_search: Callable[[str], object], on_more: Callable[[], object]) -> None:
        super().__init__()
        self._on_use = on_use
        self._props.update({"prompts": [], "past": {"query": "", "items": [], "more": False}, "sprite": asset(SPRITE)})
        self.on("use", self._use)
        self.on("search", lambda event: on_search(event.args) if isinstance(event.args, str) else None)
        self.on("more", lambda _: on_more(), [])

    def open(self, tab: str) -> None:
        """Open it with one of its two lists in front: library or history."""
        self.run_method("open", tab)

    def show_library(self, prompts: Sequence[LibraryPrompt]) -> None:
        """Nothing is sent to the browser unless something changed."""
        items = [{"key": one.key, "category": one.category, "title": one.title, "prompt": one.prompt} for one in prompts]
        if items != self._props["prompts"]:
            self._props["prompts"] = items

    def show_past(self, past: Sequence[PastPrompt], *, query: str, has_more: bool) -> None:
        """What was found for ``query``."""
        items = [{"prompt": one.prompt, "about": _about(one)} for one in past]
        self._props["past"] = {"query": query, "items": items, "more": has_more}

    def _use(self, event: GenericEventArguments) -> None:
        """Take only what is offered, by its list and its place there: a browser may send anything."""
        tab, index = event.args if isinstance(event.args, list) and len(event.args) == 2 else ("", 0)
        lists = {"library": self._props["prompts"], "history": self._props["past"]["items"]}
        items = lists.get(tab, []) if isinstance(tab, str) else []
        if type(index) is int and 0 <= index < len(items):
            self._on_use(items[index]["prompt"], is_past=tab == "history")

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        words = [item["prompt"] for item in (*self._props["prompts"], *self._props["past"]["items"])]
        return [*super()._displayed_contents(only_visible=only_visible), *words]


def _about(past: PastPrompt) -> str:
    times = "once" if past.times == 1 else f"{past.times:,} times"
    return f"Asked {times}, last on {past.last_used_at:%d %b %Y}"
