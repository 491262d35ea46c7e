"""The strip of recent generations beside the stage, as one element."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from nyx.services.generation.views import GenerationView, OutputView, Stage
from nyx.theme import asset
from nyx.theme.icons import SPRITE

_LONGEST_TITLE = 140
_ICONS = {"failed": "triangle-alert", "cancelled": "ban"}


class History(ui.element, component="components/history.js"):
    """Recent generations, newest first; ``on_choose`` gets the id of one of them."""

    def __init__(self, *, on_choose: Callable[[str], None]) -> None:
        super().__init__()
        self._props["items"] = []
        self._props["waiting"] = False
        self._props["sprite"] = asset(SPRITE)
        self.on("choose", lambda event: self._choose(event, on_choose))

    def show(self, runs: Iterable[GenerationView], *, chosen_id: str | None, is_read: bool) -> None:
        """Show these, and hold the place while the rest is read; nothing is sent to the browser unless something changed."""
        if self._props["waiting"] is is_read:
            self._props["waiting"] = not is_read
        items = [_item(run, is_chosen=run.id == chosen_id) for run in runs]
        if items != self._props["items"]:
            self._props["items"] = items

    def _choose(self, event: GenericEventArguments, on_choose: Callable[[str], None]) -> None:
        """Take only what is offered: a browser may send anything."""
        if event.args in [item["id"] for item in self._props["items"]]:
            on_choose(event.args)

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        return [*super()._displayed_contents(only_visible=only_visible), *[item["label"] for item in self._props["items"]]]


def _item(run: GenerationView, *, is_chosen: bool) -> dict[str, Any]:
    count = len(run.outputs)
    where = f"{run.ready} of {count} ready" if run.is_open or run.ready < count else f"{count} ready"
    first = next((output for output in run.outputs if output.stage is Stage.READY and output.media_id), None)
    return {
        "id": run.id,
        "src": _thumb(first),
        "moving": _moving(first),
        "icon": _ICONS.get(run.status, "image"),
        "busy": run.is_open,
        "count": f"{run.ready}/{count}" if run.is_open else str(count) if count > 1 else "",
        "label": f"{run.model_name}, {where}: {run.prompt[:_LONGEST_TITLE]}",
        "title": run.prompt[:_LONGEST_TITLE],
        "on": is_chosen,
    }


def _thumb(output: OutputView | None) -> str:
    return f"/media/{output.media_id}/thumb" if output and output.media_id else ""


def _moving(output: OutputView | None) -> str:
    is_clip = output is not None and output.has_thumbnails and output.content_type.startswith("video/")
    return f"/media/{output.media_id}/clip-preview" if output and is_clip else ""
