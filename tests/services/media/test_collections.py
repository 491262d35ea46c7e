"""What an owner puts together, and what others see of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nyx.bus import Event, MemoryBus, user_topic
from nyx.db import Database
from nyx.errors import Conflict, InvalidInput, NotFound
from nyx.services.media.collections import MediaCollections
from nyx.services.media.library import MediaLibrary
from nyx.services.media.views import Filters
from tests.services.media.kit import OWNER, STRANGER, add_people, fill, suspend
from tests.support.clock import FakeClock

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
async def _people(db: Database) -> None:
    await add_people(db)


async def inside(library: MediaLibrary, collection_id: str, **filters: object) -> list[str]:
    """The prompts of a collection, in order."""
    page = await library.page(owner_id=OWNER, filters=Filters(collection_id=collection_id, **filters))  # type: ignore[arg-type]
    return [view.prompt for view in page.items]


class TestCreate:
    async def test_takes_what_is_chosen_along(self, db: Database, collections: MediaCollections, bus: MemoryBus) -> None:
        heard: list[Event] = []
        bus.listen(user_topic(OWNER), heard.append)
        made = await fill(db, "fox", "owl")
        trip = await collections.create(owner_id=OWNER, name="  Trip\nto the  sea ", media_ids=made)
        empty = await collections.create(owner_id=OWNER, name="Empty")
        listed = await collections.list(owner_id=OWNER)
        assert [(one.id, one.name, one.count) for one in listed] == [(empty, "Empty", 0), (trip, "Trip to the sea", 2)]
        assert [one.cover in made for one in listed] == [False, True]
        assert heard == [Event("collections")] * 2

    async def test_a_name_is_there_once_and_can_be_read(self, collections: MediaCollections) -> None:
        await collections.create(owner_id=OWNER, name="Trip")
        await collections.create(owner_id=STRANGER, name="Trip")
        with pytest.raises(Conflict):
            await collections.create(owner_id=OWNER, name="Trip")
        for name in ("", "  \u200b\x00 ", "x" * 81):
            with pytest.raises(InvalidInput) as caught:
                await collections.create(owner_id=OWNER, name=name)
            assert caught.value.field == "name"


class TestRename:
    async def test_gives_another_name_that_is_free(self, collections: MediaCollections) -> None:
        trip = await collections.create(owner_id=OWNER, name="Trip")
        await collections.create(owner_id=OWNER, name="Sea")
        await collections.rename(owner_id=OWNER, collection_id=trip, name="Journey")
        await collections.rename(owner_id=OWNER, collection_id=trip, name="Journey")
        assert (await collections.get(owner_id=OWNER, collection_id=trip)).name == "Journey"
        with pytest.raises(Conflict):
            await collections.rename(owner_id=OWNER, collection_id=trip, name="Sea")


class TestItems:
    async def test_stand_in_the_order_in_which_they_were_added(
        self, db: Database, library: MediaLibrary, collections: MediaCollections, clock: FakeClock
    ) -> None:
        fox, owl, elk = await fill(db, "fox", "owl", "elk")
        trip = await collections.create(owner_id=OWNER, name="Trip")
        for one in (elk, fox, owl):
            assert await collections.add(owner_id=OWNER, collection_id=trip, media_ids=[one]) == 1
            clock.jump(MINUTE)
        assert await collections.add(owner_id=OWNER, collection_id=trip, media_ids=[fox, owl]) == 0
        assert await inside(library, trip) == ["owl", "fox", "elk"]
        assert await inside(library, trip, oldest_first=True) == ["elk", "fox", "owl"]
        assert await inside(library, trip, words="fox") == ["fox"]
        first = await library.page(owner_id=OWNER, filters=Filters(collection_id=trip), limit=2)
        rest = await library.page(owner_id=OWNER, filters=Filters(collection_id=trip), limit=2, after=first.after)
        assert [view.prompt for view in rest.items] == ["elk"]

    async def test_what_is_not_the_owner_s_can_not_be_put_in(self, db: Database, collections: MediaCollections) -> None:
        (theirs,) = await fill(db, "fox", owner_id=STRANGER)
        trip = await collections.create(owner_id=OWNER, name="Trip", media_ids=[theirs])
        assert await collections.add(owner_id=OWNER, collection_id=trip, media_ids=[theirs, "0" * 32]) == 0
        assert (await collections.get(owner_id=OWNER, collection_id=trip)).count == 0

    async def test_leave_it_without_leaving_the_gallery(self, db: Database, library: MediaLibrary, collections: MediaCollections) -> None:
        fox, owl = await fill(db, "fox", "owl")
        trip = await collections.create(owner_id=OWNER, name="Trip", media_ids=[fox, owl])
        await collections.set_cover(owner_id=OWNER, collection_id=trip, media_id=fox)
        assert await collections.remove(owner_id=OWNER, collection_id=trip, media_ids=[fox]) == 1
        assert (await collections.get(owner_id=OWNER, collection_id=trip)).cover == owl
        await collections.delete(owner_id=OWNER, collection_id=trip)
        assert (await library.figures(owner_id=OWNER)).in_gallery == 2

    async def test_in_the_trash_they_are_hidden_and_come_back_purged_they_are_gone(
        self, db: Database, library: MediaLibrary, collections: MediaCollections
    ) -> None:
        fox, owl = await fill(db, "fox", "owl")
        trip = await collections.create(owner_id=OWNER, name="Trip", media_ids=[fox, owl])
        await collections.set_cover(owner_id=OWNER, collection_id=trip, media_id=fox)
        await library.trash(owner_id=OWNER, media_ids=[fox])
        view = await collections.get(owner_id=OWNER, collection_id=trip)
        assert (view.count, view.cover) == (1, owl)
        await library.restore(owner_id=OWNER, media_ids=[fox])
        view = await collections.get(owner_id=OWNER, collection_id=trip)
        assert (view.count, view.cover) == (2, fox)
        await library.trash(owner_id=OWNER, media_ids=[fox, owl])
        await library.empty_trash(owner_id=OWNER)
        view = await collections.get(owner_id=OWNER, collection_id=trip)
        assert (view.count, view.cover) == (0, None)

    async def test_only_what_is_inside_can_be_the_cover(self, db: Database, collections: MediaCollections) -> None:
        (fox,) = await fill(db, "fox")
        trip = await collections.create(owner_id=OWNER, name="Trip")
        with pytest.raises(NotFound):
            await collections.set_cover(owner_id=OWNER, collection_id=trip, media_id=fox)


class TestSharing:
    async def test_shows_what_is_inside_to_everybody_with_the_token_until_it_is_revoked(
        self, db: Database, library: MediaLibrary, collections: MediaCollections
    ) -> None:
        fox, owl, elk = await fill(db, "fox", "owl", "elk")
        trip = await collections.create(owner_id=OWNER, name="Trip", media_ids=[fox, owl])
        token = await collections.publish(owner_id=OWNER, collection_id=trip)
        assert await collections.publish(owner_id=OWNER, collection_id=trip) == token
        assert len(token) >= 43
        owner_id, shared = await collections.get_shared(token)
        assert (owner_id, shared.name, shared.is_shared) == (OWNER, "Trip", True)
        assert {view.id for view in (await collections.shared_page(token)).items} == {fox, owl}
        assert await collections.owner_of_shared(token, media_id=fox) == OWNER
        await library.trash(owner_id=OWNER, media_ids=[owl])
        for hidden in (elk, owl, "0" * 32):
            with pytest.raises(NotFound):
                await collections.owner_of_shared(token, media_id=hidden)

        await collections.revoke(owner_id=OWNER, collection_id=trip)
        with pytest.raises(NotFound):
            await collections.shared_page(token)
        with pytest.raises(NotFound):
            await collections.owner_of_shared(token, media_id=fox)
        assert await collections.publish(owner_id=OWNER, collection_id=trip) != token

    async def test_shows_nothing_of_somebody_suspended(self, db: Database, collections: MediaCollections) -> None:
        (fox,) = await fill(db, "fox")
        trip = await collections.create(owner_id=OWNER, name="Trip", media_ids=[fox])
        token = await collections.publish(owner_id=OWNER, collection_id=trip)

        await suspend(db, OWNER)

        with pytest.raises(NotFound):
            await collections.shared_page(token)
        with pytest.raises(NotFound):
            await collections.owner_of_shared(token, media_id=fox)

    @pytest.mark.parametrize("token", ["", "x", "None", "%"])
    async def test_a_guess_opens_nothing(self, collections: MediaCollections, token: str) -> None:
        await collections.create(owner_id=OWNER, name="Trip")
        with pytest.raises(NotFound):
            await collections.get_shared(token)


class TestStrangers:
    async def test_can_do_nothing_to_it(self, db: Database, collections: MediaCollections) -> None:
        (fox,) = await fill(db, "fox")
        (theirs,) = await fill(db, "fox", owner_id=STRANGER)
        trip = await collections.create(owner_id=OWNER, name="Trip", media_ids=[fox])
        mine = {"owner_id": STRANGER, "collection_id": trip}
        for attempt in (
            collections.get(**mine),
            collections.rename(**mine, name="Mine"),
            collections.delete(**mine),
            collections.add(**mine, media_ids=[theirs]),
            collections.remove(**mine, media_ids=[fox]),
            collections.set_cover(**mine, media_id=fox),
            collections.publish(**mine),
            collections.revoke(**mine),
        ):
            with pytest.raises(NotFound):
                await attempt
        assert (await collections.get(owner_id=OWNER, collection_id=trip)).count == 1
