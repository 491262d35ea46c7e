"""One open gallery tab: shows one view of the owner's files, keeps it true, and hands what is pressed to those who do it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nicegui import ui

from nyx.errors import InvalidInput, NotFound
from nyx.pages._feedback import feedback
from nyx.pages._share import ShareDialog
from nyx.pages.gallery.acting import Acting, Effects, Services
from nyx.pages.gallery.address import Section, View
from nyx.pages.gallery.choices import Act, Choice
from nyx.pages.gallery.emptying import EmptyTrash
from nyx.pages.gallery.lineage import groups_of
from nyx.pages.gallery.live import Following
from nyx.pages.gallery.nothing import Nothing
from nyx.pages.gallery.selection import Selection, Undo
from nyx.pages.gallery.shelf import CollectionHead, NameDialog, Shelf
from nyx.pages.gallery.showcase import Lightbox, Presses
from nyx.pages.gallery.toolbar import Toolbar
from nyx.pages.gallery.wall import Place, Wall
from nyx.pages.gallery.words import TRASH_NOTE, place_text, storage_text, total_text
from nyx.services.media.views import CollectionView, Figures, MediaPage, MediaView
from nyx.theme import Button, CreditsPill, Text

PAGE = 48
_NO_PAGE = MediaPage(items=(), after=None)


class GalleryTab:
    """``load`` it, then ``build`` it inside the frame."""

    def __init__(self, services: Services, view: View, *, owner_id: str, public_url: str) -> None:
        self._services = services
        self._view = view
        self._owner_id = owner_id
        self._public_url = public_url
        self._first = _NO_PAGE
        self._figures = Figures(in_gallery=0, in_trash=0, used_bytes=0)
        self._shelf: Shelf | None = None
        self._head: CollectionHead | None = None
        self._here: CollectionView | None = None
        self._open: Place | None = None
        self.available = 0

    async def load(self) -> None:
        """Read what is shown first. Raises: NotFound, when the collection is not there."""
        if self._view.collection_id is not None:
            self._here = await self._services.collections.get(owner_id=self._owner_id, collection_id=self._view.collection_id)
        if self._view.section is not Section.COLLECTIONS:
            try:
                self._first = await self._read(self._view)
            except InvalidInput:  # an address that somebody has changed
                self._view = self._view.narrowed(self._view.params())
                self._first = await self._read(self._view)
        self._models = await self._services.library.model_keys(owner_id=self._owner_id)
        self._shown = await self._services.collections.list(owner_id=self._owner_id)
        await self._count()

    def build(self, pill: CreditsPill) -> None:
        """Show it, and stay true while the page is open."""
        self._pill = pill
        self._acting = Acting(self._services, self._effects(), owner_id=self._owner_id)
        with ui.element("section").classes("page wide gallery"):
            self._build_head()
            names = {key: self._services.catalog.name_of(key) for key in self._models}
            by_name = dict(sorted(names.items(), key=lambda entry: entry[1].casefold()))
            self._toolbar = Toolbar(self._view, models=by_name, on_query=self._narrow)
            if self._here is not None:
                self._head = CollectionHead(self._services.collections, self._here, owner_id=self._owner_id, public_url=self._public_url)
                self._head.build(on_download=self._download_collection)
            if self._view.section is Section.COLLECTIONS:
                self._shelf = Shelf()
            self._note = Text("p", TRASH_NOTE, classes="muted").mark("trash-note")
            self._selection = Selection(self._view, on_act=self._act)
            self._nothing = Nothing(on_clear=self._toolbar.clear_filters)
            self._wall = Wall(on_open=self._show, on_more=self._more, on_check=self._recheck, on_act=self._act)
            self._wall.set_visibility(self._view.section is not Section.COLLECTIONS)
        self._undo = Undo(on_undo=self._acting.restore)
        presses = Presses(
            on_step=self._wall.step, on_act=self._act_on_shown, on_related=self._show_related, on_share=self._share_shown
        )
        self._lightbox = Lightbox(presses)
        services = self._services
        self._share = ShareDialog(
            sharing=services.sharing, library=services.library, public_url=self._public_url, owner_id=self._owner_id
        )
        self._wall.show(self._view, self._first)
        self._show_figures(is_empty=not self._first.items)
        following = Following(self._services.bus, owner_id=self._owner_id, on_changes=self._refresh)
        following.start()

    def _build_head(self) -> None:
        with ui.element("div").classes("page-head"):
            Text("h1", "Gallery")
            with ui.element("div").classes("g-figures"):
                self._total = Text("span", classes="muted").mark("total")
                self._total.props["role"] = "status"
                self._storage = Text("span", classes="muted").mark("storage")
                if self._view.section is Section.TRASH:
                    self._empty_trash = EmptyTrash(self._services.library, owner_id=self._owner_id, on_done=self._refresh_all)
                elif self._view.section is Section.COLLECTIONS:
                    dialog = NameDialog("A new collection", "Create", on_name=self._create_collection)
                    Button("New collection", size="sm", kind="primary", icon="plus", on_click=lambda: dialog.open())

    def _effects(self) -> Effects:
        return Effects(
            on_gone=lambda ids: self._take_away(ids),
            on_changed=lambda ids: self._recheck(ids),
            on_undoable=lambda words, ids: self._undo.offer(words, ids),
            on_download=lambda address: self._wall.download(address),
        )

    # Reading

    async def _read(self, view: View) -> MediaPage:
        return await self._services.library.page(owner_id=self._owner_id, filters=view.filters, limit=PAGE, after=view.after)

    async def _narrow(self, params: Mapping[str, str]) -> None:
        """The same section through other filters; what was asked last is shown, whatever comes back first."""
        view = self._view = self._view.narrowed(params)
        is_read = False
        with feedback():
            page = await self._read(view)
            if view is self._view:
                self._first = page
                self._toolbar.show(view)
                self._wall.show(view, page)
                self._show_figures(is_empty=not page.items)
            is_read = True
        if not is_read:
            self._wall.fail()

    async def _more(self, after: str) -> None:
        view, is_read = self._view, False
        with feedback():
            page = await self._services.library.page(owner_id=self._owner_id, filters=view.filters, limit=PAGE, after=after)
            if view is self._view:
                self._wall.append(page, after=after)
            is_read = True
        if not is_read:
            self._wall.fail()

    # Staying true

    async def _refresh(self, changed: set[str], everything: bool) -> None:
        """``changed``: the ids that events named; ``everything``: some events may have been missed, or named nothing."""
        if self._view.section is not Section.COLLECTIONS:
            await self._refresh_wall(changed, everything=everything)
        self._shown = await self._services.collections.list(owner_id=self._owner_id)
        if self._head is not None and (here := next((one for one in self._shown if one.id == self._view.collection_id), None)):
            self._head.show(here)
        await self._count()
        self._show_figures(is_empty=not self._first.items)

    async def _refresh_wall(self, changed: set[str], *, everything: bool) -> None:
        view = self._view
        head = await self._read(view)
        changed |= self._wall.head_ids - {one.id for one in head.items}  # pushed down by newer ones, or gone
        matching = await self._matching(sorted(changed)) if changed else ()
        if view is not self._view:
            return
        self._first = head
        found = {one.id for one in matching}
        gone = changed - found
        self._wall.merge(changed=matching, gone=gone, head=head)
        if everything:
            self._wall.check()
        shown = self._lightbox.shown_id
        if shown is not None and (shown in gone or (everything and not await self._matching([shown]))):
            self._lightbox.close()

    async def _recheck(self, media_ids: Sequence[str]) -> None:
        """Which of these, that the browser shows or that were just changed, still belong here, and how they look now."""
        matching = await self._matching(media_ids)
        gone = set(media_ids) - {one.id for one in matching}
        self._wall.merge(changed=matching, gone=gone)
        for one in matching:
            if one.id == self._lightbox.shown_id:
                self._lightbox.update(favourite=one.is_favourite)

    async def _matching(self, media_ids: Sequence[str]) -> Sequence[MediaView]:
        return await self._services.library.among(owner_id=self._owner_id, media_ids=media_ids[:500], filters=self._view.filters)

    async def _refresh_all(self) -> None:
        await self._refresh(set(), True)

    def _take_away(self, media_ids: Sequence[str]) -> None:
        self._wall.merge(gone=media_ids)

    async def _count(self) -> None:
        self._figures = await self._services.library.figures(owner_id=self._owner_id)
        self.available = (await self._services.credits.summary(self._owner_id)).available

    def _show_figures(self, *, is_empty: bool) -> None:
        self._pill.set(self.available)
        count = self._figures.in_trash if self._view.section is Section.TRASH else self._figures.in_gallery
        self._total.set_text(total_text(count) if count else "")
        self._storage.set_text(storage_text(self._figures))
        if self._shelf is not None:
            self._shelf.show(self._shown)
            is_empty = not self._shown
        else:
            self._selection.show(self._shown)
        self._nothing.show(self._view if is_empty else None)
        self._note.set_visibility(self._view.section is Section.TRASH and not is_empty)
        if self._view.section is Section.TRASH:
            self._empty_trash.set_count(self._figures.in_trash)

    # What is pressed

    async def _show(self, place: Place) -> None:
        with feedback():
            in_trash = self._view.section is Section.TRASH
            view = await self._services.library.get(owner_id=self._owner_id, media_id=place.media_id, in_trash=in_trash)
            self._open = place
            self._lightbox.show(
                view,
                model_name=self._services.catalog.name_of(view.model_key),
                place=place_text(view, at=place.at, total=self._known_total()),
                neighbours=(place.has_newer, place.has_older),
                lineage=await groups_of(self._services.lineage, owner_id=self._owner_id, media_id=view.id),
            )

    async def _show_related(self, media_id: str) -> None:
        """A neighbour in the order of making; an upload is no part of the gallery and opens by itself."""
        try:
            await self._services.library.get(owner_id=self._owner_id, media_id=media_id)
        except NotFound:
            ui.navigate.to(f"/media/{media_id}/original", new_tab=True)
        else:
            await self._show(Place(media_id, 0, False, False))

    async def _share_shown(self) -> None:
        if self._lightbox.shown_id is not None:
            await self._share.open(self._lightbox.shown_id)

    def _known_total(self) -> int | None:
        if self._view.is_narrowed or self._view.after is not None:
            return None
        return {Section.ALL: self._figures.in_gallery, Section.TRASH: self._figures.in_trash}.get(self._view.section)

    async def _act(self, choice: Choice) -> None:
        await self._acting.carry_out(choice)

    async def _act_on_shown(self, act: Act) -> None:
        """Something done to the file on show; when it goes, its neighbour takes its place."""
        shown, place = self._lightbox.shown_id, self._open
        if shown is None or place is None:
            return
        if not await self._acting.carry_out(Choice(act, (shown,))) or act not in (Act.TRASH, Act.RESTORE):
            return
        if place.has_older or place.has_newer:
            self._lightbox.forget()
            await self._count()
            self._wall.next()
        else:
            self._lightbox.close()

    async def _download_collection(self) -> None:
        if self._view.collection_id is not None:
            await self._acting.download_collection(self._view.collection_id)

    async def _create_collection(self, name: str) -> None:
        collection_id = await self._services.collections.create(owner_id=self._owner_id, name=name)
        ui.navigate.to(View(section=Section.COLLECTION, collection_id=collection_id).address())
