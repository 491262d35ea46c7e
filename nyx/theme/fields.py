"""Things to fill in: text fields and choices, each one element with its own label, hint and error, usable in native forms too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

from nicegui.elements.mixins.value_element import ValueElement
from nicegui.events import GenericEventArguments, Handler, UiEventArguments, ValueChangeEventArguments, handle_event

from nyx.theme.assets import asset
from nyx.theme.icons import SPRITE

FieldKind = Literal["text", "email", "password", "number", "search", "textarea"]
Options = Mapping[str, str] | Sequence[str]


class _ClientValue(ValueElement[Any]):
    """A value that the browser holds: what the server sets is pushed, what a person enters is not echoed back."""

    VALUE_PROP = "value"
    LOOPBACK = False

    def _handle_value_change(self, value: Any) -> None:
        super()._handle_value_change(value)
        if self._send_update_on_value_change:
            self.run_method("updateValue")

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        words = [self._props.get(name) for name in ("label", "value", "error", "hint", "placeholder")]
        return [*super()._displayed_contents(only_visible=only_visible), *words]


class TextField(_ClientValue, component="components/text_field.js"):
    """A labelled input or text area. The value arrives 250 ms after the last key, at once on leaving the field or submitting."""

    def __init__(
        self,
        label: str,
        *,
        name: str,
        value: str = "",
        kind: FieldKind = "text",
        placeholder: str = "",
        hint: str = "",
        autocomplete: str = "",
        max_length: int | None = None,
        required: bool = False,
        rows: int = 5,
        label_hidden: bool = False,
        on_change: Handler[ValueChangeEventArguments[str]] | None = None,
        on_submit: Handler[UiEventArguments] | None = None,
    ) -> None:
        """``max_length`` shows a counter and cuts nothing off; ``on_submit`` is Ctrl/Cmd+Enter in a text area, Enter elsewhere."""
        super().__init__(value=value, on_value_change=on_change)
        for prop, setting in {"label": label, "name": name, "kind": kind, "rows": rows, "sprite": asset(SPRITE)}.items():
            self._props[prop] = setting
        for prop, words in {"placeholder": placeholder, "hint": hint, "autocomplete": autocomplete, "max-length": max_length}.items():
            self._props.set_optional(prop, words or None)
        self._props.set_bool("required", required)
        self._props.set_bool("label-hidden", label_hidden)
        if on_submit is not None:
            self.on("submit", lambda _: handle_event(on_submit, UiEventArguments(sender=self, client=self.client)), [])

    def set_error(self, error: str | None) -> Self:
        """Show a sentence beside the field, or take it away; what was typed stays."""
        self._props.set_optional("error", error or None)
        return self

    def focus(self) -> None:
        """Put the cursor into the field."""
        self.run_method("focus")

    def _event_args_to_value(self, e: GenericEventArguments) -> str:
        return e.args if isinstance(e.args, str) else str(self.value)


class _Choice(_ClientValue, component="components/choice.js"):
    def __init__(
        self,
        label: str,
        options: Options,
        *,
        value: str,
        chips: bool,
        name: str | None,
        label_hidden: bool,
        on_change: Handler[ValueChangeEventArguments[str]] | None,
    ) -> None:
        self._options = _texts(options)
        super().__init__(value=value, on_value_change=on_change)
        self._props["label"] = label
        self._props["name"] = name or self.html_id
        self._props["options"] = _option_list(self._options)
        self._props.set_bool("chips", chips)
        self._props.set_bool("label-hidden", label_hidden)

    def _event_args_to_value(self, e: GenericEventArguments) -> str:
        """Take only what was offered: a browser may send anything."""
        return e.args if isinstance(e.args, str) and e.args in self._options else str(self.value)

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        return [*super()._displayed_contents(only_visible=only_visible), *self._options.values()]


class Chips(_Choice):
    """One of a few, all in sight: a radio group, with the arrow keys. Options map value to text, or are both at once."""

    def __init__(
        self,
        label: str,
        options: Options,
        *,
        value: str,
        name: str | None = None,
        label_hidden: bool = False,
        on_change: Handler[ValueChangeEventArguments[str]] | None = None,
    ) -> None:
        super().__init__(label, options, value=value, chips=True, name=name, label_hidden=label_hidden, on_change=on_change)


class Select(_Choice):
    """One of many, in the browser's own list. Options map value to text, or are both at once."""

    def __init__(
        self,
        label: str,
        options: Options,
        *,
        value: str,
        name: str | None = None,
        label_hidden: bool = False,
        on_change: Handler[ValueChangeEventArguments[str]] | None = None,
    ) -> None:
        super().__init__(label, options, value=value, chips=False, name=name, label_hidden=label_hidden, on_change=on_change)


def _texts(options: Options) -> dict[str, str]:
    return dict(options) if isinstance(options, Mapping) else {option: option for option in options}


def _option_list(texts: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"value": value, "text": text} for value, text in texts.items()]
