"""The dialog that shares one file: on and off, what its page shows, the link to hand on, how often it was seen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import context, ui
from nicegui.events import GenericEventArguments

from nyx.pages._feedback import feedback
from nyx.services.media.library import MediaLibrary
from nyx.services.media.views import MediaView
from nyx.services.sharing.service import SharingService
from nyx.services.sharing.views import ShareLinkView
from nyx.theme import Dialog, asset
from nyx.theme.icons import SPRITE


class ShareDialog:
    """Built when first opened. ``public_url`` is how people reach the studio, without a slash at its end."""

    def __init__(self, *, sharing: SharingService, library: MediaLibrary, public_url: str, owner_id: str) -> None:
        self._sharing = sharing
        self._library = library
        self._public_url = public_url
        self._owner_id = owner_id
        self._place = context.slot.parent
        self._dialog: Dialog | None = None
        self._view: MediaView | None = None

    async def open(self, media_id: str) -> None:
        """Show where one of the owner's files stands. What can't be shown is said in words."""
        with feedback():
            self._view = await self._library.get(owner_id=self._owner_id, media_id=media_id)
            link = await self._sharing.find_link(owner_id=self._owner_id, media_id=media_id)
            if self._dialog is None:
                with self._place, Dialog("", variant="sheet") as self._dialog:
                    self._panel = _Panel(on_share=self._share, on_change=self._change)
            self._dialog.set_label("Share this clip" if self._view.is_clip else "Share this picture")
            self._show(link)
            self._dialog.open()

    def _show(self, link: ShareLinkView | None) -> None:
        assert self._view is not None
        kind = "clip" if self._view.is_clip else "picture"
        self._panel.show(link, kind=kind, public_url=self._public_url)

    async def _share(self, wanted: bool) -> None:
        await self._do(self._switch(wanted))

    async def _change(self, name: str, wanted: bool) -> None:
        await self._do(self._sharing.change(owner_id=self._owner_id, media_id=self._media_id, **{name: wanted}))

    async def _switch(self, wanted: bool) -> None:
        if wanted:
            await self._sharing.share(owner_id=self._owner_id, media_id=self._media_id)
        else:
            await self._sharing.revoke(owner_id=self._owner_id, media_id=self._media_id)

    async def _do(self, work: Awaitable[object]) -> None:
        """Do it, then show what is true now, whether it worked or not."""
        with feedback():
            await work
        with feedback():
            self._show(await self._sharing.find_link(owner_id=self._owner_id, media_id=self._media_id))

    @property
    def _media_id(self) -> str:
        assert self._view is not None
        return self._view.id


class _Panel(ui.element, component="components/share_panel.js"):
    def __init__(self, *, on_share: Callable[[bool], Awaitable[None]], on_change: Callable[[str, bool], Awaitable[None]]) -> None:
        super().__init__()
        self._props["sprite"] = asset(SPRITE)
        self._props["link"] = {}
        self._turn = 0
        self.on("share", lambda event: on_share(_is_on(event)))
        self.on("prompt", lambda event: on_change("shows_prompt", _is_on(event)))
        self.on("download", lambda event: on_change("allows_download", _is_on(event)))

    def show(self, link: ShareLinkView | None, *, kind: str, public_url: str) -> None:
        # Counted, so that the browser sees a change also where nothing changed: it waits for an answer.
        self._turn += 1
        shown: dict[str, Any] = {"on": link is not None, "kind": kind, "turn": self._turn}
        if link is not None:
            shown |= {"url": public_url + link.path, "path": link.path, "title": f"A {kind} made with Nyx-Net"}
            shown |= {"prompt": link.shows_prompt, "download": link.allows_download, "views": views_text(link.views)}
        self._props["link"] = shown

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        link = self._props["link"]
        return [*super()._displayed_contents(only_visible=only_visible), link.get("url"), link.get("views")]


def views_text(views: int) -> str:
    """``Not seen yet.``, ``Seen once.``, ``Seen 1,284 times.``"""
    return "Not seen yet." if not views else "Seen once." if views == 1 else f"Seen {views:,} times."


def _is_on(event: GenericEventArguments) -> bool:
    return event.args is True
