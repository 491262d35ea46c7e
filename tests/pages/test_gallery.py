"""The gallery as its owner sees it, through NiceGUI's simulated browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from nicegui import Client, background_tasks
from nicegui.testing import User
from sqlalchemy import text

from nyx.bus import Event, MemoryBus, user_topic
from nyx.models.media import ThumbnailState
from nyx.pages.gallery.showcase import _Showcase
from nyx.pages.gallery.tab import PAGE
from nyx.pages.gallery.wall import More, Stretch, Wall
from nyx.services.media.repository import mark_deleted, mark_thumbnails
from nyx.services.media.views import StoredOutput
from nyx.theme import Dialog
from tests.services.media.kit import add_output, clip, encoded, picture
from tests.support.app import MakeUser
from tests.support.clock import START

if TYPE_CHECKING:
    from nyx.app import App

PATH = "/dashboard/gallery"
EMAIL = "ada@example.com"
SMALL = encoded(picture(64, 48))


async def owner_id(app: App, email: str = EMAIL) -> str:
    async with app.db.read() as session:
        connection = await session.connection()
        return str((await connection.execute(text("SELECT id FROM app_user WHERE email = :email"), {"email": email})).scalar_one())


async def add(app: App, count: int = 1, *, owner: str, prompt: str = "fox") -> list[StoredOutput]:
    """Finished pictures, one a minute, without thumbnails."""
    return [
        await add_output(app.db, app.media, owner_id=owner, data=SMALL, prompt=f"{prompt} {number}", now=START + timedelta(minutes=number))
        for number in range(count)
    ]


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what an event brings about, at most three seconds."""
    async with asyncio.timeout(3):
        while not condition():  # noqa: ASYNC110 - what the page shows announces nothing
            await asyncio.sleep(0.02)


def cards(user: User) -> list[dict]:
    """What every stretch of the wall shows, in order."""
    wall = next(iter(user.find(Wall).elements))
    return [item for stretch in wall.default_slot.children for item in stretch.props["items"]]


def client_of(user: User) -> Client:
    assert user.client is not None
    return user.client


@pytest.fixture
async def ada(make_user: MakeUser) -> AsyncIterator[User]:
    yield await make_user(EMAIL)
    # A page that is still reading would find its database closed.
    if reading := [task for task in background_tasks.running_tasks if task.get_name() == "gallery"]:
        await asyncio.wait(reading, timeout=3)


class TestArriving:
    async def test_a_visitor_is_asked_to_log_in(self, make_user: MakeUser) -> None:
        visitor = await make_user()
        answer = await visitor.http_client.get(PATH)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Fdashboard%2Fgallery")

    async def test_an_empty_gallery_shows_the_way_to_the_first_picture(self, ada: User) -> None:
        await ada.open(PATH)
        await ada.should_see("Nothing here yet")
        await ada.should_not_see(More)
        (link,) = ada.find("Make your first picture").elements
        assert link.props["href"] == "/studio/text-to-image"

    async def test_everything_is_there_newest_first_with_its_shape_and_words(self, app: App, ada: User) -> None:
        stored = await add(app, 3, owner=await owner_id(app))
        await ada.open(PATH)
        await ada.should_see("3 files")
        assert [card["alt"] for card in cards(ada)] == ["fox 2", "fox 1", "fox 0"]
        assert cards(ada)[-1] == {
            "id": stored[0].media_id,
            "href": f"/media/{stored[0].media_id}/original",
            "src": f"/media/{stored[0].media_id}/thumb",
            "alt": "fox 0",
            "ratio": 1.3333,
            "blur": stored[0].blur,
            "length": "",
            "moving": "",
        }

    async def test_nobody_sees_what_somebody_else_made(self, app: App, ada: User, make_user: MakeUser) -> None:
        await make_user("bob@example.com")
        await add(app, 2, owner=await owner_id(app, "bob@example.com"))
        await ada.open(PATH)
        await ada.should_see("Nothing here yet")

    async def test_a_full_page_stays_within_its_budget_of_elements(self, app: App, ada: User) -> None:
        await add(app, PAGE, owner=await owner_id(app))
        await ada.open(PATH)
        assert len(cards(ada)) == PAGE
        assert len(client_of(ada).elements) <= 150


