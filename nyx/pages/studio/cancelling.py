"""Asks what cancelling should mean, with its effect on the credits said before; one generation, or all that are open."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from nicegui import context, ui

from nyx.errors import Conflict, NyxError
from nyx.pages.studio.words import can_cancel, cancel_all_words, cancel_words, has_been_sent
from nyx.services.generation.views import GenerationView
from nyx.theme import Button, Dialog, Text

CancelOne = Callable[[str], Awaitable[GenerationView]]


class CancelDialog:
    """Built when first opened.

    ``on_cancel`` gets the generation's id and whether to keep what still arrives, for its price; ``on_cancel_all`` the generations.
    """

    def __init__(self, *, on_cancel: Callable[[str, bool], object], on_cancel_all: Callable[[tuple[GenerationView, ...]], object]) -> None:
        self._on_cancel = on_cancel
        self._on_cancel_all = on_cancel_all
        self._place = context.slot.parent
        self._dialog: Dialog | None = None
        self._run: GenerationView | None = None
        self._all: tuple[GenerationView, ...] = ()

    def open(self, run: GenerationView, runs: Sequence[GenerationView] = ()) -> None:
        """Ask about one open generation; ``runs`` are all that there are, to offer cancelling every open one."""
        if self._dialog is None:
            with self._place, Dialog("Cancel this generation?") as self._dialog:
                self._build(self._dialog)
        self._run = run
        self._all = tuple(one for one in runs if can_cancel(one))
        sent = has_been_sent(run)
        self._words.set_text(cancel_words(run))
        self._keep.set_visibility(sent)
        self._drop.set_text("Let it go, nothing is charged" if sent else "Cancel it")
        self._show_all(is_offered=len(self._all) > 1)
        self._dialog.open()

    def _show_all(self, *, is_offered: bool) -> None:
        self._all_words.set_visibility(is_offered)
        self._all_button.set_visibility(is_offered)
        if is_offered:
            self._all_words.set_text(cancel_all_words(self._all))
            self._all_button.set_text(f"Cancel all {len(self._all)}")

    def _build(self, dialog: Dialog) -> None:
        self._words = Text("p")
        with ui.element("div").classes("dialog-actions choices"):
            self._keep = Button("Keep what still arrives, for its price", on_click=lambda: self._choose(keep_late=True))
            self._drop = Button("Cancel it", kind="danger", on_click=lambda: self._choose(keep_late=False))
            self._all_words = Text("p", classes="cancel-all")
            self._all_button = Button("Cancel all", kind="danger", on_click=self._choose_all).mark("cancel-all")
            Button("Go on generating", kind="ghost", on_click=dialog.close)

    def _choose(self, *, keep_late: bool) -> object:
        assert self._dialog is not None
        assert self._run is not None
        self._dialog.close()
        return self._on_cancel(self._run.id, keep_late)

    def _choose_all(self) -> object:
        assert self._dialog is not None
        self._dialog.close()
        return self._on_cancel_all(self._all)


@dataclass(frozen=True)
class Cancelled:
    """What became of several: those that were cancelled, how many had ended meanwhile, and what was refused, in its own words."""

    runs: tuple[GenerationView, ...]
    ended: int
    refusals: tuple[str, ...]

    def words(self) -> str:
        """For the person."""
        said = [f"{len(self.runs)} cancelled."] if self.runs else []
        if self.ended:
            said.append(f"{self.ended} {'was' if self.ended == 1 else 'were'} over already.")
        return " ".join([*said, *dict.fromkeys(self.refusals)])


async def cancel_each(runs: Sequence[GenerationView], cancel: CancelOne) -> Cancelled:
    """One by one: what ended in between is no mistake, and a refusal does not save the others."""
    done: list[GenerationView] = []
    refusals: list[str] = []
    ended = 0
    for run in runs:
        try:
            done.append(await cancel(run.id))
        except Conflict:
            ended += 1
        except NyxError as problem:
            refusals.append(str(problem))
    return Cancelled(tuple(done), ended, tuple(refusals))
