"""Two of a generation's pictures against each other in place of its tiles, the picture it was made from among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nicegui import ui

from nyx.pages.studio.words import output_name, still_address
from nyx.services.generation.views import GenerationView, Stage
from nyx.services.media.views import Variant
from nyx.theme import asset
from nyx.theme.icons import SPRITE


@dataclass(frozen=True, kw_only=True)
class Side:
    """What may stand on one side. ``large`` is the original, for looking closely; of a clip it is what plays, and ``src`` its still,
    empty until there is one."""

    id: str
    name: str
    src: str
    large: str
    clip: bool


def sides(run: GenerationView) -> tuple[Side, ...]:
    """Everything that is there: what it was made from, then what was made."""
    count = len(run.draft.inputs)
    found = [
        _side(picture.media_id, _start_name(place, count), src=f"/media/{picture.media_id}/{Variant.PREVIEW}")
        for place, picture in enumerate(run.draft.inputs)
    ]
    for output in run.outputs:
        if output.stage is Stage.READY and output.media_id:
            still = still_address(output, Variant.PREVIEW)
            found.append(_side(output.media_id, output_name(run, output), src=still, clip=run.makes_clips))
    return tuple(found)


def may_compare(run: GenerationView) -> bool:
    """True when there will be two to compare, if all goes well."""
    return len(run.outputs) + len(run.draft.inputs) > 1


def can_compare(run: GenerationView) -> bool:
    """True when something was made and there is another to hold against it."""
    return any(output.media_id for output in run.outputs) and len(sides(run)) > 1


class Compare(ui.element, component="components/compare.js"):
    """Which two, how close and where the divider stands is the browser's affair."""

    def __init__(self) -> None:
        super().__init__()
        self._props.update({"items": (), "left": "", "right": "", "sprite": asset(SPRITE)})

    def show(self, items: tuple[Side, ...]) -> None:
        """Begin with the first two; later ones join the choice."""
        if items != self._props["items"]:
            self._props.update({"items": items, "left": items[0].id, "right": items[1].id})

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        return [*super()._displayed_contents(only_visible=only_visible), *[item.name for item in self._props["items"]]]


class Views:
    """Either the tiles of a generation or two of its pictures compared, which is built when first asked for."""

    def __init__(self, tiles: ui.element) -> None:
        self._tiles = tiles
        self._compare: Compare | None = None
        self._run_id = ""
        self.is_comparing = False

    def choose(self, *, comparing: bool) -> None:
        """What the person wants to see; ``show`` carries it out."""
        self.is_comparing = comparing

    def show(self, run: GenerationView) -> None:
        """Another generation begins with its tiles."""
        if run.id != self._run_id or not can_compare(run):
            self.is_comparing = False
        self._run_id = run.id
        if self._compare is not None:
            self._compare.set_visibility(self.is_comparing)
        self._tiles.set_visibility(not self.is_comparing)
        if not self.is_comparing:
            return
        if self._compare is None:
            assert self._tiles.parent_slot is not None
            with self._tiles.parent_slot:
                self._compare = Compare().mark("compare")
        self._compare.show(sides(run))


def _start_name(place: int, count: int) -> str:
    return "The start" if count == 1 else f"Start {place + 1} of {count}"


def _side(media_id: str, name: str, *, src: str, clip: bool = False) -> Side:
    return Side(id=media_id, name=name, src=src, large=f"/media/{media_id}/{Variant.ORIGINAL}", clip=clip)
