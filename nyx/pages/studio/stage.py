"""The right side of the studio: one generation with its tiles, or a first invitation. Built as far as there is something to show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import ui

from nyx.clock import Clock
from nyx.pages._progress import run_progress
from nyx.pages.studio.comparing import Views, can_compare, may_compare
from nyx.pages.studio.controls import SHARED
from nyx.pages.studio.linking import link_to
from nyx.pages.studio.tile import Act, Tile
from nyx.pages.studio.tools import Tool
from nyx.pages.studio.words import can_cancel, headline
from nyx.services.generation.views import GenerationView
from nyx.theme import asset, toast
from nyx.theme.icons import SPRITE

_WAITING = (
    '<p class="sr-only">Looking up what you made last.</p>'
    '<div class="run-head" aria-hidden="true"><div class="skel run-line"></div></div>'
    '<div class="grid2 one" aria-hidden="true"><div class="skel"></div></div>'
)


class Stage(ui.element, component="components/stage.js", esm=SHARED):
    """Shows the generation it is given and touches only what changed since. ``on_example`` gets one of the tool's prompts."""

    def __init__(
        self, tool: Tool, *, clock: Clock, on_example: Callable[[str], None], on_cancel: Callable[[], None], on_act: Act
    ) -> None:
        super().__init__()
        self._clock = clock
        self._on_cancel = on_cancel
        self._on_act = on_act
        self._run: GenerationView | None = None
        self._waiting: ui.html | None = None
        self._running: _Running | None = None
        self._ticker: ui.timer | None = None
        steps = "Add a picture, write what should happen" if tool.takes_pictures else "Write a prompt"
        how = f"{steps}, choose a model, press Generate. Or start from one of these:"
        self._invitation: dict[str, Any] = {"icon": tool.icon, "how": how, "examples": tool.examples}
        self._props.update({"invitation": None, "said": "", "sprite": asset(SPRITE)})
        self.on("choose", lambda event: on_example(event.args) if event.args in tool.examples else None)

    def wait(self) -> None:
        """Hold the place of a generation that is still being read."""
        if self._waiting is None:
            with self:
                self._waiting = ui.html(_WAITING, sanitize=False).classes("run")
                self._waiting.props["aria-busy"] = "true"

    def show(self, run: GenerationView | None) -> None:
        """Show another generation, or another state of the same; None is the first invitation."""
        self._run = run
        if self._waiting is not None:
            self._waiting.delete()
            self._waiting = None
        self._count_down(run is not None and run.is_open)
        self._props["invitation"] = self._invitation if run is None else None
        if run is None:
            if self._running is not None:
                self._running.panel.delete()
                self._running = None
            return
        if self._running is None:
            with self:
                self._running = _Running(on_cancel=self._on_cancel, on_act=self._on_act)
        self._running.show(run, clock=self._clock)

    def announce(self, words: str) -> None:
        """Tell a screen reader, politely."""
        if words:
            self._props["said"] = words

    def _count_down(self, is_wanted: bool) -> None:
        if self._ticker is not None:
            self._ticker.active = is_wanted
        elif is_wanted:
            with self:
                self._ticker = ui.timer(1.0, self._tick)

    def _tick(self) -> None:
        """Count down between events."""
        if self._run is not None and self._running is not None:
            self._running.show(self._run, clock=self._clock)

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        invitation = ["What will you make first?", *self._invitation["examples"]] if self._props["invitation"] else []
        return [*super()._displayed_contents(only_visible=only_visible), self._props["said"], *invitation]


class _Running:
    """The head and the tiles of one generation at a time."""

    def __init__(self, *, on_cancel: Callable[[], None], on_act: Act) -> None:
        self._on_act = on_act
        self._tiles: list[Tile] = []
        self._run_id = ""
        with ui.element("div").classes("run") as self.panel:
            self.head = _Head(on_cancel=on_cancel, on_view=self._choose_view).mark("head")
            self._grid = ui.element("div").classes("grid2")
        self._views = Views(self._grid)
        self._last: tuple[GenerationView, Clock] | None = None

    def show(self, run: GenerationView, *, clock: Clock) -> None:
        if (run.id, len(run.outputs)) != (self._run_id, len(self._tiles)):
            self._rebuild(run)
        self._last = run, clock
        self._views.show(run)
        self.head.show(run, clock=clock, is_comparing=self._views.is_comparing)
        for tile, output in zip(self._tiles, run.outputs, strict=True):
            tile.show(run, output, now=clock.now())

    def _choose_view(self, name: str) -> None:
        """Tiles, or two of them compared."""
        if self._last is not None:
            self._views.choose(comparing=name == "compare")
            run, clock = self._last
            self.show(run, clock=clock)

    def _rebuild(self, run: GenerationView) -> None:
        self._run_id = run.id
        self._grid.clear()
        kinds = {"one": len(run.outputs) == 1, "clips": run.makes_clips}
        self._grid.classes(add=" ".join(kind for kind, is_so in kinds.items() if is_so), remove="one clips")
        with self._grid:
            self._tiles = [Tile(output.index, on_act=self._on_act) for output in run.outputs]


class _Head(ui.element, component="components/run_head.js"):
    def __init__(self, *, on_cancel: Callable[[], None], on_view: Callable[[str], None]) -> None:
        super().__init__()
        self._floor = ("", 0.0)
        self._is_comparing = False
        self._props.update({"view": {"fraction": None}, "detail": "", "sprite": asset(SPRITE)})
        self.on("cancel", lambda _: on_cancel(), [])
        self.on("view", lambda event: on_view(event.args) if event.args in ("grid", "compare") else None)
        self.on("copied", lambda _: toast("The link is copied."), [])

    def show(self, run: GenerationView, *, clock: Clock, is_comparing: bool | None = None) -> None:
        """Send only what changed; while time runs that is the detail alone."""
        line = headline(run, now=clock.now())
        self._is_comparing = self._is_comparing if is_comparing is None else is_comparing
        view = {
            "title": line.title,
            "tone": line.tone,
            "open": run.is_open,
            "cancel": can_cancel(run),
            "fraction": self._fraction(run, clock=clock),
            "prompt": f"{run.model_name} · {run.prompt}",
            "link": link_to(run),
            "comparable": may_compare(run),
            "compare": can_compare(run),
            "comparing": self._is_comparing,
        }
        if view != self._props["view"] or line.detail != self._props["detail"]:
            self._props.update({"view": view, "detail": line.detail})

    def _fraction(self, run: GenerationView, *, clock: Clock) -> float | None:
        """Of all outputs together, never back; None where nobody can say."""
        floor = self._floor[1] if self._floor[0] == run.id else 0.0
        fraction = run_progress(run, now=clock.now(), floor=floor).fraction
        self._floor = (run.id, fraction or floor)
        return fraction if fraction is None else round(fraction, 3)

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        view = self._props["view"]
        words = [view.get("title"), view.get("prompt"), self._props["detail"]]
        return [*super()._displayed_contents(only_visible=only_visible), *words]
