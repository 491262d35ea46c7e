"""The controls of the studio: they hold one composition and keep fields, price and errors in step with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from nicegui import context

from nyx.clock import Random
from nyx.errors import InsufficientCredits, InvalidInput, NyxError
from nyx.pages.studio.checkout import MoreCredits, cost_view, shortage_words
from nyx.pages.studio.composition import Composition, carry_over, first_choice
from nyx.pages.studio.controls import Controls, ControlsView
from nyx.pages.studio.desk import PromptDesk
from nyx.pages.studio.fields import LONGEST_PROMPT, FieldView, Row, advanced_rows, main_rows, prompt_field, summary_of
from nyx.pages.studio.inputs import places
from nyx.pages.studio.material import Material, Shelves
from nyx.pages.studio.model_picker import Memory, ModelPicker, model_view
from nyx.pages.studio.prompt_help import PromptHelp
from nyx.pages.studio.tools import Tool
from nyx.pages.studio.variations import Outlook
from nyx.services.catalog import ModelSpec, Quote, quote
from nyx.services.generation.pictures import NO_PICTURE
from nyx.services.generation.views import Draft

# Where a refusal of the service is said, when its own name for the field is another.
_PLACES = {"model_key": "model", "aspect_ratio": "ratio", "width_px": "size", "height_px": "size"}


class Composer:
    """``on_change`` is called after every edit, ``on_generate`` for every press of Generate or its shortcut."""

    def __init__(
        self,
        tool: Tool,
        specs: Sequence[ModelSpec],
        *,
        composition: Composition,
        available: int,
        more: MoreCredits,
        random: Random,
        shelves: Shelves,
        desk: PromptDesk,
        memory: Memory,
        on_change: Callable[[], None],
        on_generate: Callable[[], object],
    ) -> None:
        self._tool = tool
        self._specs = {spec.key: spec for spec in specs}
        self._more = more
        self._random = random
        self._on_change = on_change
        self._available = available
        self._note = ""
        self._problem: NyxError | None = None
        self._typed: dict[str, FieldView] = {}  # what the browser holds in each field to type in
        self.composition = composition
        self._help = PromptHelp(desk, self, place=context.slot.parent)
        own = {"model": self._open_models, "generate": on_generate, "roll": self._roll, "lock": self._toggle_lock}
        self._acts = {**own, **self._help.acts}
        self.controls = Controls(on_edit=self._edited, on_act=lambda name: self._acts[name](), on_pick=self._help.pick).mark("controls")
        self._material: Material | None = None
        if tool.takes_pictures:
            with self.controls:
                self._material = Material(shelves, on_change=lambda inputs: self.edit(inputs=inputs))
        self._picker = ModelPicker(specs, tool, memory=memory, on_choose=self._choose_model)
        self._settle()

    @property
    def spec(self) -> ModelSpec | None:
        """The chosen model, when it can be used."""
        spec = self._specs.get(self.composition.model_key)
        return spec if spec and spec.is_enabled else None

    @property
    def _missing(self) -> str:
        """Why Generate can't be pressed yet; empty when it can. What is wrong with the words is said after a press."""
        return NO_PICTURE if self._tool.takes_pictures and not self.composition.inputs else ""

    def drafts(self) -> tuple[Draft, ...]:
        """What is asked for: one, or one for each variation. Raises: InvalidInput, InsufficientCredits."""
        spec = self.spec
        if spec is None:
            raise InvalidInput("Choose a model first.", field="model")
        if self._missing:
            raise InvalidInput(self._missing, field="inputs")
        draft = self.composition.to_draft(spec, capability=self._tool.capability)
        if not draft.prompt:
            raise InvalidInput(f"Describe the {_made(self._tool)} first: the prompt is empty.", field="prompt")
        if len(draft.prompt) > LONGEST_PROMPT:
            raise InvalidInput(
                f"The prompt is too long: {len(draft.prompt):,} of {LONGEST_PROMPT:,} characters. Shorten it a little.", field="prompt"
            )
        drafts = self._help.drafts(draft, spec)
        required = self.price_credits(len(drafts))
        if required > self._available:
            raise InsufficientCredits(required=required, available=self._available)
        return drafts

    def price_credits(self, runs: int) -> int:
        """What the person is told that so many of what is composed cost."""
        return runs * self._quote(self.spec).total_credits if self.spec else 0

    def set_models(self, specs: Sequence[ModelSpec]) -> None:
        """Go on with the models and prices of now."""
        self._specs = {spec.key: spec for spec in specs}
        self._picker.set_models(specs)
        self._settle()

    def load(self, composition: Composition) -> None:
        """Put other settings into the controls, as far as the model takes them."""
        self.composition = composition
        self._settle()
        self._on_change()

    def after_submit(self) -> None:
        """Forget a seed that was not to be kept."""
        self._settle()
        if self.composition.seed and not self.composition.is_seed_locked:
            self.edit(seed="")

    def set_available(self, available: int) -> None:
        """Show another balance."""
        if available != self._available:
            self._available = available
            self._show()

    def show_problem(self, problem: NyxError) -> None:
        """Say what is wrong beside the field it concerns, or at the foot."""
        self._problem = problem
        self._show()
        self.controls.show_problem()

    def edit(self, **changes: object) -> None:
        """Change what stands in the controls."""
        self.composition = replace(self.composition, **changes)  # type: ignore[arg-type]
        self._settle()
        self._on_change()

    def refresh(self) -> None:
        """Show what is there now."""
        if not self.controls.is_deleted:
            self._show()

    # What a person does

    def _edited(self, name: str, value: str) -> None:
        if name in self._typed:
            self._typed[name] = replace(self._typed[name], value=value)
        if name == "outputs":
            self.edit(outputs=int(value))
        else:
            self.edit(**{name: value})

    def _open_models(self) -> Awaitable[None]:
        return self._picker.open(self.composition, available=self._available)

    def _choose_model(self, model_key: str) -> None:
        spec = self._specs[model_key]
        self.composition, dropped = carry_over(self.composition, spec, self._tool)
        self._settle(note=f"{spec.name} can't take {_listed(dropped)}: left out." if dropped else "")
        self._on_change()

    def _roll(self) -> None:
        self.edit(seed=str(self._random.seed_32()))

    def _toggle_lock(self) -> None:
        """A kept seed must be a certain one: keeping "random" rolls it first."""
        is_locked = self.composition.is_seed_locked
        rolled = not is_locked and not self.composition.seed.strip()
        self.edit(is_seed_locked=not is_locked, seed=str(self._random.seed_32()) if rolled else self.composition.seed)

    # What is shown

    def _settle(self, *, note: str = "") -> None:
        """Bring every control in line with the composition; what is said of the last press is over."""
        spec = self.spec or first_choice(self._specs.values())
        wanted = self._specs.get(self.composition.model_key)
        if spec and wanted and wanted is not spec:
            note = f"{wanted.name} can't be used now: {spec.name} is chosen instead."
        if spec:
            self.composition, _ = carry_over(self.composition, spec, self._tool)
        self._note, self._problem = note, None
        self._show()

    def _show(self) -> None:
        spec = self.spec
        unit = self._quote(spec) if spec else None
        ahead = self._help.outlook(spec, price=unit, noun=self._tool.noun) if spec and unit else Outlook()
        price = replace(unit, outputs=unit.outputs * ahead.runs) if unit else None
        rows = main_rows(self._tool, self.composition, spec) if spec else ()
        advanced = advanced_rows(self.composition, spec) if spec else ()
        prompt = prompt_field(self._tool, self.composition)
        names = {"model", "inputs", *[field.name for row in ((prompt,), *rows, *advanced) for field in row]}
        place = self._place(names)
        words = self._problem_words(price)
        shown = [self._finished(row, place, words) for row in ((prompt,), *rows, *advanced)]
        if self._material is not None and spec is not None:
            offered = places(self._tool, spec)
            said = words if place == "inputs" else ""
            self._material.show(offered, self.composition.inputs, ratio=self.composition.ratio, error=said)
        self.controls.show(
            ControlsView(
                title=self._tool.title,
                lead=self._tool.lead_for(sum(one.is_enabled for one in self._specs.values())),
                model=replace(
                    model_view(spec, unit_credits=price.unit_credits if price else 0),
                    note=self._note,
                    error=words if place == "model" else "",
                ),
                prompt=shown[0][0],
                help=self._help.view(ahead, takes_negative="negative_prompt" in names, is_wrong=place == "prompt"),
                rows=tuple(shown[1 : 1 + len(rows)]),
                advanced=tuple(shown[1 + len(rows) :]),
                summary=summary_of(advanced),
                cost=cost_view(
                    price,
                    noun=self._tool.noun,
                    available=self._available,
                    more=self._more,
                    problem="" if place else words,
                    blocked=self._missing,
                ),
            )
        )

    def _finished(self, row: Row, place: str, words: str) -> Row:
        return tuple(_saying(self._as_held(field), words if field.name == place else "") for field in row)

    def _as_held(self, field: FieldView) -> FieldView:
        """A field to type in is left alone, unless its text was changed from here: then it gets a new revision."""
        if not field.is_typed:
            return field
        held = self._typed.get(field.name)
        if held is None:
            shown = self._typed[field.name] = field
            return shown
        if held.value != field.value:
            held = self._typed[field.name] = replace(field, revision=held.revision + 1)
            return held
        before = next((one for one in self.controls.view.fields if one.name == field.name), field)
        return replace(field, revision=held.revision, value=before.value)

    def _place(self, names: set[str]) -> str:
        """The name of the field that is wrong, when it is in sight; empty when it is said at the foot."""
        named = self._problem.field or "" if isinstance(self._problem, InvalidInput) else ""
        place = _PLACES.get(named, named)
        if place == "inputs" and self._material is None:
            return ""
        if place == "size" and place not in names:
            place = "ratio"
        return place if place in names else ""

    def _problem_words(self, price: Quote | None) -> str:
        if isinstance(self._problem, InsufficientCredits):
            # The balance beside the button says how to get more; when it was true a moment ago, the refusal does.
            is_short = bool(shortage_words(price, available=self._available, more=self._more))
            return "Not enough credits yet." if is_short else str(self._problem)
        return str(self._problem) if self._problem else ""

    def _quote(self, spec: ModelSpec) -> Quote:
        return quote(spec, self.composition.to_measure(spec))


def _saying(field: FieldView, error: str) -> FieldView:
    return field if field.error == error else replace(field, error=error)


def _made(tool: Tool) -> str:
    return "picture" if tool.noun == "image" else "clip"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
