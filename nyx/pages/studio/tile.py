"""One output on the stage as one element; what it shows is computed here, how it looks is in its component."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from nyx.pages._progress import output_progress
from nyx.pages._words import credits_text
from nyx.pages.studio.controls import SHARED
from nyx.pages.studio.words import STEPS, output_name, stage_name, still_address, tile_text
from nyx.services.generation.views import GenerationView, OutputView, Stage
from nyx.theme import asset
from nyx.theme.icons import SPRITE

Act = Callable[[str, int], object]

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

# What the menu offers besides links; the rest has buttons of its own.
_MENU = (
    ("vary", "copy-plus", "Make variations"),
    ("reuse-prompt", "book-open", "Reuse only the prompt"),
    ("reuse-seed", "dices", "Reuse only the seed"),
    ("copy-prompt", "copy", "Copy the prompt"),
    ("share", "share-2", "Share a link"),
    ("delete", "trash-2", "Delete"),
)
ACTS = frozenset({"large", "reuse", "favourite", "retry", "restore", *(name for name, _, _ in _MENU)})
_FORMATS = {"image": (("PNG", "png"), ("JPEG", "jpeg"), ("WebP", "webp")), "video": (("MP4", "mp4"), ("WebM", "webm"))}


class Tile(ui.element, component="components/tile.js", esm=SHARED):
    """The place of one output. ``on_act`` gets one of ``ACTS`` and its index."""

    def __init__(self, index: int, *, on_act: Act) -> None:
        super().__init__()
        self._index = index
        self._on_act = on_act
        self._floor = 0.0
        self._props.update({"view": {}, "sprite": asset(SPRITE)})
        self.on("act", self._act)

    def show(self, run: GenerationView, output: OutputView, *, now: datetime) -> None:
        """Show where the output is now; nothing is sent to the browser unless it changed."""
        view = tile_view(run, output)
        if run.makes_clips and output.stage in STEPS:
            progress = output_progress(run, output, now=now, floor=self._floor)
            self._floor = progress.fraction or self._floor
            view |= {"fraction": progress.fraction, "text": view["text"] or progress.sentence}
        if view != self._props["view"]:
            self._props["view"] = view

    def _act(self, event: GenericEventArguments) -> object:
        """Take only what is offered: a browser may send anything."""
        return self._on_act(event.args, self._index) if isinstance(event.args, str) and event.args in ACTS else None

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        view = self._props["view"]
        return [*super()._displayed_contents(only_visible=only_visible), *[view.get(name) for name in ("name", "stage", "text", "src")]]


def tile_view(run: GenerationView, output: OutputView) -> dict[str, Any]:
    """What the tile's component is fed."""
    tone, icon_name = _LOOKS[output.stage]
    view: dict[str, Any] = {"name": output_name(run, output), "stage": stage_name(output.stage), "tone": tone, "icon": icon_name}
    if output.stage is Stage.READY and output.media_id:
        return view | _ready(run, output)
    if output.stage is Stage.READY:
        words = f"You deleted this {'clip' if run.makes_clips else 'picture'} {'for good' if output.is_purged else 'from your gallery'}."
        return view | {"stage": "Deleted", "tone": "cancelled", "icon": "trash-2", "text": words, "deleted": not output.is_purged}
    view |= {"text": tile_text(run, output), "retry": _priced("Retry", run.again_unit_credits) if output.stage in _REPEATABLE else ""}
    if output.stage in STEPS:
        view |= {"steps": [stage_name(step) for step in STEPS], "step": STEPS.index(output.stage) + 1}
    return view


def _ready(run: GenerationView, output: OutputView) -> dict[str, Any]:
    address = f"/media/{output.media_id}"
    kind = "video" if run.makes_clips else "image"
    name = f"{output_name(run, output)}: {run.prompt}"
    view: dict[str, Any] = {
        "src": f"{address}/preview",
        "download": f"{address}/original?download=1",
        "blur": output.blur,
        "alt": name,
        "prompt": run.prompt,
        "favourite": output.is_favourite,
        "links": _links(run, output),
        "acts": [{"name": act, "icon": icon, "text": _act_text(run, act, text)} for act, icon, text in _MENU],
        "formats": [
            {"text": "Original", "href": f"{address}/original?download=1"},
            *[{"text": text, "href": f"{address}/original?as={wanted}&download=1"} for text, wanted in _FORMATS[kind]],
        ],
    }
    if run.makes_clips:
        size = {"width": output.width_px or 16, "height": output.height_px or 9}
        clip = {
            "src": f"{address}/original",
            "label": name,
            "poster": still_address(output, "preview"),
            "blur": output.blur,
            "download": "",
        }
        view["clip"] = clip | size
    return view


def _act_text(run: GenerationView, act: str, text: str) -> str:
    return _priced(text, run.again_unit_credits * run.draft.outputs) if act == "vary" else text


def _priced(text: str, credits: int) -> str:
    """What costs something says how much; without a price the service says why it can't be had."""
    return f"{text} · {credits_text(credits)}" if credits else text


def _links(run: GenerationView, output: OutputView) -> list[dict[str, str]]:
    links = [{"text": "Receipt", "icon": "receipt-text", "href": f"/dashboard/generations/{run.id}"}]
    if not run.makes_clips:
        start = f"?picture={output.media_id}"
        edit = {"text": "Edit this picture", "icon": "pencil", "href": f"/studio/image-to-image{start}"}
        animate = {"text": "Bring it to life", "icon": "clapperboard", "href": f"/studio/image-to-video{start}"}
        links = [edit, animate, *links]
    return links