class TestMore:
    async def test_shows_the_next_page_without_a_gap_or_a_repeat(self, app: App, ada: User) -> None:
        await add(app, PAGE + 5, owner=await owner_id(app))
        await ada.open(PATH)
        ada.find(More).trigger("more")
        await ada.should_see("fox 0")
        assert [card["alt"] for card in cards(ada)] == [f"fox {number}" for number in reversed(range(PAGE + 5))]
        await ada.should_not_see(More)

    async def test_asking_twice_shows_it_once(self, app: App, ada: User) -> None:
        await add(app, PAGE + 5, owner=await owner_id(app))
        await ada.open(PATH)
        ada.find(More).trigger("more").trigger("more")
        await ada.should_see("fox 0")
        assert len(cards(ada)) == PAGE + 5


class TestLive:
    async def test_what_finishes_elsewhere_appears_by_itself(self, app: App, ada: User) -> None:
        await ada.open(PATH)
        owner = await owner_id(app)
        await add(app, 1, owner=owner, prompt="owl")
        app.bus.publish(user_topic(owner), Event("generation", "any"))
        await ada.should_see("owl 0", retries=20)
        await ada.should_see("1 file")
        await ada.should_not_see("Nothing here yet")

    async def test_a_burst_larger_than_a_page_leaves_nothing_out(self, app: App, ada: User) -> None:
        owner = await owner_id(app)
        await add(app, 1, owner=owner, prompt="old")
        await ada.open(PATH)
        await add(app, PAGE + 10, owner=owner, prompt="new")
        app.bus.publish(user_topic(owner), Event("generation", "any"))
        await ada.should_see(f"{PAGE + 11} files", retries=20)
        assert len(cards(ada)) == PAGE + 11

    async def test_a_clip_gets_its_picture_as_soon_as_there_is_one(self, app: App, ada: User, tmp_path: Path) -> None:
        owner = await owner_id(app)
        data = clip(tmp_path / "a.mp4")
        stored = await add_output(app.db, app.media, owner_id=owner, data=data, prompt="waves", expect="video")
        await ada.open(PATH)
        assert cards(ada)[0]["src"] == ""
        await app.media.make_thumbnails(stored.media_id)
        await until(lambda: cards(ada)[0]["src"] == f"/media/{stored.media_id}/thumb")

    async def test_what_is_deleted_elsewhere_goes(self, app: App, ada: User) -> None:
        owner = await owner_id(app)
        stored = await add(app, 2, owner=owner)
        await ada.open(PATH)
        await app.media.delete(owner_id=owner, media_id=stored[0].media_id)
        await ada.should_not_see("fox 0", retries=20)
        await ada.should_see("1 file", retries=20)

    async def test_what_was_missed_while_the_connection_was_lost_is_made_up_for(self, app: App, ada: User) -> None:
        owner = await owner_id(app)
        stored = await add(app, 3, owner=owner)
        await ada.open(PATH)
        await app.db.write(mark_deleted, owner_id=owner, media_id=stored[1].media_id, now=START)
        await add(app, 1, owner=owner, prompt="owl")
        for handler in client_of(ada).connect_handlers:
            client_of(ada).safe_invoke(handler)
        await until(lambda: sorted(card["alt"] for card in cards(ada)) == ["fox 0", "fox 2", "owl 0"])

    async def test_when_the_bus_was_cut_off_everything_is_read_again(self, app: App, ada: User) -> None:
        owner = await owner_id(app)
        stored = await add(app, PAGE + 5, owner=owner)
        await ada.open(PATH)
        ada.find(More).trigger("more")
        await ada.should_see("fox 0")
        for media_id in (stored[0].media_id, stored[30].media_id):
            await app.db.write(mark_deleted, owner_id=owner, media_id=media_id, now=START)
        await app.db.write(mark_thumbnails, media_id=stored[1].media_id, state=ThumbnailState.READY, blur="data:,new")
        app.bus.publish(user_topic(owner), Event("refresh"))
        await until(lambda: len(cards(ada)) == PAGE + 3)
        assert [card["alt"] for card in cards(ada)] == [f"fox {number}" for number in reversed(range(PAGE + 5)) if number not in (0, 30)]
        assert cards(ada)[-1]["blur"] == "data:,new"

    async def test_the_order_stays_when_older_ones_move_up(self, app: App, ada: User) -> None:
        owner = await owner_id(app)
        stored = await add(app, 2 * PAGE + 2, owner=owner)
        await ada.open(PATH)
        ada.find(More).trigger("more")
        await ada.should_see("fox 2")
        gone = [media.media_id for media in stored[20 : PAGE + 30]]
        for media_id in gone:
            await app.db.write(mark_deleted, owner_id=owner, media_id=media_id, now=START)
        app.bus.publish(user_topic(owner), Event("refresh"))
        left = [f"fox {number}" for number in reversed([*range(2, 20), *range(PAGE + 30, 2 * PAGE + 2)])]
        await until(lambda: [card["alt"] for card in cards(ada)] == left)
        app.bus.publish(user_topic(owner), Event("credits"))
        await until(lambda: [card["alt"] for card in cards(ada)] == [*left, "fox 1", "fox 0"])

    async def test_a_closed_page_listens_no_longer(self, app: App, ada: User) -> None:
        assert isinstance(app.bus, MemoryBus)
        before = app.bus.subscribers
        await ada.open(PATH)
        assert app.bus.subscribers > before
        client_of(ada).delete()
        assert app.bus.subscribers == before


