"""Choose a model: all of them in a dialog that is filled when first opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nicegui import context, ui
from nicegui.events import GenericEventArguments

from nyx.pages._words import credits_text
from nyx.pages.studio.controls import ModelView
from nyx.services.catalog import ModelSpec
from nyx.theme import Dialog, mark_markup

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
        if self._props["chosen"] != model_key:
            self._props["chosen"] = model_key

    def _choose(self, event: GenericEventArguments, on_choose: Choose) -> None:
        """Take only what is offered: a browser may send anything."""
        spec = self._specs.get(event.args) if isinstance(event.args, str) else None
        if spec is not None and spec.is_enabled:
            on_choose(spec.key)

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        texts = [spec.name if spec.is_enabled else spec.disabled_reason for spec in self._specs.values()]
        return [*super()._displayed_contents(only_visible=only_visible), *texts]


class ModelPicker:
    """The dialog behind the field "Model". ``on_choose`` gets the key of an enabled model."""

    def __init__(self, specs: Sequence[ModelSpec], *, on_choose: Choose) -> None:
        self._specs = specs
        self._on_choose = on_choose
        self._place = context.slot.parent
        self._dialog: Dialog | None = None
        self._list: ModelList | None = None

    def open(self, chosen: str) -> None:
        """Let the person choose; ``chosen`` is the one that is used now."""
        if self._dialog is None:
            with self._place, Dialog("Choose a model", variant="sheet").classes("models") as self._dialog:
                self._list = ModelList(self._specs, chosen=chosen, on_choose=self._choose).mark("models")
        assert self._list is not None
        self._list.set_chosen(chosen)
        self._dialog.open()

    def _choose(self, model_key: str) -> None:
        if self._dialog is not None:
            self._dialog.close()
        self._on_choose(model_key)


def model_view(spec: ModelSpec | None, *, unit_credits: int) -> ModelView:
    """The chosen model with the price of one output as it would be made now."""
    if spec is None:
        about = "Ask the person who runs this studio to switch one on."
        return ModelView(mark=mark_markup(""), name="No model is switched on", about=about)
    return ModelView(mark=mark_markup(spec.family), name=spec.name, badge=spec.badge, about=spec.description, price=f"{unit_credits:,} cr")


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
