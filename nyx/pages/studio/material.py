"""What a person makes something from: their pictures in the places of the chosen model, and the dialogs to choose and to crop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nicegui import context, ui
from nicegui.events import GenericEventArguments

from nyx.errors import NotFound
from nyx.pages._feedback import feedback
from nyx.pages.studio.inputs import Place, moved, put
from nyx.pages.studio.pictures import Pictures
from nyx.services.generation.views import InputPicture, InputRole
from nyx.services.media.library import MediaLibrary
from nyx.services.media.uploads import Box, UploadService
from nyx.services.media.views import Filters
from nyx.theme import Dialog, asset
from nyx.theme.icons import SPRITE

_SHOWN = 48
SHAPES = ("free", "1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3")


@dataclass(frozen=True)
class Choice:
    """One picture to choose."""

    id: str
    src: str
    name: str


@dataclass(frozen=True)
class Shelf:
    """Pictures from one source; ``empty`` is said when there are none, and ``deletable`` whether they can be deleted here."""

    key: str
    label: str
    empty: str
    items: tuple[Choice, ...]
    deletable: bool = False


class Shelves:
    """Finds and checks the owner's pictures: what they brought along and what was made here."""

    def __init__(self, *, uploads: UploadService, library: MediaLibrary, owner_id: str) -> None:
        self._uploads = uploads
        self._library = library
        self._owner_id = owner_id

    @property
    def max_bytes(self) -> int:
        return self._uploads.max_bytes

    async def check(self, media_id: str) -> None:
        """Raises: NotFound for what is not the owner's picture."""
        try:
            await self._uploads.get(owner_id=self._owner_id, media_id=media_id)
        except NotFound:
            made = await self._library.get(owner_id=self._owner_id, media_id=media_id)
            if made.is_clip:
                raise NotFound("A clip can't be a picture to start from. Choose a picture.") from None

    async def all(self) -> tuple[Shelf, ...]:
        """The newest of each kind."""
        uploads = await self._uploads.list_recent(owner_id=self._owner_id, limit=_SHOWN)
        made = (await self._library.page(owner_id=self._owner_id, limit=_SHOWN, filters=Filters(kind="image"))).items
        brought = tuple(Choice(one.id, f"/media/{one.id}/thumb", f"Upload, {one.width_px} × {one.height_px}") for one in uploads)
        drawn = tuple(Choice(one.id, f"/media/{one.id}/thumb", one.prompt[:140]) for one in made)
        return (
            Shelf("made", "Made here", "Pictures that you make appear here.", drawn),
            Shelf("uploads", "Recent uploads", "Pictures that you add appear here.", brought, deletable=True),
        )

    async def delete(self, media_id: str) -> None:
        """Forget an upload; what is being made from it goes on. Raises: NotFound."""
        await self._uploads.delete(owner_id=self._owner_id, media_id=media_id)

    async def crop(self, media_id: str, box: Box) -> str:
        """Cut a piece out; returns the id of the new picture. Raises: NyxError."""
        return (await self._uploads.crop(owner_id=self._owner_id, media_id=media_id, box=box)).id


