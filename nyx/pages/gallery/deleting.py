"""Asks once more before a file is deleted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import context, ui

from nyx.pages.gallery.words import delete_title
from nyx.services.media.views import MediaView
from nyx.theme import Button, Dialog, Text


class DeleteDialog:
    """Built when first opened. ``on_delete`` gets the id of the file that shall go."""

    def __init__(self, *, on_delete: Callable[[str], Awaitable[None]]) -> None:
        self._on_delete = on_delete
        self._place = context.slot.parent
        self._dialog: Dialog | None = None
        self._media_id = ""

    def open(self, view: MediaView) -> None:
        """Ask about one file."""
        if self._dialog is None:
            with self._place, Dialog("") as self._dialog:
                Text("p", "It leaves your gallery at once and can't be brought back. The credits that it cost stay spent.")
                with ui.element("div").classes("dialog-actions"):
                    Button("Keep it", kind="ghost", on_click=self._dialog.close)
                    Button("Delete it", kind="danger", icon="trash-2", on_click=self._delete)
        self._media_id = view.id
        self._dialog.set_label(delete_title(view))
        self._dialog.open()

    def close(self) -> None:
        """Ask no more."""
        if self._dialog is not None:
            self._dialog.close()

    async def _delete(self) -> None:
        self.close()
        await self._on_delete(self._media_id)
