"""The right side of the studio: one generation with its tiles, or a first invitation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nicegui import ui

from nyx.clock import Clock
from nyx.pages.studio.tile import Act, Tile
from nyx.pages.studio.words import can_cancel, headline
from nyx.services.generation.views import GenerationView
from nyx.theme import Button, ProgressBar, Text, empty_state

EXAMPLES = (
    "A fox in a yellow raincoat at a night market, paper lanterns over dark water, cinematic rim light",
    "Product photo of a ceramic teapot on wet slate, soft window light, steam, shallow depth of field",
    "Isometric cutaway of a tiny observatory on a cliff, warm windows, aurora, clean shapes",
    "Watercolour map of an island city with canals and gardens, muted greens, visible paper grain",
)


class Stage:
    """Shows the generation it is given and touches only what changed since."""

    def __init__(self, *, clock: Clock, on_example: Callable[[str], None], on_cancel: Callable[[], None], tile_acts: Sequence[Act]) -> None:
        self._clock = clock
        self._tile_acts = tile_acts
        self._run: GenerationView | None = None
        self._tiles: list[Tile] = []
        with ui.element("section").classes("stage") as panel:
            panel.props["aria-label"] = "Results"
            self._announcer = Text("div", classes="sr-only")
            self._announcer.props.update({"role": "status", "aria-live": "polite"})
            with ui.element("div").classes("run") as self._running:
                self._build_head(on_cancel)
                self._bar = ProgressBar("Pictures ready", value=0)
                self._prompt = Text("p", classes="run-prompt muted")
                self._grid = ui.element("div").classes("grid2")
            with empty_state(
                "What will you make first?",
                "Write a prompt, choose a model, press Generate. Or start from one of these:",
                icon_name="text-to-image",
            ) as self._empty:
                _examples(on_example)
        self._ticker = ui.timer(1.0, self._tick, active=False)
        self.show(None)

    def show(self, run: GenerationView | None) -> None:
        """Show another generation, or another state of the same; None is the first invitation."""
        is_other = run is None or self._run is None or run.id != self._run.id
        self._run = run
        self._running.set_visibility(run is not None)
        self._empty.set_visibility(run is None)
        self._ticker.active = run is not None and run.is_open
        if run is None:
            return
        if is_other or len(self._tiles) != len(run.outputs):
            self._rebuild(run)
        self._show_head(run)
        for tile, output in zip(self._tiles, run.outputs, strict=True):
            tile.show(run, output)

    def announce(self, words: str) -> None:
        """Tell a screen reader, politely."""
        if words:
            self._announcer.set_text(words)

    def _build_head(self, on_cancel: Callable[[], None]) -> None:
        with ui.element("div").classes("stage-head"):
            with ui.element("div").classes("row"):
                self._dot = ui.element("span").classes("dot")
                self._title = Text("b")
                self._detail = Text("span", classes="muted")
            self._cancel = Button("Cancel", size="sm", on_click=on_cancel).mark("cancel")

    def _show_head(self, run: GenerationView) -> None:
        line = headline(run, now=self._clock.now())
        self._dot.classes(replace=" ".join(filter(None, ("dot", line.tone, "pulse" if run.is_open else ""))))
        self._title.set_text(line.title)
        self._detail.set_text(line.detail)
        self._prompt.set_text(f"{run.model_name} · {run.prompt}")
        self._cancel.set_visibility(can_cancel(run))
        self._bar.set_progress(run.ready / len(run.outputs))

    def _rebuild(self, run: GenerationView) -> None:
        self._grid.clear()
        self._grid.classes(add="one") if len(run.outputs) == 1 else self._grid.classes(remove="one")
        on_large, on_reuse, on_retry = self._tile_acts
        with self._grid:
            self._tiles = [Tile(output.index, on_large=on_large, on_reuse=on_reuse, on_retry=on_retry) for output in run.outputs]

    def _tick(self) -> None:
        """Count down between events; the words change only when the estimate does."""
        if self._run is not None:
            self._detail.set_text(headline(self._run, now=self._clock.now()).detail)


def _examples(on_example: Callable[[str], None]) -> None:
    with ui.element("div").classes("examples"):
        for example in EXAMPLES:
            Button(example, on_click=lambda example=example: on_example(example)).classes(replace="example card lift")
