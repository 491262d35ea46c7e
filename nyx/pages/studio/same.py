"""Says that exactly this was made before, and lets the person open it or make another."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import context, ui

from nyx.services.generation.views import Draft, GenerationView
from nyx.theme import Button, Dialog, Text


class SameDialog:
    """Built when first opened. ``on_open`` gets the generation that is there; ``on_another`` the draft that was held back."""

    def __init__(self, *, on_open: Callable[[GenerationView], None], on_another: Callable[[Draft], object]) -> None:
        self._on_open = on_open
        self._on_another = on_another
        self._place = context.slot.parent
        self._dialog: Dialog | None = None

    def open(self, made: GenerationView, draft: Draft) -> None:
        """Ask about one draft that asks for what ``made`` is."""
        if self._dialog is None:
            with self._place, Dialog("You already made exactly this") as self._dialog:
                self._build(self._dialog)
        self._made, self._draft = made, draft
        self._words.set_text(
            f"Model, prompt, seed and everything else are those of what you made on {made.created_at:%d %B %Y}."
            " Opening it costs nothing. Another one is charged again and will look the same, or nearly so."
        )
        self._dialog.open()

    def _build(self, dialog: Dialog) -> None:
        self._words = Text("p")
        with ui.element("div").classes("dialog-actions"):
            Button("Make another", on_click=lambda: self._close(dialog, is_another=True))
            Button("Open it", kind="primary", on_click=lambda: self._close(dialog, is_another=False))

    def _close(self, dialog: Dialog, *, is_another: bool) -> object:
        dialog.close()
        return self._on_another(self._draft) if is_another else self._on_open(self._made)