class TestLightbox:
    async def test_tells_the_whole_story_of_a_file(self, app: App, ada: User) -> None:
        await add(app, 2, owner=await owner_id(app))
        await ada.open(PATH)
        ada.find(Stretch).trigger("choose", args=cards(ada)[1]["id"])
        await ada.should_see("64 × 48")
        for words in ("fox 0", "2 credits", "7", "4"):
            await ada.should_see(words)
        await ada.should_see("Picture 2 of 2")
        view = shown(ada)
        assert view["download"] == f"/media/{view['id']}/original?download=1"
        assert (view["newer"], view["older"]) == (True, False)

    async def test_leads_to_the_neighbours_and_on_to_the_next_page(self, app: App, ada: User) -> None:
        await add(app, PAGE + 1, owner=await owner_id(app))
        await ada.open(PATH)
        ada.find(Stretch).trigger("choose", args=cards(ada)[PAGE - 1]["id"])
        await ada.should_see(f"Picture {PAGE} of {PAGE + 1}")
        ada.find(_Showcase).trigger("step", args=1)
        await ada.should_see(f"Picture {PAGE + 1} of {PAGE + 1}")
        assert shown(ada)["alt"] == "fox 0"
        ada.find(_Showcase).trigger("step", args=-1)
        await ada.should_see(f"Picture {PAGE} of {PAGE + 1}")

    @pytest.mark.parametrize("sent", ["0" * 32, "../..", None, {"id": 1}])
    async def test_a_browser_can_not_ask_for_what_is_not_on_the_wall(self, app: App, ada: User, sent: object) -> None:
        await add(app, 1, owner=await owner_id(app))
        await ada.open(PATH)
        ada.find(Stretch).trigger("choose", args=sent)
        await ada.should_not_see("64 × 48")

    async def test_closes_when_its_file_is_deleted_elsewhere(self, app: App, ada: User) -> None:
        owner = await owner_id(app)
        (stored,) = await add(app, 1, owner=owner)
        await ada.open(PATH)
        ada.find(Stretch).trigger("choose", args=stored.media_id)
        await ada.should_see("64 × 48")
        dialog = next(iter(ada.find(Dialog).elements))
        await app.media.delete(owner_id=owner, media_id=stored.media_id)
        await until(lambda: dialog.value is False)


