"""The left side of the studio as one element: it is fed data and reports what is edited and pressed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from nyx import theme
from nyx.pages.studio.fields import FieldView, Row
from nyx.theme import asset
from nyx.theme.icons import SPRITE

# What components import: the theme's own and each other.
SHARED = {"nyx-theme": str(Path(theme.__file__).parent / "components"), "nyx-studio": str(Path(__file__).parent / "components")}
ACTS = frozenset(
    {"model", "generate", "roll", "lock", "enhance", "use", "keep", "undo", "library", "history", "styles", "negatives", "advanced"}
)


@dataclass(frozen=True, kw_only=True)
class ModelView:
    """The chosen model. ``mark`` is our own markup; ``note`` says what its choice meant for the settings."""

    mark: str = ""
    name: str = ""
    badge: str = ""
    about: str = ""
    price: str = ""
    note: str = ""
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class CostView:
    """What it costs out of what there is. ``blocked`` is why Generate can't be pressed; empty when it can."""

    sum: str = ""
    total: str = ""
    balance: str = ""
    shortage: str = ""
    problem: str = ""
    blocked: str = ""


@dataclass(frozen=True)
class PresetChip:
    """A style in use or a negative preset to add; ``adds`` says what it is."""

    key: str
    name: str
    adds: str


@dataclass(frozen=True, kw_only=True)
class HelpView:
    """What stands under the prompt. ``suggestion`` is a better prompt and ``by`` who wrote it; ``undo`` says what was put into the box.

    ``line`` and ``prompts`` are what will be sent, where that is not what was typed; ``trouble`` why it can't be sent.
    """

    busy: bool = False
    suggestion: str = ""
    by: str = ""
    problem: str = ""
    undo: str = ""
    styles: tuple[PresetChip, ...] = ()
    line: str = ""
    prompts: tuple[str, ...] = ()
    trouble: str = ""
    negatives: tuple[PresetChip, ...] = ()

    def words(self) -> list[str]:
        """What a person can read."""
        chips = [chip.name for chip in (*self.styles, *self.negatives)]
        return [self.suggestion, self.by, self.problem, self.undo, self.line, *self.prompts, self.trouble, *chips]


@dataclass(frozen=True, kw_only=True)
class ControlsView:
    """Everything on the left side. Frozen, so that what did not change is not sent again."""

    title: str
    lead: str
    prompt: FieldView
    model: ModelView = field(default_factory=ModelView)
    help: HelpView = field(default_factory=HelpView)
    rows: tuple[Row, ...] = ()
    advanced: tuple[Row, ...] = ()
    summary: str = ""
    cost: CostView = field(default_factory=CostView)

    @property
    def fields(self) -> Iterator[FieldView]:
        """Every setting that is shown."""
        yield self.prompt
        for row in (*self.rows, *self.advanced):
            yield from row

    def words(self) -> list[str]:
        """What a person can read."""
        said = [self.title, self.lead, *vars(self.model).values(), *vars(self.cost).values(), self.summary]
        for one in self.fields:
            said += [one.label, one.value, one.error, one.placeholder, *[option.text for option in one.options]]
        return said + self.help.words()


class Controls(ui.element, component="components/controls.js", esm=SHARED):
    """``on_edit`` gets a field's name and its text; ``on_act`` the name of what was pressed; ``on_pick`` the kind and key of a preset.

    What is built inside stands above the prompt.
    """

    def __init__(
        self, *, on_edit: Callable[[str, str], None], on_act: Callable[[str], object], on_pick: Callable[[str, str], None]
    ) -> None:
        super().__init__()
        self._view: ControlsView | None = None
        self._is_busy = False
        self._on_edit = on_edit
        self._on_pick = on_pick
        self._props["sprite"] = asset(SPRITE)
        self.on("edit", self._edited)
        self.on("pick", self._picked)
        self.on("act", lambda event: on_act(event.args) if event.args in ACTS else None)

    @property
    def view(self) -> ControlsView:
        """What is shown now."""
        assert self._view is not None
        return self._view

    def show(self, view: ControlsView) -> None:
        """Send it, unless it is what is shown already."""
        if view != self._view:
            self._view = view
            self._props["view"] = view

    def set_busy(self, busy: bool) -> None:
        """While a press is carried out Generate can't be pressed again."""
        self._props["busy"] = busy

    def show_problem(self) -> None:
        """Bring the field that is wrong into sight and into focus."""
        self.run_method("showProblem")

    def focus_prompt(self) -> None:
        """Put the cursor into the prompt."""
        self.run_method("focusPrompt")

    def _edited(self, event: GenericEventArguments) -> None:
        """Take only what is offered: a browser may send anything."""
        name, value = event.args if isinstance(event.args, list) and len(event.args) == 2 else ("", "")
        shown = next((one for one in self.view.fields if one.name == name), None)
        if shown is None or not isinstance(value, str):
            return
        if shown.is_typed or value in {option.value for option in shown.options}:
            self._on_edit(shown.name, value)

    def _picked(self, event: GenericEventArguments) -> None:
        kind, key = event.args if isinstance(event.args, list) and len(event.args) == 2 else ("", "")
        if isinstance(kind, str) and isinstance(key, str):
            self._on_pick(kind, key)

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        return [*super()._displayed_contents(only_visible=only_visible), *self.view.words()]
