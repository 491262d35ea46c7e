"""The seldom used settings, each shown only where the chosen model takes it."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from nyx.clock import Random
from nyx.pages.studio.composition import Composition
from nyx.services.catalog import ModelSpec
from nyx.theme import Chips, IconButton, Text, TextField, disclosure

Edit = Callable[..., None]

LONGEST_NEGATIVE = 2_000
_FORMATS = {"": "Any", "jpeg": "JPEG", "png": "PNG"}
_PARAMETERS = {
    "negative_prompt": "negative_prompt",
    "seed": "seed",
    "steps": "steps",
    "guidance": "guidance_scale",
    "output_format": "output_format",
}
_NAMES = {"seed": "seed", "steps": "steps", "guidance": "guidance", "negative_prompt": "negative prompt", "output_format": "format"}


class Advanced:
    """``on_edit`` gets the changed fields of the composition by name."""

    def __init__(self, *, random: Random, on_edit: Edit) -> None:
        self._random = random
        self._on_edit = on_edit
        self._is_showing = False
        self._is_locked = False
        with disclosure("Advanced") as self._box:
            self._fields = {
                "negative_prompt": self._text("Negative prompt", "negative_prompt", kind="textarea", max_length=LONGEST_NEGATIVE)
            }
            with ui.element("div").classes("seed-row") as self._seed_row:
                self._fields["seed"] = self._text("Seed", "seed", placeholder="Random")
                self._dice = IconButton("Roll another seed", icon="dices", on_click=self._roll)
                self._lock = IconButton("Keep this seed", icon="lock-open", pressed=False, on_click=self._toggle_lock)
            with ui.element("div").classes("duo even") as self._pair:
                self._fields["steps"] = self._text("Steps", "steps")
                self._fields["guidance"] = self._text("Guidance", "guidance", placeholder="Model's own")
            self._format = Chips("File format", _FORMATS, value="", on_change=lambda event: self._edit(output_format=event.value))
        summary = self._box.default_slot.children[0]
        assert isinstance(summary, Text)
        self._summary = summary

    def show(self, composition: Composition, spec: ModelSpec | None) -> None:
        """Show the settings that the model takes, with what the composition says."""
        self._is_showing = True
        try:
            taken = {name for name, parameter in _PARAMETERS.items() if spec and spec.takes(parameter)}
            for name, text_field in self._fields.items():
                text_field.set_visibility(name in taken)
                if text_field.value != getattr(composition, name):
                    text_field.set_value(getattr(composition, name))
            self._fields["steps"].props["placeholder"] = str(spec.default_steps or "Model's own") if spec else ""
            self._seed_row.set_visibility("seed" in taken)
            self._pair.set_visibility(bool(taken & {"steps", "guidance"}))
            self._format.set_visibility("output_format" in taken)
            if self._format.value != composition.output_format:
                self._format.set_value(composition.output_format if composition.output_format in _FORMATS else "")
            self._show_lock(composition.is_seed_locked)
            self._box.set_visibility(bool(taken))
            self._summary.set_text(" · ".join(["Advanced", ", ".join(text for name, text in _NAMES.items() if name in taken)]))
        finally:
            self._is_showing = False

    def set_error(self, field: str, error: str) -> bool:
        """Show a sentence beside one of these fields and open the panel; false when the field is not among them."""
        if field not in self._fields:
            return False
        self._fields[field].set_error(error)
        if error:
            self._box.props["open"] = True
        return True

    def clear_errors(self) -> None:
        """Take every sentence away."""
        for text_field in self._fields.values():
            text_field.set_error(None)

    def _text(self, label: str, name: str, *, kind: str = "text", placeholder: str = "", max_length: int | None = None) -> TextField:
        return TextField(
            label,
            name=name,
            kind="textarea" if kind == "textarea" else "text",
            placeholder=placeholder,
            max_length=max_length,
            rows=3,
            on_change=lambda event: self._edit(**{name: event.value}),
        ).mark(name)

    def _roll(self) -> None:
        self._edit(seed=str(self._random.seed_32()))

    def _toggle_lock(self) -> None:
        """A kept seed must be a certain one: keeping "random" rolls it first."""
        changes: dict[str, object] = {"is_seed_locked": not self._is_locked}
        if not self._is_locked and not str(self._fields["seed"].value).strip():
            changes["seed"] = str(self._random.seed_32())
        self._edit(**changes)

    def _show_lock(self, is_locked: bool) -> None:
        if is_locked != self._is_locked:
            self._is_locked = is_locked
            self._lock.set_icon("lock" if is_locked else "lock-open").set_pressed(is_locked)

    def _edit(self, **changes: object) -> None:
        if not self._is_showing:
            self._on_edit(**changes)