class TestDelete:
    async def open_first(self, ada: User) -> None:
        await ada.open(PATH)
        ada.find(Stretch).trigger("choose", args=cards(ada)[0]["id"])
        await ada.should_see("64 × 48")

    async def test_asks_first_and_then_shows_the_next_one(self, app: App, ada: User) -> None:
        owner = await owner_id(app)
        stored = await add(app, 3, owner=owner)
        await self.open_first(ada)
        ada.find(_Showcase).trigger("delete")
        await ada.should_see("can't be brought back")
        assert await app.media.count(owner_id=owner) == 3
        ada.find("Delete it").click()
        await ada.should_see("Picture 1 of 2")
        assert shown(ada)["alt"] == "fox 1"
        await ada.should_see("2 files", retries=20)
        assert stored[2].media_id not in [card["id"] for card in cards(ada)]
        assert [view.prompt for view in await app.media.list_gallery(owner_id=owner)] == ["fox 1", "fox 0"]

    async def test_the_last_one_leaves_an_empty_gallery(self, app: App, ada: User) -> None:
        await add(app, 1, owner=await owner_id(app))
        await self.open_first(ada)
        lightbox = ada.find(Dialog).elements
        ada.find(_Showcase).trigger("delete")
        await ada.should_see("Delete it")
        ada.find("Delete it").click()
        await until(lambda: all(dialog.value is False for dialog in lightbox))
        await ada.should_see("Nothing here yet", retries=20)

    async def test_thinking_better_of_it_keeps_the_file(self, app: App, ada: User) -> None:
        owner = await owner_id(app)
        await add(app, 1, owner=owner)
        await self.open_first(ada)
        ada.find(_Showcase).trigger("delete")
        await ada.should_see("Keep it")
        ada.find("Keep it").click()
        await until(lambda: [dialog.value for dialog in ada.find(Dialog).elements].count(True) == 1)
        assert await app.media.count(owner_id=owner) == 1

    async def test_one_that_another_tab_deleted_first_is_no_error_on_our_side(self, app: App, ada: User) -> None:
        owner = await owner_id(app)
        (stored,) = await add(app, 1, owner=owner)
        await self.open_first(ada)
        ada.find(_Showcase).trigger("delete")
        await ada.should_see("Delete it")
        await app.db.write(mark_deleted, owner_id=owner, media_id=stored.media_id, now=START)
        ada.find("Delete it").click()
        await ada.should_see("no longer in your gallery")


class TestClips:
    async def test_a_clip_shows_its_length_and_plays_large(self, app: App, ada: User, tmp_path: Path) -> None:
        owner = await owner_id(app)
        data = clip(tmp_path / "a.mp4", seconds=2)
        stored = await add_output(app.db, app.media, owner_id=owner, data=data, prompt="waves", expect="video")
        await app.media.make_thumbnails(stored.media_id)
        await ada.open(PATH)
        (card,) = cards(ada)
        assert (card["length"], card["alt"], card["src"]) == ("0:02", "Clip: waves", f"/media/{stored.media_id}/thumb")
        assert card["moving"] == f"/media/{stored.media_id}/clip-preview"
        assert card["href"].endswith("/original?download=1")
        ada.find(Stretch).trigger("choose", args=stored.media_id)
        await ada.should_see("Clip 1 of 1")
        assert shown(ada)["clip"] is True
        assert (shown(ada)["otherName"], shown(ada)["other"]) == ("WebM", f"/media/{stored.media_id}/original?as=webm&download=1")


def shown(user: User) -> dict:
    """What the lightbox shows."""
    return next(iter(user.find(_Showcase).elements)).props["view"]
