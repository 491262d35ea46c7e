"""Styles to choose from, shipped and one's own, in a dialog that is built when first opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from nyx.errors import InvalidInput
from nyx.pages._feedback import feedback
from nyx.pages.studio.desk import PromptDesk
from nyx.services.prompts.views import Preset
from nyx.theme import Dialog, asset
from nyx.theme.icons import SPRITE

_WORDS = ("name", "before", "after", "negative")


class StyleDialog:
    """``on_toggle`` gets the key of a style that was pressed; ``on_change`` is called when the person's own are others than before."""

    def __init__(self, desk: PromptDesk, *, place: ui.element, on_toggle: Callable[[str], None], on_change: Callable[[], None]) -> None:
        self._desk = desk
        self._place = place
        self._on_toggle = on_toggle
        self._on_change = on_change
        self._dialog: Dialog | None = None
        self._list: StyleList | None = None

    async def open(self, chosen: Sequence[str]) -> None:
        """Let the person choose; ``chosen`` are the keys of those in use. Raises: NyxError."""
        await self._desk.read_styles()
        if self._dialog is None:
            with self._place, Dialog("Styles", variant="sheet").classes("models") as self._dialog:
                self._list = StyleList(on_toggle=self._toggle, on_save=self._save, on_delete=self._delete).mark("styles")
        self.show(chosen)
        self._dialog.open()

    def show(self, chosen: Sequence[str]) -> None:
        """Mark those in use."""
        if self._list is not None:
            self._list.show(self._desk.styles, chosen)

    def _toggle(self, key: str) -> None:
        with feedback():
            self._on_toggle(key)

    async def _save(self, key: str, words: dict[str, str]) -> None:
        assert self._list is not None
        with feedback():
            try:
                saved = await self._desk.save_style(key, **words)
            except InvalidInput as problem:
                self._list.refuse(problem.field or "name", str(problem))
                return
            self._list.accept()
            self._on_change()
            if not key:
                self._on_toggle(saved)

    async def _delete(self, key: str) -> None:
        assert self._list is not None
        with feedback():
            await self._desk.delete_style(key)
            self._list.accept()
            self._on_change()


class StyleList(ui.element, component="components/style_list.js"):
    """Every style with what it adds, and a form for one's own; it takes only what it offers."""

    def __init__(
        self,
        *,
        on_toggle: Callable[[str], object],
        on_save: Callable[[str, dict[str, str]], object],
        on_delete: Callable[[str], object],
    ) -> None:
        super().__init__()
        self._styles: dict[str, Preset] = {}
        self._turn = 0
        self._props.update({"styles": [], "outcome": {"turn": 0}, "sprite": asset(SPRITE)})
        self.on("toggle", lambda event: on_toggle(event.args) if event.args in self._keys() else None)
        self.on("save", lambda event: self._save(event, on_save))
        self.on("delete", lambda event: on_delete(event.args) if event.args in self._keys(own=True) else None)

    def show(self, styles: Sequence[Preset], chosen: Sequence[str]) -> None:
        """Nothing is sent to the browser unless something changed."""
        self._styles = {style.key: style for style in styles}
        entries = [{**vars(style), "on": style.key in chosen} for style in styles]
        if entries != self._props["styles"]:
            self._props["styles"] = entries

    def accept(self) -> None:
        """Close the form: what it held is kept now."""
        self._answer()

    def refuse(self, field: str, sentence: str) -> None:
        """Say beside a field of the form what is wrong with it."""
        self._answer(field=field, error=sentence)

    def _answer(self, **outcome: str) -> None:
        self._turn += 1
        self._props["outcome"] = {"turn": self._turn, **outcome}

    def _keys(self, *, own: bool = False) -> list[str]:
        return [key for key, style in self._styles.items() if style.is_own or not own]

    def _save(self, event: GenericEventArguments, on_save: Callable[[str, dict[str, str]], object]) -> object:
        given = event.args if isinstance(event.args, dict) else {}
        words = {name: given.get(name) for name in ("key", *_WORDS)}
        texts = {name: value for name, value in words.items() if isinstance(value, str)}
        if texts.keys() != words.keys() or texts["key"] not in ("", *self._keys(own=True)):
            return None
        return on_save(texts.pop("key"), texts)

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        return [*super()._displayed_contents(only_visible=only_visible), *[style.name for style in self._styles.values()]]
