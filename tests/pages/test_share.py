"""The dialog that shares a file, through NiceGUI's simulated browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from nicegui import ui
from nicegui.testing import User

from nyx.pages._share import ShareDialog, _Panel, views_text
from nyx.services.media.views import StoredOutput
from nyx.services.sharing.views import ShareLinkView
from tests.api.test_share import id_of
from tests.services.media.kit import add_output
from tests.support.app import MakeUser
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from nyx.app import App

URL = "https://studio.example.com"


class Desk:
    """A page with nothing but the dialog, and what a person does with it."""

    def __init__(self, app: App, user: User, owner_id: str, output: StoredOutput) -> None:
        self.app, self.user, self.owner_id, self.output = app, user, owner_id, output

    async def open(self) -> None:
        @ui.page("/studio/share-desk")
        def desk() -> None:
            backend = self.app.backend
            self.dialog = ShareDialog(sharing=backend.sharing, library=backend.library, public_url=URL, owner_id=self.owner_id)

        await self.user.open("/studio/share-desk")
        assert self.user.client is not None
        with self.user.client:
            await self.dialog.open(self.output.media_id)

    def press(self, switch: str, on: bool) -> None:
        self.user.find(kind=_Panel).trigger(switch, on)

    def shown(self) -> dict[str, object]:
        (panel,) = self.user.find(kind=_Panel).elements
        return dict(panel._props["link"])

    async def link(self) -> ShareLinkView | None:
        return await self.app.backend.sharing.find_link(owner_id=self.owner_id, media_id=self.output.media_id)


@pytest.fixture
async def desk(app: App, make_user: MakeUser) -> Desk:
    user = await make_user("ada@example.com")
    owner_id = await id_of(app, "ada@example.com")
    return Desk(app, user, owner_id, await add_output(app.db, app.media, owner_id=owner_id))


class TestShareDialog:
    async def test_shares_and_stops_sharing(self, desk: Desk) -> None:
        await desk.open()
        assert desk.shown()["on"] is False
        desk.press("share", True)
        await eventually(lambda: desk.shown()["on"] is True)
        link = await desk.link()
        assert link is not None
        assert desk.shown()["url"] == f"{URL}/share/{link.token}"
        await desk.user.should_see("Not seen yet.")
        desk.press("share", False)
        await eventually(lambda: desk.shown()["on"] is False)
        assert await desk.link() is None

    @pytest.mark.parametrize(("switch", "name"), [("prompt", "shows_prompt"), ("download", "allows_download")])
    async def test_each_switch_changes_what_the_page_shows(self, desk: Desk, switch: str, name: str) -> None:
        await desk.app.backend.sharing.share(owner_id=desk.owner_id, media_id=desk.output.media_id)
        await desk.open()
        desk.press(switch, True)
        await eventually(lambda: desk.shown()[switch] is True)
        assert getattr(await desk.link(), name) is True

    async def test_a_switch_that_could_not_be_moved_goes_back(self, desk: Desk) -> None:
        await desk.app.backend.sharing.share(owner_id=desk.owner_id, media_id=desk.output.media_id)
        await desk.open()
        await desk.app.backend.sharing.revoke(owner_id=desk.owner_id, media_id=desk.output.media_id)
        desk.press("prompt", True)
        await desk.user.should_see("This isn't shared any more.")
        await eventually(lambda: desk.shown()["on"] is False)

    async def test_what_is_not_there_is_said_in_words(self, desk: Desk) -> None:
        await desk.app.library.trash(owner_id=desk.owner_id, media_ids=[desk.output.media_id])
        await desk.open()
        await desk.user.should_see("no longer in your gallery")


class TestWords:
    @pytest.mark.parametrize(("views", "words"), [(0, "Not seen yet."), (1, "Seen once."), (1_284, "Seen 1,284 times.")])
    def test_views_are_counted_in_words(self, views: int, words: str) -> None:
        assert views_text(views) == words
