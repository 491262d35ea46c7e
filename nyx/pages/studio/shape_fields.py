"""Aspect ratio, resolution and number of pictures, as far as the chosen model offers them."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from nyx.pages.studio.composition import MOST_OUTPUTS, Composition
from nyx.pages.studio.shapes import AUTO, find_size, shapes, size_label, size_text
from nyx.services.catalog import ModelSpec
from nyx.theme import Chips, Select, Text

Edit = Callable[..., None]

_NO_SIZES = {"": "Set by the model"}


class ShapeFields:
    """``on_edit`` gets the changed fields of the composition by name."""

    def __init__(self, *, on_edit: Edit) -> None:
        self._on_edit = on_edit
        self._is_showing = False
        self._offered: dict[Chips | Select, dict[str, str]] = {}
        self._error: Text | None = None
        with ui.element("div").classes("field") as self._ratio_field:
            self._ratio = Chips("Aspect ratio", {AUTO: "Auto"}, value=AUTO, on_change=lambda event: self._edit(ratio=event.value)).mark(
                "ratio"
            )
        with ui.element("div").classes("duo"):
            self._size = Select("Resolution", _NO_SIZES, value="", on_change=lambda event: self._edit(size=event.value)).mark("resolution")
            counts = [str(count) for count in range(1, MOST_OUTPUTS + 1)]
            self._outputs = Chips("Images", counts, value="1", on_change=lambda event: self._edit(outputs=int(event.value))).mark("images")

    def show(self, composition: Composition, spec: ModelSpec | None) -> None:
        """Offer what the model takes, with what the composition says chosen."""
        self._is_showing = True
        try:
            offered = shapes(spec) if spec else {}
            ratios = {AUTO: "Auto", **{ratio: ratio for ratio in offered}}
            self._offer(self._ratio, ratios, composition.ratio)
            chosen = find_size(spec, ratio=composition.ratio, text=composition.size) if spec else None
            sizes = {size_text(size): size_label(size) for size in offered.get(composition.ratio, ())}
            self._offer(self._size, sizes or _NO_SIZES, size_text(chosen) if chosen else "")
            self._outputs.set_value(str(composition.outputs))
        finally:
            self._is_showing = False

    def set_error(self, error: str) -> None:
        """Show a sentence beside the ratios, or take it away."""
        if self._error is None and error:
            with self._ratio_field:
                self._error = Text("p", classes="error")
                self._error.props["role"] = "alert"
        if self._error is not None:
            self._error.set_text(error)
            self._error.set_visibility(bool(error))

    def _offer(self, choice: Chips | Select, options: dict[str, str], value: str) -> None:
        """Leave the element alone where nothing changed."""
        if self._offered.get(choice) != options:
            self._offered[choice] = options
            choice.set_options(options, value=value)
        elif choice.value != value:
            choice.set_value(value)

    def _edit(self, **changes: object) -> None:
        if not self._is_showing:
            self._on_edit(**changes)
