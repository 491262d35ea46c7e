"""What creators may ask of generations, on both databases: once, repeated, short, raced, cancelled, retried."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from nyx.bus import user_topic
from nyx.db import Database
from nyx.errors import Conflict, InsufficientCredits, InvalidInput, NotFound, Overloaded, TooMany
from nyx.services.generation import interventions, invariants, repository
from nyx.services.generation.creation import Limits, PriceChanged
from nyx.services.generation.views import Draft, GenerationView, InputPicture, Stage
from nyx.services.media.views import Filters
from tests.support.waiting import eventually
from tests.support.world import CHEAP, CLIP, Picky, World, open_world


@pytest.fixture
async def world(db: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(db, tmp_path / "media") as world:
        yield world


def draft(prompt: str = "a fox", **changes: object) -> Draft:
    return Draft(**{"model_key": CHEAP, "prompt": prompt, **changes})  # type: ignore[arg-type]


class TestPrice:
    async def test_is_never_more_than_the_person_was_told(self, world: World) -> None:
        ada = await world.person()
        told: dict[str, Any] = {"owner_id": ada, "told_credits": 3}
        first = await world.generations.submit(draft=draft(), draft_key="before", **told)
        await world.catalog.override(CHEAP, credits=4)

        with pytest.raises(PriceChanged, match="costs 4 credits now"):
            await world.generations.submit(draft=draft(), draft_key="after", **told)
        with pytest.raises(PriceChanged, match="costs 8 credits now"):
            await world.generations.submit_all(owner_id=ada, drafts=[draft(), draft()], draft_key="all", told_credits=6)

        assert await world.balance(ada) == (97, 3)
        assert (await world.generations.submit(draft=draft(), draft_key="before", **told)).id == first.id
        await world.catalog.override(CHEAP, credits=2)
        assert (await world.generations.submit(draft=draft(), draft_key="cheaper", **told)).price_credits == 2


class TestSubmit:
    async def test_the_same_draft_key_is_one_generation(self, world: World) -> None:
        ada = await world.person(credits=10)

        views = await asyncio.gather(*(world.generations.submit(owner_id=ada, draft=draft(), draft_key="once") for _ in range(8)))

        assert len({view.id for view in views}) == 1
        await world.settled(ada, views[0].id)
        assert await world.balance(ada) == (7, 0)

    async def test_a_draft_key_with_other_settings_is_refused(self, world: World) -> None:
        ada = await world.person()
        await world.generations.submit(owner_id=ada, draft=draft("a fox"), draft_key="once")

        with pytest.raises(Conflict, match="Reload the page"):
            await world.generations.submit(owner_id=ada, draft=draft("a bear"), draft_key="once")

    async def test_what_it_made_is_found_by_its_words(self, world: World) -> None:
        ada = await world.person()
        made = await world.ask(ada, "a Café in Łódź")
        await world.settled(ada, made.id)
        page = await world.library.page(owner_id=ada, filters=Filters(words="lodz CAFE"))
        assert [view.prompt for view in page.items] == ["a Café in Łódź"]

    async def test_two_people_may_use_the_same_draft_key(self, world: World) -> None:
        ada, ben = await world.person(), await world.person(name="ben")

        first = await world.generations.submit(owner_id=ada, draft=draft(), draft_key="once")
        second = await world.generations.submit(owner_id=ben, draft=draft(), draft_key="once")

        assert first.id != second.id

    async def test_too_few_credits_leave_no_trace(self, world: World) -> None:
        ada = await world.person(credits=11)

        with pytest.raises(InsufficientCredits, match="needs 12 credits and you have 11"):
            await world.ask(ada, outputs=4)

        assert await world.balance(ada) == (11, 0)
        assert await world.generations.list_recent(owner_id=ada) == ()

    async def test_a_race_never_spends_more_than_there_is(self, world: World) -> None:
        ada = await world.person(credits=10)

        results = await asyncio.gather(*(world.ask(ada, f"fox {n}") for n in range(12)), return_exceptions=True)

        asked = [result for result in results if not isinstance(result, BaseException)]
        assert len(asked) == 3
        assert all(isinstance(result, InsufficientCredits) for result in results if isinstance(result, BaseException))
        for view in asked:
            await world.settled(ada, view.id)
        assert await world.balance(ada) == (1, 0)

    async def test_somebody_elses_is_not_found(self, world: World) -> None:
        ada, eve = await world.person(), await world.person(name="eve")
        asked = await world.ask(ada)

        for attempt in (world.generations.get, world.generations.cancel):
            with pytest.raises(NotFound):
                await attempt(owner_id=eve, generation_id=asked.id)
        with pytest.raises(NotFound):
            await world.generations.retry(owner_id=eve, generation_id=asked.id, draft_key="mine")

    @pytest.mark.parametrize(
        ("changes", "field", "words"),
        [
            ({"prompt": "  "}, "prompt", "Describe what you want to see"),
            ({"prompt": "x" * 5_001}, "prompt", "up to 5,000 characters; this has 5,001"),
            ({"prompt": "nul \x00"}, "prompt", "can't be sent"),
            ({"prompt": "half \ud800"}, "prompt", "can't be sent"),
            ({"negative_prompt": "x" * 2_001}, "negative_prompt", "up to 2,000"),
            ({"model_key": "no/such"}, "model", "not in the catalogue"),
            ({"model_key": "ideogram/ideogram-4.0"}, "model", "has no price yet"),
            ({"capability": "text-to-video"}, "model", "does not do text-to-video"),
            ({"capability": "dance"}, "model", "does not do dance"),
            ({"width_px": 1000, "height_px": 1000}, "size", "can't make 1000 × 1000"),
            ({"width_px": 1024}, "size", "both width and height"),
            ({"aspect_ratio": "7:3"}, "aspect_ratio", "no aspect ratio 7:3"),
            ({"outputs": 0}, "outputs", "1 to 4"),
            ({"outputs": 5}, "outputs", "1 to 4"),
            ({"seed": -1}, "seed", "whole number from 0"),
            ({"seed": 2**63}, "seed", "whole number from 0"),
            ({"steps": 51}, "steps", "1 to 50"),
            ({"guidance": 3.0}, "guidance", "takes no guidance"),
            ({"output_format": "bmp"}, "output_format", "jpeg, png"),
            ({"seconds": 5}, "seconds", "pictures only"),
            ({"inputs": (InputPicture(media_id="a" * 32),)}, "inputs", "takes no pictures"),
        ],
    )
    async def test_bad_input_names_its_field_in_a_sentence(self, world: World, changes: dict[str, object], field: str, words: str) -> None:
        ada = await world.person()

        with pytest.raises(InvalidInput, match=words) as caught:
            await world.generations.submit(owner_id=ada, draft=draft(**{"prompt": "a fox", **changes}), draft_key="k")  # type: ignore[arg-type]

        assert caught.value.field == field
        assert await world.balance(ada) == (100, 0)

    async def test_a_model_that_was_switched_off_is_refused(self, world: World) -> None:
        ada = await world.person()
        await world.catalog.override(CHEAP, is_enabled=False)

        with pytest.raises(InvalidInput, match="switched off here") as caught:
            await world.ask(ada)

        assert caught.value.field == "model"


class TestLimits:
    async def test_one_person_can_not_queue_without_end(self, db: Database, tmp_path: Path) -> None:
        async with open_world(db, tmp_path / "media", limits=Limits(waiting_per_user=4, waiting=100)) as world:
            ada, ben = await world.person(), await world.person(name="ben")
            await world.engine.stop(timeout_s=1)
            await world.ask(ada, outputs=4)

            with pytest.raises(TooMany, match="4 is the most at once"):
                await world.ask(ada)

            assert (await world.ask(ben)).status == "pending"
            assert await world.balance(ada) == (88, 12)

    async def test_a_full_queue_says_so(self, db: Database, tmp_path: Path) -> None:
        async with open_world(db, tmp_path / "media", limits=Limits(waiting_per_user=4, waiting=5)) as world:
            ada, ben = await world.person(), await world.person(name="ben")
            await world.engine.stop(timeout_s=1)
            await world.ask(ada, outputs=4)

            with pytest.raises(Overloaded, match="queue is full"):
                await world.ask(ben, outputs=2)

    async def test_nobody_waits_behind_somebody_elses_pile(self, db: Database, tmp_path: Path) -> None:
        async with open_world(db, tmp_path / "media", per_user=2, per_provider=3) as world:
            ada, ben = await world.person(), await world.person(name="ben")
            pile = [await world.ask(ada, f"fox {n} [slow 1]", outputs=4) for n in range(3)]
            late = await world.ask(ben, "one picture")

            done = await world.settled(ben, late.id)

            finished_first = [await world.generations.get(owner_id=ada, generation_id=view.id) for view in pile]
            assert done.ready == 1
            assert sum(view.ready for view in finished_first) < 12


class TestCancel:
    async def test_what_was_not_sent_is_free(self, world: World) -> None:
        ada = await world.person(credits=100)
        await world.engine.stop(timeout_s=1)
        asked = await world.ask(ada, outputs=4)

        view = await world.generations.cancel(owner_id=ada, generation_id=asked.id)

        assert view.status == "cancelled"
        assert {output.stage for output in view.outputs} == {Stage.CANCELLED}
        assert await world.balance(ada) == (100, 0)

    async def test_what_is_at_the_provider_is_kept_for_its_price(self, db: Database, tmp_path: Path) -> None:
        async with open_world(db, tmp_path / "media") as world:
            ada = await world.person(credits=100)
            asked = await world.ask(ada, "a fox [slow 1]")
            await _until_sent(world, ada, asked.id)

            view = await world.generations.cancel(owner_id=ada, generation_id=asked.id, keep_late=True)
            assert view.status == "cancelled"
            done = await world.settled(ada, asked.id)

            assert (done.status, done.ready) == ("completed", 1)
            assert await world.balance(ada) == (97, 0)

    async def test_what_is_let_go_costs_nothing_and_is_not_kept(self, db: Database, tmp_path: Path) -> None:
        async with open_world(db, tmp_path / "media") as world:
            ada = await world.person(credits=100)
            asked = await world.ask(ada, "a fox [slow 1]")
            await _until_sent(world, ada, asked.id)

            view = await world.generations.cancel(owner_id=ada, generation_id=asked.id, keep_late=False)
            await asyncio.sleep(1.3)

            assert view.status == "cancelled"
            after = await world.generations.get(owner_id=ada, generation_id=asked.id)
            assert after.outputs[0].stage is Stage.CANCELLED
            assert await world.balance(ada) == (100, 0)
            assert (await world.library.figures(owner_id=ada)).in_gallery == 0

    async def test_twice_says_that_nothing_is_left(self, world: World) -> None:
        ada = await world.person()
        await world.engine.stop(timeout_s=1)
        asked = await world.ask(ada)
        await world.generations.cancel(owner_id=ada, generation_id=asked.id)

        with pytest.raises(Conflict, match="nothing left to cancel"):
            await world.generations.cancel(owner_id=ada, generation_id=asked.id)


async def _until_sent(world: World, owner_id: str, generation_id: str) -> None:
    async def is_sent() -> bool:
        view = await world.generations.get(owner_id=owner_id, generation_id=generation_id)
        return view.outputs[0].stage is not Stage.QUEUED

    await eventually(is_sent)


class TestRetry:
    async def _with_gaps(self, db: Database, folder: Path, index: int | None) -> tuple[GenerationView, GenerationView]:
        async with open_world(db, folder, wrap=partial(Picky, refused=frozenset({100, 102}))) as world:
            ada = await world.person(credits=100)
            failed = await world.settled(ada, (await world.ask(ada, outputs=4, seed=100)).id)
            again = await world.generations.retry(owner_id=ada, generation_id=failed.id, draft_key="again", index=index)
            await world.settled(ada, again.id)
            return failed, again

    async def test_asks_again_for_exactly_the_seeds_that_are_missing(self, db: Database, tmp_path: Path) -> None:
        failed, again = await self._with_gaps(db, tmp_path / "media", None)

        assert [output.seed for output in failed.outputs if output.stage is Stage.FAILED] == [100, 102]
        assert [output.seed for output in again.outputs] == [100, 102]
        assert again.price_credits == 6

    async def test_of_one_output_orders_one(self, db: Database, tmp_path: Path) -> None:
        _, again = await self._with_gaps(db, tmp_path / "media", 2)

        assert [output.seed for output in again.outputs] == [102]
        assert again.price_credits == 3

    async def test_costs_no_more_than_was_told_and_what_it_costs_now_is_known(self, db: Database, tmp_path: Path) -> None:
        async with open_world(db, tmp_path / "media", wrap=partial(Picky, refused=frozenset({100}))) as world:
            ada = await world.person(credits=100)
            failed = await world.settled(ada, (await world.ask(ada, outputs=1, seed=100)).id)
            await world.catalog.override(failed.model_key, credits=failed.again_unit_credits + 1)
            with pytest.raises(PriceChanged, match="4 credits now"):
                await world.generations.retry(
                    owner_id=ada, generation_id=failed.id, draft_key="again", told_credits=failed.again_unit_credits
                )
            dearer = await world.generations.get(owner_id=ada, generation_id=failed.id)
            await world.catalog.override(failed.model_key, is_enabled=False)
            gone = await world.generations.get(owner_id=ada, generation_id=failed.id)

        assert (failed.again_unit_credits, dearer.again_unit_credits, gone.again_unit_credits) == (3, 4, 0)

    async def test_of_a_complete_one_is_refused(self, world: World) -> None:
        ada = await world.person(credits=100)
        done = await world.settled(ada, (await world.ask(ada)).id)

        with pytest.raises(Conflict, match="there or still on its way"):
            await world.generations.retry(owner_id=ada, generation_id=done.id, draft_key="again")


class TestUnknown:
    async def _unknown(self, world: World, owner_id: str, **changes: Any) -> tuple[str, str]:
        asked = await world.ask(owner_id, **changes)
        await world.db.write(
            lambda tx: tx.execute("UPDATE job SET state = 'unknown', observed_at = :now, elapsed_ms = 0", now=world.clock.now())
        )
        return asked.id, asked.outputs[0].job_id

    async def test_is_released_after_a_day_that_was_really_observed(self, world: World) -> None:
        await world.engine.stop(timeout_s=1)
        ada = await world.person(credits=100)
        generation_id, _ = await self._unknown(world, ada)
        now = world.clock.now()

        jumped = await world.db.write(interventions.age_unknown, now=now + timedelta(days=30), give_up_after_ms=86_400_000)
        assert jumped == ()  # a clock that jumps by a month has observed one minute
        for minute in range(1, 1441):
            await world.db.write(interventions.age_unknown, now=now + timedelta(days=30, minutes=minute), give_up_after_ms=86_400_000)

        view = await world.generations.get(owner_id=ada, generation_id=generation_id)
        assert view.status == "failed"
        assert "nothing was charged" in view.outputs[0].trouble
        assert await world.balance(ada) == (100, 0)

    async def test_an_admin_can_say_that_it_is_lost(self, world: World) -> None:
        await world.engine.stop(timeout_s=1)
        ada = await world.person(credits=100)
        _, job_id = await self._unknown(world, ada)

        await world.db.write(interventions.resolve_unknown, job_id=job_id, provider_job_id=None, now=world.clock.now())

        assert await world.balance(ada) == (100, 0)
        with pytest.raises(Conflict):
            await world.db.write(interventions.resolve_unknown, job_id=job_id, provider_job_id=None, now=world.clock.now())

    async def test_an_admin_can_say_where_a_clip_was_found(self, world: World) -> None:
        await world.engine.stop(timeout_s=1)
        ada = await world.person(credits=100)
        generation_id, job_id = await self._unknown(world, ada, model_key=CLIP, capability="text-to-video")

        await world.db.write(interventions.resolve_unknown, job_id=job_id, provider_job_id="found-it", now=world.clock.now())

        view = await world.generations.get(owner_id=ada, generation_id=generation_id)
        assert view.outputs[0].stage is Stage.RENDERING


class TestLive:
    async def test_the_owner_hears_of_every_change_and_nobody_else_does(self, world: World) -> None:
        ada, eve = await world.person(), await world.person(name="eve")
        heard: dict[str, list[str]] = {ada: [], eve: []}
        for person in (ada, eve):
            world.bus.listen(user_topic(person), lambda event, person=person: heard[person].append(event.kind))  # type: ignore[misc]

        await world.settled(ada, (await world.ask(ada)).id)

        await eventually(lambda: "media" in heard[ada])
        assert {"generation", "credits"} <= set(heard[ada])
        assert heard[eve] == []


class TestDraft:
    async def test_what_was_typed_comes_back(self, world: World) -> None:
        ada, eve = await world.person(), await world.person(name="eve")
        await world.generations.save_draft(owner_id=ada, screen="text-to-image", payload={"prompt": "half a thou"})
        await world.generations.save_draft(owner_id=ada, screen="text-to-image", payload={"prompt": "half a thought"})

        assert (await world.generations.opening(owner_id=ada, screen="text-to-image")).draft == {"prompt": "half a thought"}
        assert (await world.generations.opening(owner_id=eve, screen="text-to-image")).draft == {}

    async def test_a_screen_learns_with_it_whether_anything_was_ever_made(self, world: World) -> None:
        ada, eve = await world.person(credits=100), await world.person(name="eve")
        await world.ask(ada)

        assert (await world.generations.opening(owner_id=ada, screen="text-to-image")).has_generations
        assert not (await world.generations.opening(owner_id=eve, screen="text-to-image")).has_generations

    async def test_any_text_at_all_is_kept(self, world: World) -> None:
        ada = await world.person()
        odd = {"prompt": 'nul \x00, half \ud83d, typed \\u0000, "quoted"'}

        await world.generations.save_draft(owner_id=ada, screen="text-to-image", payload=odd)

        assert (await world.generations.opening(owner_id=ada, screen="text-to-image")).draft == odd


class TestSweep:
    async def test_a_clock_that_jumps_a_month_does_not_refund_what_is_on_its_way(self, world: World) -> None:
        await world.engine.stop(timeout_s=1)
        ada = await world.person(credits=100)
        asked = await world.ask(ada)

        freed = await world.db.write(interventions.end_orphan_holds, now=world.clock.now() + timedelta(days=30))

        assert (freed, await world.balance(ada)) == ((), (97, 3))
        await world.generations.cancel(owner_id=ada, generation_id=asked.id)
        assert await world.balance(ada) == (100, 0)

    async def test_every_rule_between_ledger_and_generations_holds(self, world: World) -> None:
        ada = await world.person(credits=100)
        await world.settled(ada, (await world.ask(ada, outputs=2)).id)
        await world.settled(ada, (await world.ask(ada, "a fox [fail]")).id)
        assert await world.db.write(invariants.check) == ()

        await world.db.write(lambda tx: tx.execute("UPDATE generation SET captured_credits = captured_credits - 1 WHERE delivered = 2"))

        async with world.db.read() as session:
            broken = await invariants.check_session(session)
        assert len(broken) == 2
        assert all(sentence.startswith("Not so: a settled generation") for sentence in broken)


class TestLettingGo:
    async def test_is_a_courtesy_with_a_bound(self, world: World) -> None:
        await world.engine.stop(timeout_s=1)
        ada = await world.person(credits=100)
        for _ in range(2):
            asked = await world.ask(ada, outputs=4)
            await world.db.write(
                lambda tx: tx.execute("UPDATE job SET state = 'submitting', submitted_at = created_at WHERE state = 'pending'")
            )
            await world.generations.cancel(owner_id=ada, generation_id=asked.id, keep_late=False)
        asked = await world.ask(ada, outputs=4)
        await world.db.write(
            lambda tx: tx.execute("UPDATE job SET state = 'submitting', submitted_at = created_at WHERE state = 'pending'")
        )

        with pytest.raises(TooMany, match="Keep what still arrives"):
            await world.generations.cancel(owner_id=ada, generation_id=asked.id, keep_late=False)

        kept = await world.generations.cancel(owner_id=ada, generation_id=asked.id, keep_late=True)
        assert (kept.status, await world.balance(ada)) == ("cancelled", (88, 12))


class TestRecent:
    async def test_what_is_still_open_stays_in_reach_however_old(self, world: World) -> None:
        await world.engine.stop(timeout_s=1)
        ada = await world.person(credits=100)
        first = await world.ask(ada, "the oldest, still open")
        for number in range(3):
            later = await world.ask(ada, f"later {number}")
            await world.generations.cancel(owner_id=ada, generation_id=later.id)

        recent = await world.generations.list_recent(owner_id=ada, limit=2)

        assert [view.prompt for view in recent] == ["later 2", "later 1", "the oldest, still open"]
        assert recent[-1].id == first.id

    async def test_says_what_the_model_usually_takes_once_five_are_done(self, world: World) -> None:
        ada = await world.person(credits=100)
        views = []
        for outputs in (4, 1):
            asked = await world.ask(ada, outputs=outputs)
            views.append(await world.settled(ada, asked.id))
        view = await world.generations.get(owner_id=ada, generation_id=views[0].id)

        assert (views[0].expected_s, views[0].expected_p90_s) == (None, None)
        assert view.expected_s is not None
        assert view.expected_p90_s is not None
        assert 0 < view.expected_s <= view.expected_p90_s


class TestQueue:
    """How many generations come before one that waits."""

    @pytest.fixture
    async def crowded(self, db: Database, tmp_path: Path) -> AsyncIterator[World]:
        """Here nobody's turn ever comes."""
        async with open_world(db, tmp_path / "media", per_provider=0) as world:
            yield world

    async def ahead(self, world: World, owner_id: str) -> list[int | None]:
        """Of the owner's generations, oldest first."""
        return [view.ahead for view in reversed(await world.generations.list_recent(owner_id=owner_id))]

    async def test_counts_older_ones_with_waiting_outputs_whoever_asked(self, crowded: World) -> None:
        ada, ben = await crowded.person(), await crowded.person(name="ben")
        await crowded.ask(ada, outputs=2)
        await crowded.ask(ben)
        await crowded.ask(ada)

        assert await self.ahead(crowded, ada) == [0, 2]
        assert await self.ahead(crowded, ben) == [1]

    async def test_is_nothing_once_all_is_sent(self, world: World) -> None:
        ada = await world.person()
        made = await world.ask(ada)
        await world.settled(ada, made.id)

        assert (await world.generations.get(owner_id=ada, generation_id=made.id)).ahead is None

    async def test_what_was_cancelled_makes_way(self, crowded: World) -> None:
        ada = await crowded.person()
        first = await crowded.ask(ada)
        second = await crowded.ask(ada)
        assert second.ahead == 1

        await crowded.generations.cancel(owner_id=ada, generation_id=first.id)

        assert (await crowded.generations.get(owner_id=ada, generation_id=second.id)).ahead == 0

    async def test_reads_the_open_ones_alone(self, sqlite_db: Database) -> None:
        """On a shelf of a hundred thousand finished generations the count must not walk over them."""
        sql = repository._QUEUE.format(ids=":id0")
        steps = await sqlite_db.look(lambda tx: tx.execute(f"EXPLAIN QUERY PLAN {sql}", id0="x").all())

        plan = [row["detail"] for row in steps]
        assert any("generation_open" in step for step in plan)
        assert not [step for step in plan if step.startswith("SCAN")]


class TestUsedModels:
    async def test_the_latest_come_first_each_once_and_only_for_this(self, world: World) -> None:
        ada, ben = await world.person(), await world.person(name="ben")
        other = "Lykon/DreamShaper"
        for model_key in (CHEAP, other, CHEAP):
            await world.ask(ada, model_key=model_key)
        await world.ask(ada, model_key=CLIP, capability="text-to-video")

        assert await world.generations.list_used_models(owner_id=ada, capability="text-to-image") == (CHEAP, other)
        assert await world.generations.list_used_models(owner_id=ada, capability="text-to-image", limit=1) == (CHEAP,)
        assert await world.generations.list_used_models(owner_id=ben, capability="text-to-image") == ()
