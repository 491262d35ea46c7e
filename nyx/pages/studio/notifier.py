"""Tells of finished generations while the person looks elsewhere; whether and how is kept in their browser."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from nicegui import ui
from nicegui.events import GenericEventArguments

from nyx.pages.studio.words import finished_words
from nyx.services.generation.views import GenerationView
from nyx.theme import asset


class Notifier(ui.element, component="components/notifier.js"):
    """Nothing to see. ``on_choose`` gets the id of the generation whose notification was pressed."""

    def __init__(self, *, on_choose: Callable[[str], None]) -> None:
        super().__init__()
        self._told: set[str] = set()
        self._props["icon"] = asset("brand/favicon-192.png")
        self.on("choose", lambda event: self._choose(event, on_choose))

    def tell(self, runs: Iterable[GenerationView]) -> None:
        """Each of these is over now; the browser hears of it once."""
        for run in runs:
            if run.id not in self._told:
                self._told.add(run.id)
                title, body = finished_words(run)
                self.run_method("tell", {"id": run.id, "title": title, "body": body})

    def _choose(self, event: GenericEventArguments, on_choose: Callable[[str], None]) -> None:
        """Take only what was told: a browser may send anything."""
        if isinstance(event.args, str) and event.args in self._told:
            on_choose(event.args)
