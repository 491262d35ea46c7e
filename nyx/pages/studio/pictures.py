"""The pictures that something is made from, as one element: they are dropped, chosen, pasted or photographed in the browser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from nicegui import ui
from nicegui.events import GenericEventArguments

from nyx.pages.studio.inputs import Place
from nyx.services.generation.views import InputPicture, InputRole
from nyx.theme import asset
from nyx.theme.icons import SPRITE

UPLOADS = "/api/uploads"


@dataclass(frozen=True)
class ItemView:
    """One picture in its place."""

    id: str
    src: str
    name: str


@dataclass(frozen=True, kw_only=True)
class PlaceView:
    """One place with what stands in it."""

    role: str
    label: str
    hint: str
    most: int
    items: tuple[ItemView, ...]


class Acts(Protocol):
    """What a person does with pictures; the ids are as a browser sent them."""

    async def added(self, role: InputRole, media_id: str) -> None:
        """A picture was uploaded for this place."""

    def removed(self, role: InputRole, media_id: str) -> None:
        """A picture was taken away."""

    def moved(self, role: InputRole, media_id: str, step: int) -> None:
        """A picture was moved before (-1) or behind (1) its neighbour."""

    async def chosen(self, role: InputRole) -> None:
        """The person wants to choose from what they have."""

    async def cropping(self, role: InputRole, media_id: str) -> None:
        """The person wants to cut a piece out of a picture."""


class Pictures(ui.element, component="components/pictures.js"):
    """Shows the places that a model offers. It uploads by itself and reports what came of it."""

    def __init__(self, *, acts: Acts, max_bytes: int) -> None:
        super().__init__()
        self._acts = acts
        self._props.update({"places": (), "error": "", "maxBytes": max_bytes, "uploads": UPLOADS, "sprite": asset(SPRITE)})
        self.on("act", self._act)

    def show(self, offered: tuple[Place, ...], pictures: tuple[InputPicture, ...], *, error: str) -> None:
        """Show these; nothing is sent unless it changed."""
        views = tuple(_view(place, [one for one in pictures if one.role == place.role]) for place in offered)
        if (views, error) != (self._props["places"], self._props["error"]):
            self._props.update({"places": views, "error": error})

    async def _act(self, event: GenericEventArguments) -> None:
        """Take only what is offered: a browser may send anything."""
        name, role, media_id = (*event.args, "", "")[:3] if isinstance(event.args, list) and event.args else ("", "", "")
        if not (isinstance(role, str) and isinstance(media_id, str)) or role not in [view.role for view in self._props["places"]]:
            return
        match name:
            case "added":
                await self._acts.added(InputRole(role), media_id)
            case "removed":
                self._acts.removed(InputRole(role), media_id)
            case "back" | "forth":
                self._acts.moved(InputRole(role), media_id, -1 if name == "back" else 1)
            case "choose":
                await self._acts.chosen(InputRole(role))
            case "crop":
                await self._acts.cropping(InputRole(role), media_id)

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        words = [word for view in self._props["places"] for word in (view.label, view.hint)]
        return [*super()._displayed_contents(only_visible=only_visible), *words, self._props["error"]]


def _view(place: Place, pictures: list[InputPicture]) -> PlaceView:
    one_of_them = place.label.removesuffix("s")
    items = tuple(
        ItemView(one.media_id, f"/media/{one.media_id}/thumb", f"{one_of_them} {index}" if place.most > 1 else place.label)
        for index, one in enumerate(pictures, 1)
    )
    return PlaceView(role=place.role.value, label=place.label, hint=place.hint, most=place.most, items=items)
