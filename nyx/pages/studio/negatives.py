"""One's own negative presets: keep what stands in the field under a name, give one another name or other words, or delete it."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from nyx.pages._feedback import feedback
from nyx.pages.studio.desk import PromptDesk
from nyx.services.prompts.views import Preset
from nyx.theme import Button, Dialog, IconButton, Text, TextField

# Once the row is there again.
_FOCUS_PENCIL = """setTimeout(() => document.querySelector("[data-preset-was-open='true']")?.focus(), 50);"""


class NegativeDialog:
    """Built when first opened. ``on_change`` is called when there are others than before."""

    def __init__(self, desk: PromptDesk, *, place: ui.element, on_change: Callable[[], None]) -> None:
        self._desk = desk
        self._place = place
        self._on_change = on_change
        self._dialog: Dialog | None = None
        self._edited = ""  # the key of the one whose row is a form now
        self._was_edited = ""

    async def open(self, negative_prompt: str) -> None:
        """``negative_prompt`` is what stands in the field: what a new preset would keep. Raises: NyxError."""
        await self._desk.read_negatives()
        if self._dialog is None:
            with self._place, Dialog("Your negative presets", variant="sheet") as self._dialog:
                self._name = TextField("Name", name="preset-name", max_length=60, on_submit=self._save)
                self._words = TextField("What to leave out", name="preset-negative", kind="textarea", rows=3, max_length=2_000)
                with ui.element("div").classes("dialog-actions"):
                    self._button = Button("Save as a preset", kind="primary", on_click=self._save)
                self._own = ui.element("div").classes("own-presets")
        self._name.set_value("")
        self._words.set_value(negative_prompt)
        self._edited = ""
        self._show()
        self._dialog.open()

    def _show(self) -> None:
        self._own.clear()
        with self._own:
            for preset in self._desk.negatives:
                if preset.is_own and preset.key == self._edited:
                    self._form(preset)
                elif preset.is_own:
                    self._row(preset)

    def _row(self, preset: Preset) -> None:
        with ui.element("div").classes("row between"):
            with ui.element("div").classes("grow"):
                Text("b", preset.name)
                Text("p", preset.negative, classes="small muted")
            pencil = IconButton(f"Change {preset.name}", icon="pencil", on_click=lambda: self._edit(preset.key))
            pencil.props["data-preset-was-open"] = preset.key == self._was_edited

    def _form(self, preset: Preset) -> None:
        """In the row's own place, so that nobody loses sight of which one it is."""

        async def save() -> None:
            with feedback({"name": name, "negative": words}):
                await self._desk.change_negative(preset.key, name=str(name.value), negative=str(words.value))
                self._edit("")
                self._on_change()

        with ui.element("div").classes("preset-form"):
            name = TextField("New name", name="new-name", value=preset.name, max_length=60, on_submit=save)
            words = TextField("What it leaves out", name="new-negative", kind="textarea", rows=3, max_length=2_000, on_submit=save)
            words.set_value(preset.negative)
            with ui.element("div").classes("dialog-actions"):
                Button("Delete it", kind="danger", on_click=lambda: self._delete(preset.key))
                ui.element("span").classes("spacer")
                Button("Back", kind="ghost", on_click=lambda: self._edit(""))
                Button("Save the change", kind="primary", on_click=save)
        name.focus()

    def _edit(self, key: str) -> None:
        """Make a form of one row, or with an empty key of none; then the pencil that opened it has the focus again."""
        self._was_edited, self._edited = self._edited, key
        self._show()
        if not key:
            self._own.client.run_javascript(_FOCUS_PENCIL)

    async def _save(self) -> None:
        with feedback({"name": self._name, "negative": self._words}):
            await self._desk.save_negative(name=str(self._name.value), negative=str(self._words.value))
            self._name.set_value("")
            self._changed()

    async def _delete(self, key: str) -> None:
        with feedback():
            await self._desk.delete_negative(key)
            self._edited = ""
            self._changed()
            self._name.focus()

    def _changed(self) -> None:
        self._show()
        self._on_change()
