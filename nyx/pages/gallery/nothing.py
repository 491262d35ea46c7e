"""Says why a view shows nothing, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from nyx.pages.gallery.address import Section, View
from nyx.pages.gallery.words import nothing_text
from nyx.theme import Button, LinkButton, Text, icon

_STUDIO = "/studio/text-to-image"


class Nothing:
    """Hidden until ``show`` gets the view that is empty. ``on_clear`` is called when everything is to be shown again."""

    def __init__(self, *, on_clear: Callable[[], object]) -> None:
        with ui.element("div").classes("gallery-empty") as self._box, ui.element("div").classes("empty"):
            icon("images")
            self._title = Text("h2")
            self._sentence = Text("p")
            self._link = LinkButton("Make your first picture", href=_STUDIO, icon="sparkles", kind="primary")
            self._clear = Button("Clear filters", icon="x", on_click=on_clear)
        self._box.set_visibility(False)

    def show(self, view: View | None) -> None:
        """Say it for this view; None hides it."""
        self._box.set_visibility(view is not None)
        if view is not None:
            title, sentence = nothing_text(view)
            self._title.set_text(title)
            self._sentence.set_text(sentence)
            self._link.set_visibility(view.section is Section.ALL and not view.is_narrowed)
            self._clear.set_visibility(view.is_narrowed)
