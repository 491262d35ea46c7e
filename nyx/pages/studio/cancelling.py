"""Asks what cancelling should mean, with its effect on the credits said before."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import context, ui

from nyx.pages.studio.words import cancel_words, has_been_sent
from nyx.services.generation.views import GenerationView
from nyx.theme import Button, Dialog, Text


class CancelDialog:
    """Built when first opened. ``on_cancel`` gets the generation's id and whether to keep what still arrives, for its price."""

    def __init__(self, *, on_cancel: Callable[[str, bool], object]) -> None:
        self._on_cancel = on_cancel
        self._place = context.slot.parent
        self._dialog: Dialog | None = None
        self._run: GenerationView | None = None

    def open(self, run: GenerationView) -> None:
        """Ask about one open generation."""
        if self._dialog is None:
            with self._place, Dialog("Cancel this generation?") as self._dialog:
                self._build(self._dialog)
        self._run = run
        sent = has_been_sent(run)
        self._words.set_text(cancel_words(run))
        self._keep.set_visibility(sent)
        self._drop.set_text("Let it go, nothing is charged" if sent else "Cancel it")
        self._dialog.open()

    def _build(self, dialog: Dialog) -> None:
        self._words = Text("p")
        with ui.element("div").classes("dialog-actions choices"):
            self._keep = Button("Keep what still arrives, for its price", on_click=lambda: self._choose(keep_late=True))
            self._drop = Button("Cancel it", kind="danger", on_click=lambda: self._choose(keep_late=False))
            Button("Go on generating", kind="ghost", on_click=dialog.close)

    def _choose(self, *, keep_late: bool) -> object:
        assert self._dialog is not None
        assert self._run is not None
        self._dialog.close()
        return self._on_cancel(self._run.id, keep_late)
