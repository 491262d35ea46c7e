"""The gallery as its owner sees it, through NiceGUI's simulated browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from nicegui import Client, background_tasks
from nicegui.testing import User
from sqlalchemy import text

from nyx.bus import Event, MemoryBus, user_topic
from nyx.pages.gallery.selection import Selection, Undo
from nyx.pages.gallery.showcase import Showcase
from nyx.pages.gallery.tab import PAGE
from nyx.pages.gallery.toolbar import Toolbar
from nyx.pages.gallery.wall import Wall
from nyx.services.media.views import Filters, StoredOutput
from nyx.theme import Dialog
from tests.services.media.kit import MODEL, add_output, clip, encoded, fill, picture
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


def wall(user: User) -> Wall:
    return next(iter(user.find(Wall).elements))


def cards(user: User) -> list[dict]:
    """What the wall was begun with."""
    return list(wall(user).props["first"]["items"])


class Told:
    """What the browser is told to do, by the name of the method."""

    def __init__(self, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[tuple[str, Any]] = []
        monkeypatch.setattr(wall(user), "run_method", lambda name, *args, **_: self.calls.append((name, args[0] if args else None)))

    def of(self, name: str) -> list[Any]:
        return [sent for called, sent in self.calls if called == name]


def open_card(user: User, media_id: str, *, at: int = 0, newer: bool = False, older: bool = False) -> None:
    """Press a card as the browser says it."""
    user.find(Wall).trigger("open", args={"id": media_id, "at": at, "newer": newer, "older": older})


def act(user: User, name: str, *media_ids: str, target: str = "") -> None:
    """Press a button of the bar for what is chosen."""
    user.find(Selection).trigger("act", args={"act": name, "ids": list(media_ids), "target": target})


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

    async def test_the_trash_is_also_where_people_guess_it(self, ada: User) -> None:
        answer = await ada.http_client.get("/dashboard/trash")
        assert (answer.status_code, answer.headers["location"]) == (303, f"{PATH}?tab=trash")

    async def test_an_empty_gallery_shows_the_way_to_the_first_picture(self, ada: User) -> None:
        await ada.open(PATH)
        await ada.should_see("Nothing here yet")
        (link,) = ada.find("Make your first picture").elements
        assert link.props["href"] == "/studio/text-to-image"

    async def test_everything_is_there_newest_first_with_its_shape_and_words(self, app: App, ada: User) -> None:
        stored = await add(app, 3, owner=await owner_id(app))
        await ada.open(PATH)
        await ada.should_see("3 files")
        await ada.should_see("KB used")
        assert [card["alt"] for card in cards(ada)] == ["fox 2", "fox 1", "fox 0"]
        assert cards(ada)[-1] == {
            "id": stored[0].media_id,
            "alt": "fox 0",
            "ratio": 1.3333,
            "blur": stored[0].blur,
            "length": "",
            "thumb": False,
            "favourite": False,
        }

    async def test_nobody_sees_what_somebody_else_made(self, app: App, ada: User, make_user: MakeUser) -> None:
        await make_user("bob@example.com")
        await add(app, 2, owner=await owner_id(app, "bob@example.com"))
        await ada.open(PATH)
        await ada.should_see("Nothing here yet")

    async def test_a_full_page_stays_within_its_budget_of_elements(self, app: App, ada: User) -> None:
        owner = await owner_id(app)
        made = await fill(app.db, *map(str, range(PAGE + 1)), owner_id=owner)
        trip = await app.backend.collections.create(owner_id=owner, name="Trip", media_ids=made)
        await ada.open(f"{PATH}?collection={trip}")
        assert len(cards(ada)) == PAGE
        assert len(client_of(ada).elements) <= 150


class TestAddress:
    async def test_says_which_files_are_shown(self, app: App, ada: User) -> None:
        owner = await owner_id(app)
        fox, _ = await fill(app.db, "fox", "owl", owner_id=owner)
        await fill(app.db, "waves", owner_id=owner, kind="video")
        await app.library.favour(owner_id=owner, media_ids=[fox])
        for query, shown in (
            ("q=fo", ["fox"]),
            ("type=video", ["Clip: waves"]),
            ("tab=favourites", ["fox"]),
            (f"model={MODEL}&type=image", ["owl", "fox"]),
            ("sort=oldest&type=image", ["fox", "owl"]),
            ("from=2999-01-01", []),
            ("tab=trash", []),
        ):
            await ada.open(f"{PATH}?{query}")
            assert [card["alt"] for card in cards(ada)] == shown, query

    async def test_leads_from_page_to_page(self, app: App, ada: User) -> None:
        await fill(app.db, *(f"fox {number}" for number in range(PAGE + 3)), owner_id=await owner_id(app))
        await ada.open(f"{PATH}?show=pages")
        first = wall(ada).props
        assert (first["endless"], first["newest"], first["base"]) == (False, True, f"{PATH}?show=pages")
        await ada.open(f"{first['base']}&after={first['first']['after']}")
        assert [card["alt"] for card in cards(ada)] == ["fox 2", "fox 1", "fox 0"]
        assert (wall(ada).props["newest"], wall(ada).props["first"]["after"]) == (False, None)

    @pytest.mark.parametrize(
        "query", ["after=x", "after=1-zz&q=fox", "from=never&to=2026-13-01", "type=../..", "tab=nowhere", "collection=x"]
    )
    async def test_that_makes_no_sense_shows_what_it_can(self, app: App, ada: User, query: str) -> None:
        await fill(app.db, "fox", owner_id=await owner_id(app))
        await ada.open(f"{PATH}?{query}")
        assert [card["alt"] for card in cards(ada)] == ["fox"]

    async def test_of_a_collection_that_is_gone_leads_to_the_others(self, ada: User) -> None:
        answer = await ada.http_client.get(f"{PATH}?collection={'0' * 32}")
        assert (answer.status_code, answer.headers["location"]) == (303, f"{PATH}?tab=collections")


class TestFilters:
    async def test_show_what_fits_and_say_so_when_nothing_does(self, app: App, ada: User) -> None:
        await fill(app.db, "a fox", "an owl", owner_id=await owner_id(app))
        await ada.open(PATH)
        ada.find(Toolbar).trigger("query", args={"q": "owl"})
        await until(lambda: [card["alt"] for card in cards(ada)] == ["an owl"])
        assert wall(ada).props["base"] == f"{PATH}?q=owl"
        ada.find(Toolbar).trigger("query", args={"q": "elk", "type": "image"})
        await ada.should_see("Nothing found")
        await ada.should_see("Clear filters")
        ada.find(Toolbar).trigger("query", args={})
        await until(lambda: len(cards(ada)) == 2)
        await ada.should_not_see("Nothing found")
        await ada.should_not_see("Clear filters")


class TestMore:
    async def test_sends_the_next_page(self, app: App, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
        await fill(app.db, *(f"fox {number}" for number in range(PAGE + 3)), owner_id=await owner_id(app))
        await ada.open(PATH)
        told = Told(ada, monkeypatch)
        after = wall(ada).props["first"]["after"]
        ada.find(Wall).trigger("more", args=after)
        await until(lambda: bool(told.of("append")))
        (sent,) = told.of("append")
        assert ([card["alt"] for card in sent["items"]], sent["after"], sent["asked"]) == (["fox 2", "fox 1", "fox 0"], None, after)

    @pytest.mark.parametrize("sent", ["", "nonsense", None, 7])
    async def test_asked_for_nonsense_sends_nothing(self, app: App, ada: User, monkeypatch: pytest.MonkeyPatch, sent: object) -> None:
        await ada.open(PATH)
        told = Told(ada, monkeypatch)
        ada.find(Wall).trigger("more", args=sent)
        await asyncio.sleep(0.1)
        assert told.of("append") == []


class TestLive:
    async def test_what_finishes_elsewhere_appears_by_itself(self, app: App, ada: User) -> None:
        await ada.open(PATH)
        owner = await owner_id(app)
        await add(app, 1, owner=owner, prompt="owl")
        app.bus.publish(user_topic(owner), Event("generation", "any"))
        await ada.should_see("owl 0", retries=20)
        await ada.should_see("1 file")
        await ada.should_not_see("Nothing here yet")

    async def test_a_clip_gets_its_picture_as_soon_as_there_is_one(
        self, app: App, ada: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        owner = await owner_id(app)
        stored = await add_output(app.db, app.media, owner_id=owner, data=clip(tmp_path / "a.mp4"), prompt="waves", expect="video")
        await ada.open(PATH)
        assert not cards(ada)[0]["thumb"]
        told = Told(ada, monkeypatch)
        await app.media.make_thumbnails(stored.media_id)
        await until(lambda: any(card["thumb"] for sent in told.of("merge") for card in sent["changed"]))

    async def test_what_is_deleted_elsewhere_goes(self, app: App, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
        owner = await owner_id(app)
        stored = await add(app, 2, owner=owner)
        await ada.open(PATH)
        told = Told(ada, monkeypatch)
        await app.library.trash(owner_id=owner, media_ids=[stored[0].media_id])
        await until(lambda: stored[0].media_id in [one for sent in told.of("merge") for one in sent["gone"]])
        await ada.should_not_see("fox 0", retries=20)
        await ada.should_see("1 file", retries=20)

    async def test_what_was_missed_is_made_up_for(self, app: App, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
        owner = await owner_id(app)
        fox, owl = await fill(app.db, "fox", "owl", owner_id=owner)
        await ada.open(PATH)
        told = Told(ada, monkeypatch)
        await app.db.write(lambda tx: tx.execute("UPDATE media SET deleted_at = 1 WHERE id = :id", id=fox))  # and nobody says so
        app.bus.publish(user_topic(owner), Event("refresh"))
        await until(lambda: bool(told.of("check")))
        ada.find(Wall).trigger("check", args=[owl, fox])
        await until(lambda: any(sent["gone"] == [fox] for sent in told.of("merge")))

    async def test_what_went_before_the_page_was_connected_is_made_up_for(
        self, app: App, ada: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        owner = await owner_id(app)
        fox, _ = await fill(app.db, "fox", "owl", owner_id=owner)
        await ada.open(PATH)
        told = Told(ada, monkeypatch)
        await app.db.write(lambda tx: tx.execute("UPDATE media SET deleted_at = 1 WHERE id = :id", id=fox))  # and nobody says so
        app.bus.publish(user_topic(owner), Event("credits"))
        await until(lambda: any(sent["gone"] == [fox] for sent in told.of("merge")))

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
        open_card(ada, cards(ada)[1]["id"], at=1, newer=True)
        await ada.should_see("64 × 48")
        for words in ("fox 0", "2 credits", "7", "4"):
            await ada.should_see(words)
        await ada.should_see("Picture 2 of 2")
        view = shown(ada)
        assert view["download"] == f"/media/{view['id']}/original?download=1"
        assert (view["newer"], view["older"], view["lineage"]) == (True, False, [])
        assert view["studio"] == f"/studio/text-to-image?model={MODEL}&prompt=fox+0"

    @pytest.mark.parametrize("sent", ["0" * 32, "../..", None, {"id": 1}, {"id": "0" * 32, "at": -1, "newer": False, "older": False}])
    async def test_a_browser_can_not_ask_for_what_is_not_there(self, app: App, ada: User, sent: object) -> None:
        await add(app, 1, owner=await owner_id(app))
        await ada.open(PATH)
        ada.find(Wall).trigger("open", args=sent)
        await ada.should_not_see("64 × 48")

    async def test_nobody_opens_what_is_somebody_else_s(self, app: App, ada: User, make_user: MakeUser) -> None:
        await make_user("bob@example.com")
        (theirs,) = await add(app, 1, owner=await owner_id(app, "bob@example.com"))
        await ada.open(PATH)
        open_card(ada, theirs.media_id)
        await ada.should_see("no longer in your gallery")

    async def test_closes_when_its_file_is_deleted_elsewhere(self, app: App, ada: User) -> None:
        owner = await owner_id(app)
        (stored,) = await add(app, 1, owner=owner)
        await ada.open(PATH)
        open_card(ada, stored.media_id)
        await ada.should_see("64 × 48")
        await app.library.trash(owner_id=owner, media_ids=[stored.media_id])
        await until(lambda: lightbox(ada).value is False)

    async def test_the_heart_says_how_it_is_now(self, app: App, ada: User) -> None:
        owner = await owner_id(app)
        (stored,) = await add(app, 1, owner=owner)
        await ada.open(PATH)
        open_card(ada, stored.media_id)
        await ada.should_see("64 × 48")
        ada.find(Showcase).trigger("favour", args=True)
        await until(lambda: shown(ada)["favourite"] is True)
        assert (await app.library.get(owner_id=owner, media_id=stored.media_id)).is_favourite

    async def test_of_what_is_in_the_trash_there_is_no_original_but_a_way_back(self, app: App, ada: User) -> None:
        owner = await owner_id(app)
        (stored,) = await add(app, 1, owner=owner)
        await app.library.trash(owner_id=owner, media_ids=[stored.media_id])
        await ada.open(f"{PATH}?tab=trash")
        open_card(ada, stored.media_id)
        await ada.should_see("Picture 1 of 1")
        assert (shown(ada)["trashed"], shown(ada)["original"], shown(ada)["download"]) == (True, "", "")
        assert "Can be restored until" in dict(shown(ada)["facts"])
        ada.find(Showcase).trigger("restore")
        await ada.should_see("1 file restored")
        await until(lambda: lightbox(ada).value is False)
        assert (await app.library.figures(owner_id=owner)).in_gallery == 1


class TestActing:
    async def test_what_is_deleted_can_be_taken_back_once(self, app: App, ada: User) -> None:
        owner = await owner_id(app)
        made = await fill(app.db, "fox", "owl", "elk", owner_id=owner)
        await ada.open(PATH)
        act(ada, "trash", *made[:2])
        await ada.should_see("2 files moved to the trash")
        await until(lambda: [item["alt"] for item in wall(ada)._head] == ["elk"])
        for _ in range(2):
            ada.find(Undo).trigger("undo")
        await ada.should_see("2 files restored")
        assert (await app.library.figures(owner_id=owner)).in_gallery == 3

    async def test_the_delete_key_on_a_card_is_enough(self, app: App, ada: User) -> None:
        owner = await owner_id(app)
        (fox,) = await fill(app.db, "fox", owner_id=owner)
        await ada.open(PATH)
        ada.find(Wall).trigger("act", args={"act": "trash", "ids": [fox]})
        await ada.should_see("1 file moved to the trash")
        await ada.should_see("Nothing here yet", retries=20)

    async def test_favourites_collections_and_downloads(self, app: App, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
        owner = await owner_id(app)
        stored = [one.media_id for one in await add(app, 2, owner=owner)]
        await ada.open(PATH)
        told = Told(ada, monkeypatch)
        act(ada, "favour", *stored)
        await until(lambda: [one["favourite"] for sent in told.of("merge") for one in sent["changed"]][:2] == [True, True])
        act(ada, "collect-new", *stored, target="Trip")
        await ada.should_see("2 files in a new collection")
        await ada.should_see("Trip", retries=20)
        (trip,) = await app.backend.collections.list(owner_id=owner)
        act(ada, "uncollect", stored[0], target=trip.id)
        act(ada, "collect", stored[0], target=trip.id)
        await ada.should_see("1 file added")
        act(ada, "download", *stored)
        await ada.should_see("Asked for 2 files as one ZIP")
        await until(lambda: bool(told.of("download")))
        answer = await ada.http_client.get(told.of("download")[0])
        assert (answer.status_code, answer.content[:2]) == (200, b"PK")

    @pytest.mark.parametrize(
        "sent", [None, {}, {"act": "destroy", "ids": ["0" * 32]}, {"act": "trash", "ids": "all"}, {"act": "trash", "ids": [1]}]
    )
    async def test_nonsense_does_nothing(self, app: App, ada: User, sent: object) -> None:
        owner = await owner_id(app)
        await fill(app.db, "fox", owner_id=owner)
        await ada.open(PATH)
        ada.find(Selection).trigger("act", args=sent)
        await asyncio.sleep(0.05)
        assert (await app.library.figures(owner_id=owner)).in_gallery == 1

    async def test_what_another_tab_deleted_first_is_no_error_on_our_side(self, app: App, ada: User) -> None:
        owner = await owner_id(app)
        (fox,) = await fill(app.db, "fox", owner_id=owner)
        await ada.open(PATH)
        await app.library.trash(owner_id=owner, media_ids=[fox])
        act(ada, "trash", fox)
        await ada.should_see("no longer in your gallery")


class TestTrash:
    async def test_can_be_emptied_after_a_question(self, app: App, ada: User) -> None:
        owner = await owner_id(app)
        made = await fill(app.db, "fox", "owl", owner_id=owner)
        await app.library.trash(owner_id=owner, media_ids=made)
        await ada.open(f"{PATH}?tab=trash")
        assert len(cards(ada)) == 2
        await ada.should_see("stays here for 30 days")
        ada.find("Empty the trash").click()
        await ada.should_see("can't be brought back")
        ada.find("Delete for good").click()
        await ada.should_see("2 files deleted for good")
        await ada.should_see("The trash is empty", retries=20)
        assert (await app.library.page(owner_id=owner, filters=Filters(in_trash=True))).items == ()


class TestCollections:
    async def test_stand_on_a_shelf_and_are_made_there(self, app: App, ada: User) -> None:
        owner = await owner_id(app)
        made = await fill(app.db, "fox", "owl", owner_id=owner)
        await ada.open(f"{PATH}?tab=collections")
        await ada.should_see("No collections yet")
        await app.backend.collections.create(owner_id=owner, name="Trip", media_ids=made)
        await ada.should_see("Trip", retries=20)

    async def test_one_is_shared_as_a_page_until_it_is_not(self, app: App, ada: User, make_user: MakeUser) -> None:
        owner = await owner_id(app)
        stored = await add(app, 2, owner=owner)
        trip = await app.backend.collections.create(owner_id=owner, name="Trip", media_ids=[one.media_id for one in stored])
        await ada.open(f"{PATH}?collection={trip}")
        await ada.should_see("2 files")
        ada.find("Share").click()
        ada.find("Share with a link").click()
        await ada.should_see("Everybody who has this address")
        token = (await app.backend.collections.get(owner_id=owner, collection_id=trip)).share_token
        visitor = await make_user()
        visitor.http_client.headers["user-agent"] = "Mozilla/5.0 Firefox/140.0"
        await visitor.open(f"/c/{token}")
        await visitor.should_see("Picture 2 of 2 in Trip")
        await visitor.should_not_see(EMAIL)
        await app.backend.sharing.flush()
        assert (await app.backend.collections.get(owner_id=owner, collection_id=trip)).views == 1
        answer = await visitor.http_client.get(f"/c/{token}")
        assert 'content="noindex,nofollow"' in answer.text
        ada.find("Stop sharing").click()
        await ada.should_see("The link works no more")
        assert (await visitor.http_client.get(f"/c/{token}")).status_code == 404


class TestClips:
    async def test_a_clip_shows_its_length_and_plays_large(self, app: App, ada: User, tmp_path: Path) -> None:
        owner = await owner_id(app)
        data = clip(tmp_path / "a.mp4", seconds=2)
        stored = await add_output(app.db, app.media, owner_id=owner, data=data, prompt="waves", expect="video")
        await app.media.make_thumbnails(stored.media_id)
        await ada.open(PATH)
        (card,) = cards(ada)
        assert (card["length"], card["alt"], card["thumb"]) == ("0:02", "Clip: waves", True)
        open_card(ada, stored.media_id)
        await ada.should_see("Clip 1 of 1")
        assert shown(ada)["clip"] is True
        assert (shown(ada)["otherName"], shown(ada)["other"]) == ("WebM", f"/media/{stored.media_id}/original?as=webm&download=1")


def shown(user: User) -> dict:
    """What the lightbox shows."""
    return next(iter(user.find(Showcase).elements)).props["view"]


def lightbox(user: User) -> Dialog:
    return next(one for one in user.find(Dialog).elements if "lightbox" in one.classes)


class TestSharedPage:
    async def test_a_name_that_looks_like_markup_is_words(self, app: App, ada: User, make_user: MakeUser) -> None:
        owner = await owner_id(app)
        made = await fill(app.db, "</title><script>alert(2)</script>", owner_id=owner)
        name = "</title><script>alert(1)</script>"
        trip = await app.backend.collections.create(owner_id=owner, name=name, media_ids=made)
        token = await app.backend.collections.publish(owner_id=owner, collection_id=trip)
        visitor = await make_user()
        answer = await visitor.http_client.get(f"/c/{token}")
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
        assert "nonce" not in answer.text.partition("alert(1)")[0][-60:]

    async def test_shows_one_page_after_the_other(self, app: App, ada: User, make_user: MakeUser) -> None:
        owner = await owner_id(app)
        made = await fill(app.db, *(f"fox {number:02}" for number in range(50)), owner_id=owner)
        trip = await app.backend.collections.create(owner_id=owner, name="Trip", media_ids=made)
        token = await app.backend.collections.publish(owner_id=owner, collection_id=trip)
        visitor = await make_user()
        visitor.http_client.headers["user-agent"] = "Mozilla/5.0 Firefox/140.0"
        await visitor.open(f"/c/{token}")
        await visitor.should_see("50 files")
        await visitor.should_see("Picture 1 of 50 in Trip")
        await visitor.should_not_see("fox")
        (following,) = visitor.find("Next page").elements
        await visitor.open(following.props["href"])
        await visitor.should_see("First page")
        await visitor.should_see("Picture 49 of 50 in Trip")
        await visitor.should_not_see("Next page")
        await app.backend.sharing.flush()
        assert (await app.backend.collections.get(owner_id=owner, collection_id=trip)).views == 1
