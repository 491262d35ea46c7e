"""The button that empties the trash, and the question before it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui

from nyx.pages._feedback import feedback
from nyx.pages.gallery.words import total_text
from nyx.services.media.library import MediaLibrary
from nyx.theme import Button, Dialog, Text, toast


class EmptyTrash:
    """``on_done`` is called when the trash is empty."""

    def __init__(self, library: MediaLibrary, *, owner_id: str, on_done: Callable[[], Awaitable[None]]) -> None:
        self._library = library
        self._owner_id = owner_id
        self._on_done = on_done
        self._button = Button("Empty the trash", size="sm", kind="danger", icon="trash-2", on_click=self._ask)
        self._dialog = Dialog("Empty the trash?")
        with self._dialog:
            Text("p", "What is in it is gone for good and can't be brought back. The credits that it cost stay spent.")
            with ui.element("div").classes("dialog-actions"):
                Button("Keep it", kind="ghost", on_click=self._dialog.close)
                Button("Delete for good", kind="danger", icon="trash-2", on_click=self._empty)

    def set_count(self, count: int) -> None:
        """Hide the button when there is nothing to empty."""
        self._button.set_visibility(count > 0)

    def _ask(self) -> None:
        self._dialog.open()

    async def _empty(self) -> None:
        self._dialog.close()
        with feedback():
            count = await self._library.empty_trash(owner_id=self._owner_id)
            toast(f"{total_text(count)} deleted for good.", kind="positive")
            await self._on_done()
