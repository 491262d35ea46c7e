"""Choose a model: all of them in a dialog that is filled when first opened, with what this person used and marked on top."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nicegui import context, ui
from nicegui.events import GenericEventArguments

from nyx.pages._feedback import feedback
from nyx.pages._words import counted
from nyx.pages.studio.composition import Composition, carry_over
from nyx.pages.studio.controls import ModelView
from nyx.pages.studio.inputs import places
from nyx.pages.studio.tools import Tool
from nyx.services.catalog import CatalogService, ModelSpec, quote
from nyx.services.generation.service import GenerationService
from nyx.theme import Dialog, asset, mark_markup
from nyx.theme.icons import SPRITE

Choose = Callable[[str], None]
_FRAMES = "first and last frame"


@dataclass(frozen=True)
class Memory:
    """Which models one person used last for this tool, and which they marked."""

    catalog: CatalogService
    generations: GenerationService
    owner_id: str
    capability: str

    async def used(self) -> tuple[str, ...]:
        """Keys, the latest first."""
        return await self.generations.list_used_models(owner_id=self.owner_id, capability=self.capability)

    async def favourites(self) -> tuple[str, ...]:
        """Keys, the oldest mark first."""
        return await self.catalog.list_favourites(owner_id=self.owner_id)

    async def mark(self, model_key: str, is_favourite: bool) -> None:
        """Set or take away the star."""
        await self.catalog.set_favourite(model_key, owner_id=self.owner_id, is_favourite=is_favourite)


class ModelList(ui.element, component="components/model_list.js"):
    """Every model of the tool by family, searched and sorted in the browser; what is switched off says why.

    ``on_mark`` gets a model's key and whether it is to be a favourite.
    """

    def __init__(self, specs: Sequence[ModelSpec], tool: Tool, *, on_choose: Choose, on_mark: Callable[[str, bool], Any]) -> None:
        super().__init__()
        self._specs = {spec.key: spec for spec in specs}
        self._on_choose = on_choose
        self._on_mark = on_mark
        self._props.update({"groups": _groups(specs, tool), "sprite": asset(SPRITE), "noun": tool.noun})
        self._props.update({"chosen": "", "prices": {}, "available": 0, "outputs": 1, "used": (), "favourites": ()})
        self.on("choose", self._choose)
        self.on("mark", self._mark)

    def offer(self, specs: Sequence[ModelSpec], tool: Tool) -> None:
        """The models to choose from."""
        self._specs = {spec.key: spec for spec in specs}
        self.show(groups=_groups(specs, tool))

    def show(self, **changes: object) -> None:
        """Send what changed, at once."""
        new = {name: value for name, value in changes.items() if self._props.get(name) != value}
        if new:
            self._props.update(new)

    def _choose(self, event: GenericEventArguments) -> None:
        """Take only what is offered: a browser may send anything."""
        spec = self._specs.get(event.args) if isinstance(event.args, str) else None
        if spec is not None and spec.is_enabled:
            self._on_choose(spec.key)

    async def _mark(self, event: GenericEventArguments) -> None:
        key, is_favourite = event.args if isinstance(event.args, list) and len(event.args) == 2 else ("", False)
        if isinstance(key, str) and key in self._specs:
            await self._on_mark(key, is_favourite is True)

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        texts = [spec.name if spec.is_enabled else spec.disabled_reason for spec in self._specs.values()]
        return [*super()._displayed_contents(only_visible=only_visible), *texts]


class ModelPicker:
    """The dialog behind the field "Model". ``on_choose`` gets the key of an enabled model."""

    def __init__(self, specs: Sequence[ModelSpec], tool: Tool, *, memory: Memory, on_choose: Choose) -> None:
        self._specs = specs
        self._tool = tool
        self._memory = memory
        self._on_choose = on_choose
        self._place = context.slot.parent
        self._dialog: Dialog | None = None
        self._list: ModelList | None = None

    def open(self, composition: Composition, *, available: int) -> Awaitable[None]:
        """Let the person choose, at the prices of what is composed now; what is remembered of them follows when awaited."""
        if self._dialog is None:
            with self._place, Dialog("Choose a model", variant="sheet").classes("models") as self._dialog:
                self._list = ModelList(self._specs, self._tool, on_choose=self._choose, on_mark=self._mark).mark("models")
        assert self._list is not None
        prices = unit_prices(self._specs, composition, self._tool)
        self._list.show(chosen=composition.model_key, prices=prices, available=available, outputs=composition.outputs)
        self._dialog.open()
        return self._remember(self._list)

    def set_models(self, specs: Sequence[ModelSpec]) -> None:
        """Offer these from now on."""
        self._specs = specs
        if self._list is not None:
            self._list.offer(specs, self._tool)

    async def _remember(self, shown: ModelList) -> None:
        with feedback():
            shown.show(used=await self._memory.used(), favourites=await self._memory.favourites())

    def _choose(self, model_key: str) -> None:
        if self._dialog is not None:
            self._dialog.close()
        self._on_choose(model_key)

    async def _mark(self, model_key: str, is_favourite: bool) -> None:
        with feedback():
            await self._memory.mark(model_key, is_favourite)
            assert self._list is not None
            self._list.show(favourites=await self._memory.favourites())


def model_view(spec: ModelSpec | None, *, unit_credits: int) -> ModelView:
    """The chosen model with the price of one output as it would be made now."""
    if spec is None:
        about = "Ask the person who runs this studio to switch one on."
        return ModelView(mark=mark_markup(""), name="No model is switched on", about=about)
    return ModelView(mark=mark_markup(spec.family), name=spec.name, badge=spec.badge, about=spec.description, price=f"{unit_credits:,} cr")


def unit_prices(specs: Sequence[ModelSpec], composition: Composition, tool: Tool) -> Mapping[str, int]:
    """What one output would cost with each model, as far as it can take what is composed."""
    sold = (spec for spec in specs if spec.is_enabled and spec.credits)
    carried = ((spec, carry_over(composition, spec, tool)[0]) for spec in sold)
    return {spec.key: quote(spec, settings.to_measure(spec)).unit_credits for spec, settings in carried}


def facts(spec: ModelSpec, tool: Tool) -> list[str]:
    """What sets it apart, in a few words each: pictures taken, lengths, resolutions, sound."""
    said = [_FRAMES] if tool.takes_pictures and "last" in spec.frames else []
    most = max((place.most for place in places(tool, spec)), default=0)
    if most > 1:
        said.append(f"up to {counted(most, 'picture')}")
    if spec.seconds:
        said.append(f"{', '.join(map(str, spec.seconds)) if len(spec.seconds) <= 3 else f'{spec.seconds[0]} to {spec.seconds[-1]}'} s")
    if spec.kind == "video" and spec.resolutions:
        said.append(f"up to {spec.resolutions[-1].lower()}" if len(spec.resolutions) > 1 else spec.resolutions[0].lower())
    return said


def _groups(specs: Sequence[ModelSpec], tool: Tool) -> list[dict[str, Any]]:
    offered = {spec.key: spec for spec in specs if spec.is_enabled}
    families: dict[str, list[ModelSpec]] = {}
    for spec in specs:
        families.setdefault(spec.family, []).append(spec)
    return [
        {"family": family, "mark": mark_markup(family), "models": [_entry(spec, tool, offered) for spec in group]}
        for family, group in families.items()
    ]


def _entry(spec: ModelSpec, tool: Tool, offered: Mapping[str, ModelSpec]) -> dict[str, Any]:
    reason = "" if spec.is_enabled else spec.disabled_reason or "Switched off here."
    successor = offered.get(spec.successor) if reason else None
    return {
        "key": spec.key,
        "name": spec.name,
        "about": spec.description,
        "badge": spec.badge,
        "facts": facts(spec, tool),
        "sound": spec.audio,
        "reason": reason,
        "successor": {"key": successor.key, "name": successor.name} if successor else None,
    }
