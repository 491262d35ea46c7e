"""The controls of the studio: they hold one composition and keep price, offers and errors in step with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from nicegui import ui

from nyx.clock import Random
from nyx.errors import InsufficientCredits, InvalidInput, NyxError
from nyx.pages.studio.advanced import Advanced
from nyx.pages.studio.checkout import Checkout, MoreCredits
from nyx.pages.studio.composition import Composition, carry_over, first_choice
from nyx.pages.studio.model_picker import ModelPicker
from nyx.pages.studio.shape_fields import ShapeFields
from nyx.services.catalog import ModelSpec, Quote, quote
from nyx.services.generation.views import Draft
from nyx.theme import Text, TextField

LONGEST_PROMPT = 5_000
_SHAPE_FIELDS = frozenset({"size", "aspect_ratio", "width_px", "height_px", "outputs"})


# A field under "Advanced" may be folded away or hidden behind the foot.
_SHOW_PROBLEM = """setTimeout(() => {
  const field = document.querySelector('.controls [aria-invalid="true"], .controls .error:not(:empty)');
  field?.scrollIntoView({ block: "center" });
  field?.focus?.({ preventScroll: true });
}, 150)"""


class Composer:
    """``on_change`` is called after every edit, ``on_generate`` for every press of Generate or its shortcut."""

    def __init__(
        self,
        specs: Sequence[ModelSpec],
        *,
        composition: Composition,
        available: int,
        more: MoreCredits,
        random: Random,
        on_change: Callable[[], None],
        on_generate: Callable[[], object],
    ) -> None:
        self._specs = {spec.key: spec for spec in specs}
        self._on_change = on_change
        self._available = available
        self.composition = composition
        with ui.element("section").classes("controls") as panel:
            panel.props["aria-label"] = "Settings"
            with ui.element("div").classes("scroll"):
                _heading(specs)
                self._picker = ModelPicker(specs, on_choose=self._choose_model).mark("model")
                self.prompt = TextField(
                    "Prompt",
                    name="prompt",
                    kind="textarea",
                    rows=6,
                    max_length=LONGEST_PROMPT,
                    value=composition.prompt,
                    placeholder="What should be in the picture? Subject, place, light, style.",
                    on_change=lambda event: self._edit(prompt=event.value),
                    on_submit=on_generate,
                ).mark("prompt")
                self._shape = ShapeFields(on_edit=self._edit)
                self._advanced = Advanced(random=random, on_edit=self._edit)
            self.checkout = Checkout(more=more, on_generate=on_generate)
        self._settle()

    @property
    def spec(self) -> ModelSpec | None:
        """The chosen model, when it can be used."""
        spec = self._specs.get(self.composition.model_key)
        return spec if spec and spec.is_enabled else None

    def draft(self) -> Draft:
        """What is asked for. Raises: InvalidInput, InsufficientCredits."""
        spec = self.spec
        if spec is None:
            raise InvalidInput("Choose a model first.", field="model")
        draft = self.composition.to_draft(spec)
        if not draft.prompt:
            raise InvalidInput("Describe the picture first: the prompt is empty.", field="prompt")
        if len(draft.prompt) > LONGEST_PROMPT:
            raise InvalidInput(
                f"The prompt is too long: {len(draft.prompt):,} of {LONGEST_PROMPT:,} characters. Shorten it a little.", field="prompt"
            )
        if self.checkout.is_short:
            raise InsufficientCredits(required=self._quote(spec).total_credits, available=self._available)
        return draft

    def load(self, composition: Composition, *, note: str = "") -> None:
        """Put other settings into the controls, as far as the model takes them."""
        self.composition = composition
        self._settle(note=note)
        self._on_change()

    def after_submit(self) -> None:
        """Forget a seed that was not to be kept."""
        self.show_problem(None)
        if self.composition.seed and not self.composition.is_seed_locked:
            self._edit(seed="")

    def set_available(self, available: int) -> None:
        """Show another balance."""
        self._available = available
        self._show_price()

    def show_problem(self, problem: NyxError | None) -> None:
        """Say what is wrong beside the field it concerns, or at the foot; None takes every sentence away."""
        field = problem.field or "" if isinstance(problem, InvalidInput) else ""
        words = self._problem_words(problem)
        self.prompt.set_error(words if field == "prompt" else None)
        self._picker.set_error(words if field in ("model", "model_key") else "")
        self._shape.set_error(words if field in _SHAPE_FIELDS else "")
        self._advanced.clear_errors()
        in_place = field in ("prompt", "model", "model_key") or field in _SHAPE_FIELDS or self._advanced.set_error(field, words)
        self.checkout.set_problem("" if in_place else words)
        if field == "prompt":
            self.prompt.focus()
        elif problem is not None and in_place:
            ui.run_javascript(_SHOW_PROBLEM)

    def _problem_words(self, problem: NyxError | None) -> str:
        if isinstance(problem, InsufficientCredits):
            # The balance beside the button says how to get more; when it was true a moment ago, the refusal does.
            return "Not enough credits yet." if self.checkout.is_short else str(problem)
        return str(problem) if problem else ""

    def _choose_model(self, model_key: str) -> None:
        spec = self._specs[model_key]
        self.composition, dropped = carry_over(self.composition, spec)
        self._settle(note=f"{spec.name} can't take {_listed(dropped)}: left out." if dropped else "")
        self._on_change()

    def _edit(self, **changes: object) -> None:
        self.composition = replace(self.composition, **changes)  # type: ignore[arg-type]
        self._settle()
        self._on_change()

    def _settle(self, *, note: str = "") -> None:
        """Bring every control in line with the composition; elements that already are send nothing."""
        spec = self.spec or first_choice(self._specs.values())
        if spec:
            self.composition, _ = carry_over(self.composition, spec)
        if self.prompt.value != self.composition.prompt:
            self.prompt.set_value(self.composition.prompt)
        self._shape.show(self.composition, spec)
        self._advanced.show(self.composition, spec)
        self._picker.say(note)
        self._show_price()
        self.show_problem(None)

    def _show_price(self) -> None:
        spec = self.spec
        price = self._quote(spec) if spec else None
        self._picker.show(spec, unit_credits=price.unit_credits if price else 0)
        self.checkout.show(price, available=self._available)

    def _quote(self, spec: ModelSpec) -> Quote:
        return quote(spec, self.composition.to_measure(spec))


def _heading(specs: Sequence[ModelSpec]) -> None:
    count = sum(spec.is_enabled for spec in specs)
    draw = "1 model draws" if count == 1 else f"{count} models draw"
    with ui.element("div"):
        Text("h1", "Text to image")
        Text("p", f"Describe it. {draw} it.", classes="muted lead")


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
