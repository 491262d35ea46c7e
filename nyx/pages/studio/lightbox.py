"""One picture large, with what it was made from, and the way to the next one."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import context, ui

from nyx.pages._words import credits_text, other_formats
from nyx.pages.studio.words import output_name, still_address
from nyx.services.generation.views import GenerationView, OutputView, Stage
from nyx.theme import Button, Dialog, IconButton, LinkButton, Player, Text


class Lightbox:
    """Built when first opened. ``on_reuse`` gets the generation and the output on show."""

    def __init__(self, *, on_reuse: Callable[[GenerationView, OutputView], None]) -> None:
        self._on_reuse = on_reuse
        self._place = context.slot.parent
        self._dialog: Dialog | None = None
        self._run: GenerationView | None = None
        self._index = 0

    def open(self, run: GenerationView, index: int) -> None:
        """Show one finished output of a generation."""
        if self._dialog is None:
            with self._place, Dialog("Picture", variant="lightbox", on_close=self._stop) as self._dialog:
                self._build()
        self._run, self._index = run, index
        self._show(self._dialog)
        self._dialog.open()

    def _build(self) -> None:
        with ui.element("div").classes("view"):
            self._picture = ui.element("img")
            self._player = Player(autoplay=True)
            self._back = IconButton("Previous picture", icon="chevron-left", on_click=lambda: self._step(-1)).classes("step prev")
            self._forth = IconButton("Next picture", icon="chevron-right", on_click=lambda: self._step(1)).classes("step next")
        with ui.element("div").classes("side"):
            self._prompt = Text("p", classes="prompt-text")
            with ui.element("dl").classes("meta"):
                self._facts = {name: _fact(name) for name in ("Model", "Size", "Seed", "Price")}
            self._download = LinkButton("Download", href="#", icon="download", kind="primary", download="")
            with ui.element("p").classes("formats") as self._others:
                Text("span", "or as")
                self._formats = [Text("a") for _ in range(2)]
            Button("Reuse settings", icon="rotate-ccw", on_click=self._reuse)

    def _show(self, dialog: Dialog) -> None:
        run = self._run
        assert run is not None
        output = run.outputs[self._index]
        address = f"/media/{output.media_id}/original"
        name = f"{output_name(run, output)}: {run.prompt}"
        dialog.set_label(output_name(run, output))
        self._picture.set_visibility(not run.makes_clips)
        self._player.set_visibility(run.makes_clips)
        if run.makes_clips:
            size = (output.width_px, output.height_px) if output.width_px else None
            poster = still_address(output, "preview")
            self._player.set_source(address, label=name, poster=poster, blur=output.blur, size_px=size)
        else:
            self._picture.props.update({"src": address, "alt": name})
        self._prompt.set_text(run.prompt)
        facts = {
            "Model": run.model_name,
            "Size": f"{output.width_px} × {output.height_px}",
            "Seed": "–" if output.seed is None else str(output.seed),
            "Price": credits_text(run.unit_price_credits),
        }
        for name, fact in facts.items():
            self._facts[name].set_text(fact)
        self._download.props["href"] = f"{address}?download=1"
        ready = self._ready()
        others = other_formats(address, output.content_type)
        self._others.set_visibility(bool(others))
        for link, (name, target) in zip(self._formats, others, strict=False):
            link.set_text(name)
            link.props.update({"href": target, "download": ""})
        self._back.set_visibility(len(ready) > 1)
        self._forth.set_visibility(len(ready) > 1)

    def _stop(self) -> None:
        """A clip must not play on behind the page."""
        self._player.props["clip"] = {}

    def _ready(self) -> list[int]:
        assert self._run is not None
        return [output.index for output in self._run.outputs if output.stage is Stage.READY]

    def _step(self, step: int) -> None:
        ready = self._ready()
        self._index = ready[(ready.index(self._index) + step) % len(ready)]
        assert self._dialog is not None
        self._show(self._dialog)

    def _reuse(self) -> None:
        assert self._dialog is not None
        assert self._run is not None
        self._dialog.close()
        self._on_reuse(self._run, self._run.outputs[self._index])


def _fact(name: str) -> Text:
    Text("dt", name)
    return Text("dd", classes="mono")
