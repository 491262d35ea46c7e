"""Several generations at once on both databases: all or none, once however often sent; and what was made before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from nyx.db import Database
from nyx.errors import Conflict, InsufficientCredits, InvalidInput, TooMany
from nyx.services.generation import invariants
from nyx.services.generation.views import Draft, InputPicture
from tests.services.generation.kit import upload
from tests.services.media.kit import encoded, picture
from tests.support.world import CHEAP, World, open_world


@pytest.fixture
async def world(db: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(db, tmp_path / "media") as world:
        yield world


def drafts(count: int, **changes: object) -> list[Draft]:
    return [Draft(**{"model_key": CHEAP, "prompt": f"fox {number}", **changes}) for number in range(count)]  # type: ignore[arg-type]


class TestSubmitAll:
    async def test_makes_one_generation_for_each_draft_in_order(self, world: World) -> None:
        ada = await world.person(credits=20)
        views = await world.generations.submit_all(owner_id=ada, drafts=drafts(3), draft_key="k")
        assert [view.prompt for view in views] == ["fox 0", "fox 1", "fox 2"]
        assert await world.balance(ada) == (11, 9)
        for view in views:
            await world.settled(ada, view.id)
        assert await world.balance(ada) == (11, 0)

    async def test_the_same_key_again_is_the_same(self, world: World) -> None:
        ada = await world.person(credits=10)
        sent = [world.generations.submit_all(owner_id=ada, drafts=drafts(3), draft_key="k") for _ in range(4)]
        results = await asyncio.gather(*sent)
        assert len({tuple(view.id for view in views) for views in results}) == 1
        assert await world.balance(ada) == (1, 9)

    async def test_too_few_credits_for_all_make_none(self, world: World) -> None:
        ada = await world.person(credits=8)
        with pytest.raises(InsufficientCredits, match="needs 9 credits and you have 8"):
            await world.generations.submit_all(owner_id=ada, drafts=drafts(3), draft_key="k")
        assert await world.balance(ada) == (8, 0)
        assert await world.generations.list_recent(owner_id=ada) == ()

    async def test_one_that_can_not_run_makes_none(self, world: World) -> None:
        ada = await world.person()
        with pytest.raises(InvalidInput):
            await world.generations.submit_all(owner_id=ada, drafts=[*drafts(2), *drafts(1, prompt=" ")], draft_key="k")
        assert await world.generations.list_recent(owner_id=ada) == ()

    async def test_a_race_of_two_never_spends_more_than_there_is(self, world: World) -> None:
        ada = await world.person(credits=10)
        sent = [world.generations.submit_all(owner_id=ada, drafts=drafts(2), draft_key=f"k{n}") for n in range(3)]
        results = await asyncio.gather(*sent, return_exceptions=True)
        assert sum(isinstance(result, InsufficientCredits) for result in results) == 2
        assert await world.balance(ada) == (4, 6)

    async def test_the_same_key_with_other_words_is_refused_before_anything_is_written(self, world: World) -> None:
        ada = await world.person()
        await world.generations.submit_all(owner_id=ada, drafts=drafts(1), draft_key="k")
        with pytest.raises(Conflict):
            await world.generations.submit_all(owner_id=ada, drafts=[*drafts(2)[1:], *drafts(1)], draft_key="k")
        assert len(await world.generations.list_recent(owner_id=ada)) == 1

    @pytest.mark.parametrize("count", [0, 17])
    async def test_there_is_a_most(self, world: World, count: int) -> None:
        ada = await world.person()
        with pytest.raises(InvalidInput, match="1 to 16"):
            await world.generations.submit_all(owner_id=ada, drafts=drafts(count), draft_key="k")

    async def test_more_outputs_than_may_wait_are_refused_together(self, world: World) -> None:
        ada = await world.person(credits=1_000)
        with pytest.raises(TooMany, match="44 outputs, and 40"):
            await world.generations.submit_all(owner_id=ada, drafts=drafts(11, outputs=4), draft_key="k")
        assert await world.balance(ada) == (1_000, 0)

    async def test_the_books_agree(self, world: World) -> None:
        ada = await world.person()
        await world.generations.submit_all(owner_id=ada, drafts=drafts(4), draft_key="k")
        async with world.db.read() as session:
            assert await invariants.check_session(session) == ()


class TestFindMade:
    async def found(self, world: World, owner_id: str, *asked: Draft) -> tuple[int, int]:
        """How many outputs are there, and how many were asked for."""
        repeat = await world.generations.find_made(owner_id=owner_id, drafts=asked)
        return repeat.there, repeat.wanted

    async def test_finds_what_was_made_of_exactly_this(self, world: World) -> None:
        ada, eve = await world.person(), await world.person(name="eve")
        draft = drafts(1, seed=7)[0]
        assert await self.found(world, ada, draft) == (0, 1)
        made = await world.generations.submit(owner_id=ada, draft=draft, draft_key="k")
        assert await self.found(world, ada, draft) == (0, 1)
        await world.settled(ada, made.id)
        repeat = await world.generations.find_made(owner_id=ada, drafts=[draft])
        assert (repeat.is_complete, repeat.generation_ids, repeat.rest) == (True, (made.id,), ())
        assert await self.found(world, eve, draft) == (0, 1)
        for other in (drafts(1, seed=8)[0], drafts(1, seed=7, prompt="a bear")[0], drafts(1, seed=7, steps=4)[0]):
            assert await self.found(world, ada, other) == (0, 1)

    async def test_a_random_seed_makes_no_two_alike(self, world: World) -> None:
        ada = await world.person()
        made = await world.ask(ada)
        await world.settled(ada, made.id)
        assert await self.found(world, ada, Draft(model_key=CHEAP, prompt="a fox in the rain")) == (0, 1)

    async def test_a_seed_that_was_got_at_random_is_known_when_it_is_asked_for(self, world: World) -> None:
        ada = await world.person()
        draft = Draft(model_key=CHEAP, prompt="a fox in the rain", outputs=3)
        made = await world.generations.submit(owner_id=ada, draft=draft, draft_key="k")
        await world.settled(ada, made.id)
        second = made.outputs[1].seed
        assert await self.found(world, ada, replace(draft, seed=second, outputs=1)) == (1, 1)
        assert await self.found(world, ada, replace(draft, seed=second)) == (2, 3)
        assert await self.found(world, ada, replace(draft, seed=second, prompt="a bear")) == (0, 3)

    async def test_of_several_only_the_rest_is_made(self, world: World) -> None:
        ada = await world.person(credits=100)
        first, second = [await world.generations.submit(owner_id=ada, draft=one, draft_key=one.prompt) for one in drafts(2, seed=7)]
        for one in (first, second):
            await world.settled(ada, one.id)
        wanted = drafts(3, seed=7, outputs=2)
        repeat = await world.generations.find_made(owner_id=ada, drafts=wanted)
        assert (repeat.there, repeat.wanted, set(repeat.generation_ids)) == (2, 6, {first.id, second.id})
        assert (repeat.rest_credits, repeat.all_credits) == (12, 18)
        assert [(one.prompt, one.seeds) for one in repeat.rest] == [("fox 0", (8,)), ("fox 1", (8,)), ("fox 2", (7, 8))]

        for view in await world.generations.submit_all(owner_id=ada, drafts=repeat.rest, draft_key="rest"):
            await world.settled(ada, view.id)
        assert await self.found(world, ada, *wanted) == (6, 6)
        assert await world.balance(ada) == (100 - 6 - 12, 0)

    async def test_what_failed_or_was_deleted_is_made_again(self, world: World) -> None:
        ada = await world.person()
        failed = await world.ask(ada, "a fox [fail]", seed=7)
        await world.settled(ada, failed.id)
        assert await self.found(world, ada, failed.draft) == (0, 1)
        made = await world.ask(ada, seed=7)
        view = await world.settled(ada, made.id)
        draft = Draft(model_key=CHEAP, prompt="a fox in the rain", seed=7)
        assert await self.found(world, ada, draft) == (1, 1)
        await world.library.trash(owner_id=ada, media_ids=[str(view.outputs[0].media_id)])
        assert await self.found(world, ada, draft) == (0, 1)

    async def test_other_pictures_make_another(self, world: World) -> None:
        ada = await world.person(credits=100)
        ours, other = await upload(world, ada), await upload(world, ada, encoded(picture(colour=(1, 2, 3))))
        draft = Draft(
            model_key="black-forest-labs/FLUX.1-kontext-pro",
            prompt="a fox",
            capability="image-to-image",
            seed=7,
            inputs=(InputPicture(media_id=ours),),
        )
        made = await world.generations.submit(owner_id=ada, draft=draft, draft_key="k")
        await world.settled(ada, made.id)
        assert await self.found(world, ada, draft) == (1, 1)
        assert await self.found(world, ada, replace(draft, inputs=(InputPicture(media_id=other),))) == (0, 1)
