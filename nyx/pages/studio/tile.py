"""One output on the stage as one element; what it shows is computed here, how it looks is in its component."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import ui

from nyx.pages.studio.words import STEPS, output_name, stage_name, tile_text
from nyx.services.generation.views import GenerationView, OutputView, Stage
from nyx.theme import asset
from nyx.theme.icons import SPRITE

Act = Callable[[int], object]

_LOOKS = {
    Stage.READY: ("", "image"),
    Stage.FAILED: ("failed", "triangle-alert"),
    Stage.CANCELLED: ("cancelled", "ban"),
    Stage.UNKNOWN: ("unknown", "circle-help"),
    Stage.QUEUED: ("busy", ""),
    Stage.SENT: ("busy", ""),
    Stage.RENDERING: ("busy", ""),
    Stage.SAVING: ("busy", ""),
}
_REPEATABLE = frozenset({Stage.FAILED, Stage.CANCELLED})
assert _LOOKS.keys() == set(Stage), "every stage has a look"


class Tile(ui.element, component="components/tile.js"):
    """The place of one output. The callbacks get its index."""

    def __init__(self, index: int, *, on_large: Act, on_reuse: Act, on_retry: Act) -> None:
        super().__init__()
        self._props["view"] = {}
        self._props["sprite"] = asset(SPRITE)
        self.on("large", lambda _: on_large(index), [])
        self.on("reuse", lambda _: on_reuse(index), [])
        self.on("retry", lambda _: on_retry(index), [])

    def show(self, run: GenerationView, output: OutputView) -> None:
        """Show where the output is now; nothing is sent to the browser unless it changed."""
        view = tile_view(run, output)
        if view != self._props["view"]:
            self._props["view"] = view

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        view = self._props["view"]
        return [*super()._displayed_contents(only_visible=only_visible), *[view.get(name) for name in ("name", "stage", "text", "src")]]


def tile_view(run: GenerationView, output: OutputView) -> dict[str, Any]:
    """What the tile's component is fed."""
    tone, icon_name = _LOOKS[output.stage]
    view: dict[str, Any] = {"name": output_name(run, output), "stage": stage_name(output.stage), "tone": tone, "icon": icon_name}
    if output.stage is Stage.READY and output.media_id:
        address = f"/media/{output.media_id}"
        view |= {"src": f"{address}/preview", "download": f"{address}/original?download=1", "blur": output.blur}
        return view | {"alt": f"{output_name(run, output)}: {run.prompt}"}
    if output.stage is Stage.READY:
        return view | {
            "stage": "Deleted",
            "tone": "cancelled",
            "icon": "trash-2",
            "text": f"You deleted this {'clip' if run.makes_clips else 'picture'} from your gallery.",
        }
    view |= {"text": tile_text(run, output), "retry": output.stage in _REPEATABLE}
    if output.stage in STEPS:
        view |= {"steps": [stage_name(step) for step in STEPS], "step": STEPS.index(output.stage) + 1}
    return view
