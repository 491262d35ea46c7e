"""Choose a model: the chosen one as a button, all others behind it in a dialog that is filled when first opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from nyx.pages.studio.words import credits_text
from nyx.services.catalog import ModelSpec
from nyx.theme import Dialog, Text, icon, mark_markup

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


class ModelPicker:
    """The field "Model" of the controls. ``on_choose`` gets the key of an enabled model."""

    def __init__(self, specs: Sequence[ModelSpec], *, on_choose: Choose) -> None:
        self._specs = specs
        self._on_choose = on_choose
        self._list: ModelList | None = None
        with ui.element("div").classes("field"):
            label = Text("span", "Model", classes="lab")
            with ui.element("button").classes("model").mark("model") as button:
                button.props.update({"type": "button", "aria-haspopup": "dialog", "aria-describedby": label.html_id})
                self._mark = ui.html("", sanitize=False, tag="span").classes("ico")
                with ui.element("span").classes("words"):
                    with ui.element("span").classes("name"):
                        self._name = Text("span")
                        self._badge = Text("span", classes="badge hot")
                    self._about = Text("span", classes="about")
                self._price = Text("span", classes="price mono")
                icon("chevron-down")
            button.on("click", lambda _: self._open(), [])
            self._note = Text("p", classes="hint")
            self._note.props["role"] = "status"
            self._error = Text("p", classes="error")
            self._error.props["role"] = "alert"
        self._dialog = Dialog("Choose a model", variant="sheet").classes("models")

    def show(self, spec: ModelSpec | None, *, unit_credits: int) -> None:
        """Show the chosen model with the price of one picture as it would be made now."""
        self._mark.set_content(mark_markup(spec.family if spec else ""))
        self._name.set_text(spec.name if spec else "No model is switched on")
        self._badge.set_text(spec.badge if spec else "")
        self._badge.set_visibility(bool(spec and spec.badge))
        self._about.set_text(spec.description if spec else "Ask the person who runs this studio to switch one on.")
        self._price.set_text(f"{unit_credits:,} cr" if spec else "")
        if self._list and spec:
            self._list.set_chosen(spec.key)
        self._chosen = spec.key if spec else ""

    def say(self, note: str) -> None:
        """Say what the last change of model meant for the settings."""
        self._note.set_text(note)
        self._note.set_visibility(bool(note))

    def set_error(self, error: str) -> None:
        """Show a sentence beside the field, or take it away."""
        self._error.set_text(error)
        self._error.set_visibility(bool(error))

    def _open(self) -> None:
        if self._list is None:
            with self._dialog:
                self._list = ModelList(self._specs, chosen=self._chosen, on_choose=self._choose).mark("models")
        self._dialog.open()

    def _choose(self, model_key: str) -> None:
        self._dialog.close()
        self._on_choose(model_key)


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
