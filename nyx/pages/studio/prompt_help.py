"""Help around the prompt field: a suggestion to accept or not, styles, the library, and what a press would run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from nicegui import ui

from nyx.errors import InvalidInput, NyxError
from nyx.pages._feedback import feedback
from nyx.pages.studio.composition import MOST_STYLES, Composition
from nyx.pages.studio.controls import HelpView, PresetChip
from nyx.pages.studio.desk import PromptDesk
from nyx.pages.studio.library import Library
from nyx.pages.studio.negatives import NegativeDialog
from nyx.pages.studio.styles import StyleDialog
from nyx.pages.studio.variations import Outlook, drafts_of, outlook
from nyx.services.catalog import ModelSpec, Quote
from nyx.services.generation.views import Draft
from nyx.services.prompts.presets import merged
from nyx.services.prompts.views import Enhancement, Preset
from nyx.services.prompts.wildcards import has_wildcards, literal

_TEMPLATE = "by a template of this sandbox, not a model"


class Box(Protocol):
    """What prompt help may do with the controls."""

    composition: Composition

    def edit(self, **changes: object) -> None: ...

    def refresh(self) -> None: ...


@dataclass(frozen=True)
class _Step:
    """A prompt that was put into the box, and what stood there before."""

    prompt: str
    before: Composition
    said: str


class PromptHelp:
    """``place`` is where its panels are built, each when it is first opened."""

    def __init__(self, desk: PromptDesk, box: Box, *, place: ui.element) -> None:
        self._desk = desk
        self._box = box
        self._is_busy = False
        self._suggestion: Enhancement | None = None
        self._step: _Step | None = None
        self._problem = ("", "")  # the prompt it is about, and the sentence
        self._styles = StyleDialog(desk, place=place, on_toggle=self._toggle, on_change=self._presets_changed)
        self._negatives = NegativeDialog(desk, place=place, on_change=box.refresh)
        self._library = Library(desk, place=place, on_use=self._take)
        self.acts: Mapping[str, Callable[[], object]] = {
            "enhance": self._enhance,
            "use": self._use,
            "keep": self._keep,
            "undo": self._undo,
            "library": self._library.open,
            "history": self._library.open_history,
            "styles": self._open_styles,
            "negatives": self._open_negatives,
            "advanced": self._read_negatives,
        }
        self._has_read_negatives = False

    def drafts(self, draft: Draft, spec: ModelSpec) -> tuple[Draft, ...]:
        """What is sent for one press. Raises: InvalidInput."""
        return drafts_of(draft, self._chosen, takes_negative=spec.takes("negative_prompt"))

    def outlook(self, spec: ModelSpec, *, price: Quote, noun: str) -> Outlook:
        """What a press would run."""
        now = self._box.composition
        draft = Draft(model_key=spec.key, prompt=now.prompt.strip(), negative_prompt=now.negative_prompt.strip())
        return outlook(draft, self._chosen, takes_negative=spec.takes("negative_prompt"), price=price, noun=noun)

    def view(self, ahead: Outlook, *, takes_negative: bool, is_wrong: bool) -> HelpView:
        """What stands under the prompt; ``is_wrong`` when the field itself says what is wrong."""
        prompt = self._box.composition.prompt
        if self._step is not None and self._step.prompt != prompt:
            self._step = None
        suggestion = self._suggestion
        return HelpView(
            busy=self._is_busy,
            suggestion=suggestion.prompt if suggestion else "",
            by=_by(suggestion) if suggestion else "",
            problem=self._problem[1] if self._problem[0] == prompt else "",
            undo=self._step.said if self._step else "",
            styles=tuple(PresetChip(style.key, style.name, _adds(style)) for style in self._chosen),
            line=ahead.line,
            prompts=ahead.prompts,
            trouble="" if is_wrong else ahead.trouble,
            negatives=tuple(PresetChip(one.key, one.name, one.negative) for one in self._desk.negatives) if takes_negative else (),
        )

    def pick(self, kind: str, key: str) -> None:
        """Take a style away, or add a negative preset; what is not offered is ignored."""
        if kind == "style" and key in self._box.composition.styles:
            self._toggle(key)
        preset = next((one for one in self._desk.negatives if one.key == key), None)
        if kind == "negative" and preset is not None:
            self._box.edit(negative_prompt=merged(self._box.composition.negative_prompt, preset.negative))

    # A suggestion

    async def _enhance(self) -> None:
        if self._is_busy:
            return
        asked = self._box.composition.prompt
        self._is_busy, self._suggestion, self._problem = True, None, ("", "")
        self._box.refresh()
        try:
            with feedback():
                self._suggestion = await self._asked(asked)
        finally:
            self._is_busy = False
            self._box.refresh()

    async def _asked(self, prompt: str) -> Enhancement | None:
        try:
            return await self._desk.enhance(prompt)
        except NyxError as problem:
            self._problem = (self._box.composition.prompt, str(problem))
            return None

    def _use(self) -> None:
        if self._suggestion is None:
            return
        text, self._suggestion = self._suggestion.prompt, None
        self._put(text if _is_template(self._box.composition.prompt) else literal(text), said="The suggestion is in the box.")

    def _keep(self) -> None:
        self._suggestion = None
        self._box.refresh()

    # Prompts from elsewhere

    def _take(self, prompt: str, *, is_past: bool) -> None:
        """A prompt of one's own is taken as it was sent, with the words of its styles in it."""
        if is_past:
            self._put(literal(prompt), said="Your earlier prompt is in the box.", styles=())
        else:
            self._put(prompt, said="The prompt of the library is in the box.")

    def _put(self, prompt: str, *, said: str, **changes: object) -> None:
        before = self._box.composition
        self._box.edit(prompt=prompt, **changes)
        self._step = _Step(prompt, before, said)
        self._box.refresh()

    def _undo(self) -> None:
        step, self._step = self._step, None
        if step is not None:
            self._box.edit(prompt=step.before.prompt, styles=step.before.styles)

    # Presets

    @property
    def _chosen(self) -> tuple[Preset, ...]:
        return self._desk.chosen(self._box.composition.styles)

    async def _open_styles(self) -> None:
        with feedback():
            await self._styles.open(self._box.composition.styles)

    def _toggle(self, key: str) -> None:
        styles = self._box.composition.styles
        if key in styles:
            self._box.edit(styles=tuple(one for one in styles if one != key))
        elif len(styles) < MOST_STYLES:
            self._box.edit(styles=(*styles, key))
        else:
            raise InvalidInput(f"{MOST_STYLES} styles at once are the most. Take one away first.")
        self._styles.show(self._box.composition.styles)

    def _presets_changed(self) -> None:
        """One of the person's own was saved, changed or deleted."""
        styles = tuple(style.key for style in self._chosen)
        self._box.edit(styles=styles)
        self._styles.show(styles)

    async def _open_negatives(self) -> None:
        with feedback():
            await self._negatives.open(self._box.composition.negative_prompt)
            self._box.refresh()

    async def _read_negatives(self) -> None:
        """A person's own are read when the field is first in sight."""
        if not self._has_read_negatives:
            with feedback():
                await self._desk.read_negatives()
                self._has_read_negatives = True
                self._box.refresh()


def _by(suggestion: Enhancement) -> str:
    return _TEMPLATE if suggestion.is_by_template else f"by {suggestion.written_by}"


def _adds(style: Preset) -> str:
    words = " … ".join((style.before, style.after)) if style.before and style.after else style.before or style.after
    return " – without: ".join(filter(None, (words, style.negative)))


def _is_template(prompt: str) -> bool:
    try:
        return has_wildcards(prompt)
    except InvalidInput:
        return False
