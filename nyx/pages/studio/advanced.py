"""The seldom used settings, each shown only where the chosen model takes it."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import context, ui

from nyx.clock import Random
from nyx.pages.studio.composition import Composition
from nyx.services.catalog import ModelSpec
from nyx.theme import Chips, IconButton, TextField, disclosure

Edit = Callable[..., None]

LONGEST_NEGATIVE = 2_000
_FORMATS = {"": "Any", "jpeg": "JPEG", "png": "PNG"}
_PARAMETERS = {
    "seed": "seed",
    "steps": "steps",
    "guidance": "guidance_scale",
    "negative_prompt": "negative_prompt",
    "output_format": "output_format",
}
_NAMES = {"negative_prompt": "negative prompt", "output_format": "format"}


class Advanced:
    """The closed panel, which is cheap; its fields are made once the page is live. ``on_edit`` gets changed fields by name."""

    def __init__(self, *, random: Random, on_edit: Edit) -> None:
        self._random = random
        self._on_edit = on_edit
        self._fields: _Fields | None = None
        self._shown: tuple[Composition, ModelSpec | None] = (Composition(), None)
        with disclosure("Advanced") as self._summary:
            self._body = context.slot.parent
        assert self._summary.parent_slot is not None
        self._box = self._summary.parent_slot.parent
        self._box.client.on_connect(self._fill)

    def show(self, composition: Composition, spec: ModelSpec | None) -> None:
        """Show the settings that the model takes, with what the composition says."""
        self._shown = (composition, spec)
        taken = [name for name, parameter in _PARAMETERS.items() if spec and spec.takes(parameter)]
        self._box.set_visibility(bool(taken))
        self._summary.set_text(f"Advanced · {', '.join(_NAMES.get(name, name) for name in taken)}")
        if self._fields is not None:
            self._fields.show(composition, spec, taken=frozenset(taken))

    def set_error(self, field: str, error: str) -> bool:
        """Show a sentence beside one of these fields and open the panel; false when the field is not among them."""
        text_field = self._fields.texts.get(field) if self._fields else None
        if text_field is None:
            return False
        text_field.set_error(error)
        if error:
            self._box.props["open"] = True
        return True

    def clear_errors(self) -> None:
        """Take every sentence away."""
        for text_field in self._fields.texts.values() if self._fields else ():
            text_field.set_error(None)

    def _fill(self) -> None:
        """Once: a page connects again after every lost connection."""
        if self._fields is None and not self._body.is_deleted:
            with self._body:
                self._fields = _Fields(random=self._random, on_edit=self._on_edit)
            self.show(*self._shown)


class _Fields:
    def __init__(self, *, random: Random, on_edit: Edit) -> None:
        self._random = random
        self._on_edit = on_edit
        self._is_showing = False
        self._is_locked = False
        self.texts = {"negative_prompt": self._text("Negative prompt", "negative_prompt", max_length=LONGEST_NEGATIVE)}
        with ui.element("div").classes("seed-row") as self._seed_row:
            self.texts["seed"] = self._text("Seed", "seed", placeholder="Random")
            IconButton("Roll another seed", icon="dices", on_click=self._roll).mark("dice")
            self._lock = IconButton("Keep this seed", icon="lock-open", pressed=False, on_click=self._toggle_lock).mark("lock")
        with ui.element("div").classes("duo even") as self._pair:
            self.texts["steps"] = self._text("Steps", "steps")
            self.texts["guidance"] = self._text("Guidance", "guidance", placeholder="Model's own")
        self._format = Chips("File format", _FORMATS, value="", on_change=lambda event: self._edit(output_format=event.value))

    def show(self, composition: Composition, spec: ModelSpec | None, *, taken: frozenset[str]) -> None:
        self._is_showing = True
        try:
            for name, text_field in self.texts.items():
                text_field.set_visibility(name in taken)
                if text_field.value != getattr(composition, name):
                    text_field.set_value(getattr(composition, name))
            usual = str(spec.default_steps or "Model's own") if spec else ""
            if self.texts["steps"].props.get("placeholder") != usual:
                self.texts["steps"].props["placeholder"] = usual
            self._seed_row.set_visibility("seed" in taken)
            self._pair.set_visibility(bool(taken & {"steps", "guidance"}))
            self._format.set_visibility("output_format" in taken)
            if self._format.value != composition.output_format:
                self._format.set_value(composition.output_format if composition.output_format in _FORMATS else "")
            self._show_lock(composition.is_seed_locked)
        finally:
            self._is_showing = False

    def _text(self, label: str, name: str, *, placeholder: str = "", max_length: int | None = None) -> TextField:
        return TextField(
            label,
            name=name,
            kind="textarea" if max_length else "text",
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
        if not self._is_locked and not str(self.texts["seed"].value).strip():
            changes["seed"] = str(self._random.seed_32())
        self._edit(**changes)

    def _show_lock(self, is_locked: bool) -> None:
        if is_locked != self._is_locked:
            self._is_locked = is_locked
            self._lock.set_icon("lock" if is_locked else "lock-open").set_pressed(is_locked)

    def _edit(self, **changes: object) -> None:
        if not self._is_showing:
            self._on_edit(**changes)