class Material:
    """``on_change`` gets the pictures after every change by the person."""

    def __init__(self, shelves: Shelves, *, on_change: Callable[[tuple[InputPicture, ...]], None]) -> None:
        self._shelves = shelves
        self._on_change = on_change
        self._offered: tuple[Place, ...] = ()
        self._inputs: tuple[InputPicture, ...] = ()
        self._ratio = "free"
        self._pictures = Pictures(acts=self, max_bytes=shelves.max_bytes).mark("pictures")
        self._place = context.slot.parent
        self._chooser: _Chooser | None = None
        self._cropper: _Cropper | None = None

    def show(self, offered: tuple[Place, ...], inputs: tuple[InputPicture, ...], *, ratio: str, error: str) -> None:
        """Show what stands where; ``ratio`` is the shape that is asked for, for cropping to it."""
        self._offered, self._inputs, self._ratio = offered, inputs, ratio if ratio in SHAPES else "free"
        self._pictures.show(offered, inputs, error=error)

    # Acts

    async def added(self, role: InputRole, media_id: str) -> None:
        """A picture was uploaded or chosen for this place."""
        with feedback():
            await self._shelves.check(media_id)
            self._on_change(put(self._inputs, media_id, role, self._offered))

    def removed(self, role: InputRole, media_id: str) -> None:
        """A picture was taken away; it stays among the uploads."""
        self._on_change(tuple(one for one in self._inputs if (one.role, one.media_id) != (role, media_id)))

    def moved(self, role: InputRole, media_id: str, step: int) -> None:
        """A picture was moved before or behind its neighbour."""
        self._on_change(moved(self._inputs, media_id, role, step))

    async def chosen(self, role: InputRole) -> None:
        """Let the person choose from what they have."""
        with feedback():
            shelves = await self._shelves.all()
            if self._chooser is None:
                with self._place:
                    self._chooser = _Chooser(on_choose=self.added, on_delete=self._delete)
            self._chooser.open(role, shelves)

    async def _delete(self, media_id: str) -> None:
        assert self._chooser is not None
        with feedback():
            await self._shelves.delete(media_id)
            self._on_change(tuple(one for one in self._inputs if one.media_id != media_id))
        with feedback():
            self._chooser.show(await self._shelves.all())

    async def cropping(self, role: InputRole, media_id: str) -> None:
        """Let the person cut a piece out."""
        with feedback():
            await self._shelves.check(media_id)
            if self._cropper is None:
                with self._place:
                    self._cropper = _Cropper(on_crop=self._crop)
            self._cropper.open(role, media_id, ratio=self._ratio)

    async def _crop(self, role: InputRole, media_id: str, box: Box) -> None:
        with feedback():
            piece = await self._shelves.crop(media_id, box)
            swapped = [
                InputPicture(media_id=piece, role=role) if (one.role, one.media_id) == (role, media_id) else one for one in self._inputs
            ]
            self._on_change(tuple(swapped))


class _Chooser:
    def __init__(self, *, on_choose: Callable[[InputRole, str], Any], on_delete: Callable[[str], Any]) -> None:
        self._on_choose = on_choose
        self._role = InputRole.IMAGE
        with Dialog("Choose a picture", variant="sheet").classes("models") as self._dialog:
            self._list = _ShelfList(on_choose=self._choose, on_delete=on_delete).mark("shelves")

    def open(self, role: InputRole, shelves: Sequence[Shelf]) -> None:
        self._role = role
        self.show(shelves)
        self._dialog.open()

    def show(self, shelves: Sequence[Shelf]) -> None:
        self._list.show(tuple(shelves))

    async def _choose(self, media_id: str) -> None:
        self._dialog.close()
        await self._on_choose(self._role, media_id)


class _ShelfList(ui.element, component="components/picture_chooser.js"):
    def __init__(self, *, on_choose: Callable[[str], Any], on_delete: Callable[[str], Any]) -> None:
        super().__init__()
        self._props.update({"tabs": (), "sprite": asset(SPRITE)})
        self._on_choose = on_choose
        self._on_delete = on_delete
        self.on("choose", self._choose)
        self.on("remove", self._remove)

    def show(self, shelves: tuple[Shelf, ...]) -> None:
        self._props["tabs"] = shelves

    async def _choose(self, event: GenericEventArguments) -> None:
        if any(event.args == item.id for shelf in self._props["tabs"] for item in shelf.items):
            await self._on_choose(event.args)

    async def _remove(self, event: GenericEventArguments) -> None:
        if any(event.args == item.id for shelf in self._props["tabs"] if shelf.deletable for item in shelf.items):
            await self._on_delete(event.args)


class _Cropper:
    def __init__(self, *, on_crop: Callable[[InputRole, str, Box], Any]) -> None:
        self._on_crop = on_crop
        self._what = (InputRole.IMAGE, "")
        with Dialog("Crop") as self._dialog:
            self._frame = _Frame(on_crop=self._crop).mark("cropper")

    def open(self, role: InputRole, media_id: str, *, ratio: str) -> None:
        self._what = (role, media_id)
        self._frame.props.update({"src": f"/media/{media_id}/original", "name": "The picture to crop", "wanted": ratio})
        self._dialog.open()

    async def _crop(self, box: Box) -> None:
        self._dialog.close()
        await self._on_crop(*self._what, box)


class _Frame(ui.element, component="components/cropper.js"):
    def __init__(self, *, on_crop: Callable[[Box], Any]) -> None:
        super().__init__()
        self._props.update({"src": "", "name": "", "wanted": "free", "shapes": SHAPES})
        self._on_crop = on_crop
        self.on("crop", self._crop)

    async def _crop(self, event: GenericEventArguments) -> None:
        numbers = event.args if isinstance(event.args, list) else []
        if len(numbers) == 4 and all(type(number) is int for number in numbers):
            left, top, width, height = numbers
            await self._on_crop(Box(left_px=left, top_px=top, width_px=width, height_px=height))
