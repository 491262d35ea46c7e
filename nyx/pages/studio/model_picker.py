"""Choose a model: the chosen one as a button, all others behind it in a dialog that is filled when first opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nicegui import context, ui
from nicegui.events import GenericEventArguments

from nyx.pages._words import credits_text
from nyx.services.catalog import ModelSpec
from nyx.theme import Dialog, asset, mark_markup
from nyx.theme.icons import SPRITE

Choose = Callable[[str], None]


class ModelList(ui.element, component="components/model_list.js"):
    """Every model of the tool by family, searchable in the browser; what is switched off says why."""

    def __init__(self, specs: Sequence[ModelSpec], *, chosen: str, on_choose: Choose) -> None:
        super().__init__()
        self._specs = {spec.key: spec for spec in specs}
        self._props["groups"] = _groups(specs)
        self._props["chosen"] = chosen
        self.on("choose", lambda event: self._choose(event, on_choose))

    def set_chosen(self, model_key: str) -> None:
        """Mark another one."""
        self._props["chosen"] = model_key

    def _choose(self, event: GenericEventArguments, on_choose: Choose) -> None:
        """Take only what is offered: a browser may send anything."""
        spec = self._specs.get(event.args) if isinstance(event.args, str) else None
        if spec is not None and spec.is_enabled:
            on_choose(spec.key)

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        texts = [spec.name if spec.is_enabled else spec.disabled_reason for spec in self._specs.values()]
        return [*super()._displayed_contents(only_visible=only_visible), *texts]


class ModelPicker(ui.element, component="components/model_button.js"):
    """The field "Model" of the controls. ``on_choose`` gets the key of an enabled model."""

    def __init__(self, specs: Sequence[ModelSpec], *, on_choose: Choose) -> None:
        super().__init__()
        self._specs = specs
        self._on_choose = on_choose
        self._place = context.slot.parent
        self._dialog: Dialog | None = None
        self._list: ModelList | None = None
        self._chosen = ""
        self._props.update({"view": {}, "note": "", "error": "", "sprite": asset(SPRITE)})
        self.on("open", lambda _: self._open(), [])

    def show(self, spec: ModelSpec | None, *, unit_credits: int) -> None:
        """Show the chosen model with the price of one picture as it would be made now."""
        self._set("view", _chosen_view(spec, unit_credits))
        self._chosen = spec.key if spec else ""
        if self._list and spec:
            self._list.set_chosen(spec.key)

    def say(self, note: str) -> None:
        """Say what the last change of model meant for the settings."""
        self._set("note", note)

    def set_error(self, error: str) -> None:
        """Show a sentence beside the field, or take it away."""
        self._set("error", error)

    def _set(self, name: str, value: object) -> None:
        """Send nothing that the browser already has."""
        if self._props[name] != value:
            self._props[name] = value

    def _open(self) -> None:
        if self._dialog is None:
            with self._place, Dialog("Choose a model", variant="sheet").classes("models") as self._dialog:
                self._list = ModelList(self._specs, chosen=self._chosen, on_choose=self._choose).mark("models")
        self._dialog.open()

    def _choose(self, model_key: str) -> None:
        if self._dialog is not None:
            self._dialog.close()
        self._on_choose(model_key)

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        view = self._props["view"]
        words = [view.get("name"), view.get("about"), view.get("price"), self._props["note"], self._props["error"]]
        return [*super()._displayed_contents(only_visible=only_visible), *words]


def _chosen_view(spec: ModelSpec | None, unit_credits: int) -> dict[str, str]:
    if spec is None:
        about = "Ask the person who runs this studio to switch one on."
        return {"mark": mark_markup(""), "name": "No model is switched on", "badge": "", "about": about, "price": ""}
    return {
        "mark": mark_markup(spec.family),
        "name": spec.name,
        "badge": spec.badge,
        "about": spec.description,
        "price": f"{unit_credits:,} cr",
    }


def _groups(specs: Sequence[ModelSpec]) -> list[dict[str, Any]]:
    families: dict[str, list[ModelSpec]] = {}
    for spec in specs:
        families.setdefault(spec.family, []).append(spec)
    return [
        {"family": family, "mark": mark_markup(family), "models": [_entry(spec) for spec in group]} for family, group in families.items()
    ]


def _entry(spec: ModelSpec) -> dict[str, str]:
    reason = "" if spec.is_enabled else spec.disabled_reason or "Switched off here."
    price = credits_text(spec.credits) if spec.credits else ""
    return {"key": spec.key, "name": spec.name, "about": spec.description, "badge": spec.badge, "price": price, "reason": reason}
