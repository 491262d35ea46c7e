"""One open gallery tab: reads the owner's files page by page, shows new ones as they finish, and carries out what is pressed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from nicegui import context, ui

from nyx.bus import Bus, Event, user_topic
from nyx.errors import NotFound
from nyx.pages._feedback import feedback
from nyx.pages._pace import Paced
from nyx.pages.gallery.deleting import DeleteDialog
from nyx.pages.gallery.showcase import Lightbox
from nyx.pages.gallery.wall import More, Place, Wall, place_of
from nyx.pages.gallery.words import total_text
from nyx.services.catalog import CatalogService
from nyx.services.credits.service import CreditService
from nyx.services.media.service import MediaService
from nyx.services.media.views import MediaView
from nyx.theme import CreditsPill, LinkButton, Text, empty_state, toast

PAGE = 48
_REDRAW_S = 0.1
_THE_END: Place = (datetime.min.replace(tzinfo=UTC), "")
_STUDIO = "/studio/text-to-image"


@dataclass(frozen=True, kw_only=True)
class Services:
    """What the gallery asks of the rest of the app."""

    media: MediaService
    catalog: CatalogService
    credits: CreditService
    bus: Bus


class GalleryTab:
    """``load`` it, then ``build`` it inside the frame."""

    def __init__(self, services: Services, *, owner_id: str) -> None:
        self._services = services
        self._owner_id = owner_id
        self._first: tuple[MediaView, ...] = ()
        self._total = 0
        self._shown: MediaView | None = None
        self._changed: set[str] = set()
        self._may_have_missed = False
        self._stop: Callable[[], None] | None = None
        self._is_loading = False
        self.available = 0

    async def load(self) -> None:
        """Read the first page and the figures."""
        self._first = await self._services.media.list_gallery(owner_id=self._owner_id, limit=PAGE)
        await self._count()

    def build(self, pill: CreditsPill) -> None:
        """Show it, and stay true while the page is open."""
        self._pill = pill
        with ui.element("section").classes("page wide"):
            with ui.element("div").classes("page-head"):
                Text("h1", "Gallery")
                self._figure = Text("p", classes="muted").mark("total")
                self._figure.props["role"] = "status"
            with (
                ui.element("div").classes("gallery-empty") as self._empty,
                empty_state(
                    "Nothing here yet", "Every picture and clip that you make is kept here, and only you can see it.", icon_name="images"
                ),
            ):
                LinkButton("Make your first picture", href=_STUDIO, icon="sparkles", kind="primary")
            self._wall = Wall(on_choose=self._open)
            self._more = More(on_more=self._load_more)
        self._lightbox = Lightbox(on_step=self._step, on_delete=self._ask_to_delete)
        self._delete_dialog = DeleteDialog(on_delete=self._delete)
        self._wall.append(self._first)
        self._more.set_visibility(len(self._first) == PAGE)
        self._show_figures()
        self._follow()

    # Live

    def _follow(self) -> None:
        client = context.client
        paced = Paced(client, self._refresh, interval_s=_REDRAW_S, name="gallery")

        def on_event(event: Event) -> None:
            if event.kind == "media":
                self._changed.add(event.id)
            elif event.kind == "refresh":  # the bus itself was cut off
                self._may_have_missed = True
            paced.request()

        def on_connect() -> None:
            """Now, and after every lost connection: events may have been missed."""
            if self._stop is None:
                self._stop = self._services.bus.listen(user_topic(self._owner_id), on_event)
            self._may_have_missed = True
            paced.request()

        client.on_connect(on_connect)
        client.on_delete(self._unfollow)

    def _unfollow(self) -> None:
        if self._stop is not None:
            self._stop()

    async def _refresh(self) -> None:
        everything, self._may_have_missed = self._may_have_missed, False
        await self._reread_changed()
        await self._reread(down_to=(self._wall.end if self._more.visible else _THE_END) if everything else None)
        await self._count()
        self._show_figures()
        if self._lightbox.shown_id is not None and not self._wall.knows(self._lightbox.shown_id):
            self._delete_dialog.close()
            self._lightbox.close()

    async def _reread_changed(self) -> None:
        """What an event named, wherever on the wall it is."""
        changed, self._changed = self._changed, set()
        for media_id in filter(self._wall.knows, changed):
            try:
                self._wall.insert([await self._services.media.get(owner_id=self._owner_id, media_id=media_id)])
            except NotFound:
                self._wall.drop(media_id)

    async def _reread(self, *, down_to: Place | None) -> None:
        """From the newest back to a place; else to the first one that is on the wall already, however many have come since."""
        found: list[MediaView] = []
        reaches_end = is_enough = False
        while not reaches_end and not is_enough:
            before = place_of(found[-1]) if found else None
            page = await self._services.media.list_gallery(owner_id=self._owner_id, limit=PAGE, before=before)
            found += page
            reaches_end = len(page) < PAGE
            is_enough = (
                any(self._wall.knows(view.id) for view in page) if down_to is None else found != [] and place_of(found[-1]) <= down_to
            )
        self._wall.keep_only(found, down_to=None if reaches_end else place_of(found[-1]))
        self._wall.insert(view for view in found if down_to is None or place_of(view) >= down_to)

    async def _count(self) -> None:
        self._total = await self._services.media.count(owner_id=self._owner_id)
        self.available = (await self._services.credits.summary(self._owner_id)).available

    def _show_figures(self) -> None:
        self._pill.set(self.available)
        self._figure.set_text(total_text(self._total) if self._total else "")
        self._empty.set_visibility(self._total == 0)

    # What is pressed

    async def _load_more(self) -> None:
        if self._is_loading:
            return
        self._is_loading = True
        self._more.set_busy(True)
        try:
            with feedback():
                page = await self._services.media.list_gallery(owner_id=self._owner_id, limit=PAGE, before=self._wall.end)
                self._wall.append(page)
                self._more.set_visibility(len(page) == PAGE)
        finally:
            self._is_loading = False
            self._more.set_busy(False)

    async def _open(self, media_id: str) -> None:
        with feedback():
            view = await self._services.media.get(owner_id=self._owner_id, media_id=media_id)
            ids = self._wall.ids
            at = ids.index(media_id)
            self._shown = view
            self._lightbox.show(
                view,
                model_name=self._services.catalog.name_of(view.model_key),
                place=f"{'Clip' if view.is_clip else 'Picture'} {at + 1:,} of {max(self._total, len(ids)):,}",
                neighbours=(at > 0, at + 1 < max(self._total, len(ids))),
            )

    async def _step(self, step: int) -> None:
        ids = self._wall.ids
        shown = self._lightbox.shown_id
        if shown not in ids:
            return
        at = ids.index(shown) + step
        if at == len(ids):
            await self._load_more()
            ids = self._wall.ids
        if 0 <= at < len(ids):
            await self._open(ids[at])

    def _ask_to_delete(self) -> None:
        if self._shown is not None and self._shown.id == self._lightbox.shown_id:
            self._delete_dialog.open(self._shown)

    async def _delete(self, media_id: str) -> None:
        """Show the next one at once; the wall, here and in other tabs, hears of it by the bus."""
        ids = self._wall.ids
        with feedback():
            await self._services.media.delete(owner_id=self._owner_id, media_id=media_id)
            toast("Deleted.", kind="positive")
            at = ids.index(media_id) if media_id in ids else len(ids)
            neighbours = ids[at + 1 : at + 2] or ids[max(0, at - 1) : at]
            self._wall.drop(media_id)
            self._total -= 1
            if neighbours:
                await self._open(neighbours[0])
            else:
                self._lightbox.close()
