"""Collections: all of them as cards with covers, and the head of one with what can be done to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from nicegui import context, ui

from nyx.pages._feedback import feedback
from nyx.pages.gallery.address import PATH, Section, View
from nyx.pages.gallery.words import total_text
from nyx.services.media.collections import MediaCollections
from nyx.services.media.views import CollectionView
from nyx.theme import Button, Dialog, LinkButton, Text, TextField, asset, toast
from nyx.theme.icons import SPRITE


class Shelf(ui.element, component="components/shelf.js"):
    """The collections of one owner."""

    def __init__(self) -> None:
        super().__init__()
        self._props.update({"sprite": asset(SPRITE), "path": PATH, "collections": []})

    def show(self, collections: Iterable[CollectionView]) -> None:
        """Show these instead."""
        self._props["collections"] = [
            {"id": one.id, "name": one.name, "words": total_text(one.count), "cover": one.cover, "shared": one.is_shared}
            for one in collections
        ]

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        return [*super()._displayed_contents(only_visible=only_visible), *[one["name"] for one in self._props["collections"]]]


class NameDialog:
    """Asks for the name of a collection; built when first opened. ``on_name`` raises when the name won't do."""

    def __init__(self, title: str, verb: str, *, on_name: Callable[[str], Awaitable[None]]) -> None:
        self._title, self._verb = title, verb
        self._on_name = on_name
        self._place = context.slot.parent
        self._dialog: Dialog | None = None

    def open(self, name: str = "") -> None:
        """Ask, with this name to begin with."""
        if self._dialog is None:
            with self._place, Dialog(self._title, variant="sheet") as self._dialog:
                self._field = TextField("Name", name="collection-name", autocomplete="off", on_submit=self._send)
                with ui.element("div").classes("dialog-actions"):
                    Button("Cancel", kind="ghost", on_click=self._dialog.close)
                    Button(self._verb, kind="primary", on_click=self._send)
        self._field.set_value(name)
        self._field.set_error(None)
        self._dialog.open()
        self._field.focus()

    async def _send(self) -> None:
        assert self._dialog is not None
        with feedback({"name": self._field}):
            await self._on_name(str(self._field.value))
            self._dialog.close()


class CollectionHead:
    """The name of one collection, and the buttons that rename, share, download and delete it."""

    def __init__(self, collections: MediaCollections, collection: CollectionView, *, owner_id: str, public_url: str) -> None:
        self._collections = collections
        self._shown = collection
        self._rename = NameDialog("Rename the collection", "Rename", on_name=self._renamed)
        self._ids = {"owner_id": owner_id, "collection_id": collection.id}
        self._public_url = public_url

    def build(self, *, on_download: Callable[[], Awaitable[None]]) -> None:
        """Put it where we are."""
        with ui.element("div").classes("g-head"):
            self._name = Text("h2", self._shown.name)
            self._views = Text("p", classes="muted")
            with ui.element("div").classes("row wrap tight"):
                Button("Download all", size="sm", icon="download", on_click=on_download)
                Button("Share", size="sm", icon="share-2", on_click=self._open_share)
                Button("Rename", size="sm", icon="wand-sparkles", on_click=self._ask_to_rename)
                Button("Delete collection", size="sm", kind="danger", icon="trash-2", on_click=self._ask_to_delete)
        with Dialog("Share this collection", variant="sheet") as self._share:
            self._said = Text("p")
            self._link = TextField("Address", name="share-address")
            with ui.element("div").classes("dialog-actions"):
                self._stop = Button("Stop sharing", kind="danger", on_click=self._revoked)
                self._open = LinkButton("Open the page", href=PATH, icon="external-link")
                self._start = Button("Share with a link", kind="primary", icon="link", on_click=self._published)
        self._delete = Dialog("Delete this collection?")
        with self._delete:
            Text("p", "The pictures and clips in it stay in your gallery. A link that you shared stops working.")
            with ui.element("div").classes("dialog-actions"):
                Button("Keep it", kind="ghost", on_click=self._delete.close)
                Button("Delete it", kind="danger", icon="trash-2", on_click=self._deleted)
        self.show(self._shown)

    def show(self, collection: CollectionView) -> None:
        """Show what is known now."""
        self._shown = collection
        token = collection.share_token
        self._name.set_text(collection.name)
        seen = f", looked at {collection.views:,} time{'' if collection.views == 1 else 's'}" if token else ""
        self._views.set_text(f"{total_text(collection.count)}{', shared' if token else ''}{seen}")
        self._said.set_text(
            "Everybody who has this address can look at the collection, as it is then."
            if token
            else "Only you can see this collection. A link lets everybody look who has it: at the pictures, not at your originals."
        )
        address = f"{self._public_url}/c/{token}" if token else ""
        self._link.set_value(address)
        for element, is_there in ((self._link, token), (self._stop, token), (self._open, token), (self._start, not token)):
            element.set_visibility(bool(is_there))
        if token:
            self._open.props["href"] = f"/c/{token}"

    async def _reload(self) -> None:
        self.show(await self._collections.get(**self._ids))

    def _ask_to_rename(self) -> None:
        self._rename.open(self._shown.name)

    def _ask_to_delete(self) -> None:
        self._delete.open()

    def _open_share(self) -> None:
        self._share.open()

    async def _renamed(self, name: str) -> None:
        await self._collections.rename(**self._ids, name=name)
        await self._reload()

    async def _published(self) -> None:
        with feedback():
            await self._collections.publish(**self._ids)
            await self._reload()

    async def _revoked(self) -> None:
        with feedback():
            await self._collections.revoke(**self._ids)
            await self._reload()
            toast("The link works no more.", kind="positive")

    async def _deleted(self) -> None:
        with feedback():
            await self._collections.delete(**self._ids)
            self._delete.close()
            ui.navigate.to(View(section=Section.COLLECTIONS).address())
