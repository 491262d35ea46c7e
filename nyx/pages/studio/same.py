"""Says how much of exactly this was made before, and lets the person open it or make the rest, or all of it again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nicegui import context, ui

from nyx.pages._words import counted, credits_text
from nyx.services.generation.views import Draft, GenerationView, Repeat
from nyx.theme import Button, Dialog, Text

Drafts = tuple[Draft, ...]


class SameDialog:
    """Built when first opened. ``on_open`` gets the generations that are there, newest first.

    ``on_make`` gets what is wanted all the same, and the credits that the dialog said it costs.
    """

    def __init__(self, *, on_open: Callable[[Sequence[GenerationView]], None], on_make: Callable[[Drafts, int], object]) -> None:
        self._on_open = on_open
        self._on_make = on_make
        self._place = context.slot.parent
        self._dialog: Dialog | None = None

    def open(self, repeat: Repeat, made: Sequence[GenerationView], drafts: Drafts) -> None:
        """Ask about drafts of which ``made`` has something already."""
        if self._dialog is None:
            with self._place, Dialog("") as self._dialog:
                self._words = Text("p")
                self._actions = ui.element("div").classes("dialog-actions")
        self._dialog.set_label("You already made exactly this" if repeat.is_complete else "You already made some of this")
        self._words.set_text(said(repeat, made))
        self._show_actions(self._dialog, repeat, made, drafts)
        self._dialog.open()

    def _show_actions(self, dialog: Dialog, repeat: Repeat, made: Sequence[GenerationView], drafts: Drafts) -> None:
        def act(do: Callable[[], object]) -> object:
            dialog.close()
            return do()

        again = "Make another" if repeat.wanted == 1 else f"Make all {repeat.wanted}{' again' if repeat.is_complete else ''}"
        self._actions.clear()
        with self._actions:
            Button(again, on_click=lambda: act(lambda: self._on_make(drafts, repeat.all_credits)))
            if not repeat.is_complete:
                left = repeat.wanted - repeat.there
                others = "Make the other one" if left == 1 else f"Make the other {left}"
                Button(others, on_click=lambda: act(lambda: self._on_make(repeat.rest, repeat.rest_credits)))
            Button("Open it" if repeat.there == 1 else "Open them", kind="primary", on_click=lambda: act(lambda: self._on_open(made)))


def said(repeat: Repeat, made: Sequence[GenerationView]) -> str:
    """What is there, since when, and what making it costs."""
    noun = "clip" if made[0].makes_clips else "image"
    when = f"{made[0].created_at:%d %B %Y}"
    if repeat.wanted == 1:
        return (
            f"Model, prompt, seed and everything else are those of what you made on {when}. Opening it costs nothing."
            f" Another one is charged again, {credits_text(repeat.all_credits)}, and will look the same, or nearly so."
        )
    dated = f"made on {when}" if len(made) == 1 else f"the last of them made on {when}"
    if repeat.is_complete:
        return (
            f"All {counted(repeat.wanted, noun)} are there with the same seeds, {dated}. Opening them costs nothing."
            f" Made again they are charged again, {credits_text(repeat.all_credits)}, and will look the same, or nearly so."
        )
    return (
        f"{repeat.there} of these {counted(repeat.wanted, noun)} {'is' if repeat.there == 1 else 'are'} there with the same seed, {dated}."
        f" Opening costs nothing. The rest costs {credits_text(repeat.rest_credits)}, all of them {credits_text(repeat.all_credits)}."
    )
