"""The strip of recent generations beside the stage, as one element."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from nyx.clock import Clock
from nyx.pages._progress import run_progress
from nyx.pages.studio.words import still_address
from nyx.services.generation.views import GenerationView, OutputView, Stage
from nyx.theme import asset
from nyx.theme.icons import SPRITE

_LONGEST_TITLE = 140
_MOVING = frozenset({Stage.QUEUED, Stage.SENT, Stage.RENDERING, Stage.SAVING})
_TICK_S = 2.0
# By state: its icon where there is no picture, and its word.
_STATES = {
    "queued": ("clock", "queued"),
    "running": ("", "running"),
    "unknown": ("circle-help", "we don't know yet"),
    "failed": ("triangle-alert", "failed"),
    "cancelled": ("ban", "cancelled"),
    "deleted": ("trash-2", "deleted"),
    "done": ("image", ""),
}


class History(ui.element, component="components/history.js"):
    """Recent generations, newest first; ``on_choose`` gets the id of one of them."""

    def __init__(self, *, clock: Clock, on_choose: Callable[[str], None]) -> None:
        super().__init__()
        self._clock = clock
        self._open: tuple[GenerationView, ...] = ()
        self._ticker: ui.timer | None = None
        self._props["items"] = []
        self._props["progress"] = {}
        self._props["waiting"] = False
        self._props["sprite"] = asset(SPRITE)
        self.on("choose", lambda event: self._choose(event, on_choose))

    def show(self, runs: Iterable[GenerationView], *, chosen_id: str | None, is_read: bool) -> None:
        """Show these, and hold the place while the rest is read; nothing is sent to the browser unless something changed."""
        if self._props["waiting"] is is_read:
            self._props["waiting"] = not is_read
        runs = tuple(runs)
        items = [_item(run, is_chosen=run.id == chosen_id) for run in runs]
        if items != self._props["items"]:
            self._props["items"] = items
        self._open = tuple(run for run in runs if run.is_open)
        self._tick()
        if self._ticker is not None:
            self._ticker.active = bool(self._open)
        elif self._open:
            with self:
                self._ticker = ui.timer(_TICK_S, self._tick, immediate=False)

    def _tick(self) -> None:
        """Move the bars of what is open."""
        now = self._clock.now()
        progress = {run.id: _fraction(run, self._props["progress"].get(run.id), now) for run in self._open}
        if progress != self._props["progress"]:
            self._props["progress"] = progress

    def _choose(self, event: GenericEventArguments, on_choose: Callable[[str], None]) -> None:
        """Take only what is offered: a browser may send anything."""
        if event.args in [item["id"] for item in self._props["items"]]:
            on_choose(event.args)

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        return [*super()._displayed_contents(only_visible=only_visible), *[item["label"] for item in self._props["items"]]]


def _fraction(run: GenerationView, before: float | None, now: datetime) -> float | None:
    """From 0 to 1 in hundredths, never back; what is ready counts where nobody knows how long the rest takes."""
    known = run_progress(run, now=now, floor=before or 0.0).fraction
    known = run.ready / len(run.outputs) if known is None and run.ready else known
    return None if known is None else round(known, 2)


def _state(run: GenerationView) -> str:
    """A key of ``_STATES``."""
    stages = {output.stage for output in run.outputs}
    if run.is_open:
        if not stages & _MOVING:
            return "unknown"
        return "queued" if not stages - {Stage.QUEUED} else "running"
    if run.status in ("failed", "cancelled"):
        return run.status
    return "done" if any(output.media_id for output in run.outputs) else "deleted"


def _item(run: GenerationView, *, is_chosen: bool) -> dict[str, Any]:
    count = len(run.outputs)
    state = _state(run)
    where = f"{run.ready} of {count} ready" if run.is_open or run.ready < count else f"{count} ready"
    where = "" if state == "deleted" else f", {where}"
    icon, word = _STATES[state]
    first = next((output for output in run.outputs if output.stage is Stage.READY and output.media_id), None)
    return {
        "id": run.id,
        "src": _thumb(first),
        "moving": _moving(first),
        "icon": icon,
        "state": state,
        "busy": run.is_open,
        "count": f"{run.ready}/{count}" if run.is_open else str(count) if count > 1 else "",
        "word": "" if run.is_open else word.capitalize(),
        "label": f"{run.model_name}{f', {word}' if word else ''}{where}: {run.prompt[:_LONGEST_TITLE]}",
        "title": run.prompt[:_LONGEST_TITLE],
        "on": is_chosen,
    }


def _thumb(output: OutputView | None) -> str:
    return still_address(output, "thumb") if output else ""


def _moving(output: OutputView | None) -> str:
    is_clip = output is not None and output.has_thumbnails and output.content_type.startswith("video/")
    return f"/media/{output.media_id}/clip-preview" if output and is_clip else ""
