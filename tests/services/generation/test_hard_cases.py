"""Moments that the simulation found: each one here as the smallest story that shows it, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from nyx.clock import SeededRandom
from nyx.db import Database, Tx
from nyx.errors import NotFound, ProviderUnavailable
from nyx.services.generation.views import Stage
from nyx.services.providers.base import Answer, Delivered, Downloaded, MediaRequest, Pending
from tests.support.clock import FakeClock
from tests.support.world import CLIP, World, open_world


class Scripted:
    """A provider that does what a test says, and counts how often it is asked."""

    key = "together"

    def __init__(self) -> None:
        self.submits = 0
        self.polls = 0
        self.gate = asyncio.Event()
        self.answer: Callable[[], Answer] = lambda: Pending(provider_job_id="one")
        self.verdict: Callable[[], Answer] = lambda: Pending(provider_job_id="one")

    async def submit(self, request: MediaRequest) -> Answer:
        self.submits += 1
        await self.gate.wait()
        return self.answer()

    async def poll(self, provider_job_id: str) -> Answer:
        self.polls += 1
        return self.verdict()

    async def download(self, url: str, *, into: Path, max_bytes: int) -> Downloaded:
        raise NotFound("Gone.")


@pytest.fixture
def provider() -> Scripted:
    return Scripted()


@pytest.fixture
async def world(db: Database, tmp_path: Path, provider: Scripted, clock: FakeClock, random: SeededRandom) -> AsyncIterator[World]:
    async with open_world(db, tmp_path / "media", provider=provider, clock=clock, random=random) as world:
        yield world


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not happen within five seconds")


async def let_pass(world: World, clock: FakeClock, seconds: float) -> None:
    """Let time pass a second at a time, with room for the engine to do what is due."""
    for _ in range(int(seconds)):
        clock.advance(1)
        await world.engine.tick()
        await asyncio.sleep(0.01)
        await until(lambda: world.engine.running == 0)


def has_waited_a_day(tx: Tx) -> None:
    tx.execute("UPDATE job SET elapsed_ms = :day", day=24 * 3_600_000)


def unavailable() -> Answer:
    raise ProviderUnavailable("Busy.")


class TestReconcile:
    async def test_leaves_alone_what_is_being_claimed_at_that_moment(self, world: World, provider: Scripted) -> None:
        ada = await world.person()
        asked = [await world.ask(ada, model_key=CLIP, capability="text-to-video") for _ in range(5)]

        for _ in range(10):
            await asyncio.gather(world.engine.tick(), world.engine.reconcile())

        views = [await world.generations.get(owner_id=ada, generation_id=one.id) for one in asked]
        assert {view.outputs[0].stage for view in views} == {Stage.SENT}
        provider.gate.set()

    async def test_does_not_wait_for_a_clock_that_was_set_back(self, world: World, provider: Scripted, clock: FakeClock) -> None:
        provider.gate.set()
        ada = await world.person()
        await world.ask(ada, model_key=CLIP, capability="text-to-video")
        await until(lambda: provider.submits == 1 and world.engine.running == 0)

        clock.jump(timedelta(hours=-2))
        await world.engine.reconcile()
        await let_pass(world, clock, 1)

        await until(lambda: provider.polls == 1)


class TestCancel:
    async def test_of_what_the_provider_then_turns_away_is_the_end(self, world: World, provider: Scripted, clock: FakeClock) -> None:
        provider.answer = unavailable
        ada = await world.person(credits=100)
        asked = await world.ask(ada)
        await until(lambda: provider.submits == 1)
        await world.generations.cancel(owner_id=ada, generation_id=asked.id, keep_late=True)

        provider.gate.set()
        await until(lambda: world.engine.running == 0)
        await let_pass(world, clock, 40)

        view = await world.generations.get(owner_id=ada, generation_id=asked.id)
        assert (provider.submits, view.status, view.outputs[0].stage) == (1, "cancelled", Stage.CANCELLED)
        assert await world.balance(ada) == (100, 0)


class TestPoll:
    async def test_asks_slowly_and_not_for_ever_when_every_link_is_dead(self, world: World, provider: Scripted, clock: FakeClock) -> None:
        provider.gate.set()
        provider.verdict = lambda: Delivered(url="https://files.invalid/dead")
        ada = await world.person(credits=100)
        asked = await world.ask(ada, model_key=CLIP, capability="text-to-video")
        await until(lambda: provider.submits == 1 and world.engine.running == 0)

        await let_pass(world, clock, 60)

        view = await world.generations.get(owner_id=ada, generation_id=asked.id)
        assert (provider.polls, view.status) == (4, "failed")
        assert await world.balance(ada) == (100, 0)

    async def test_gives_the_credits_back_after_a_day_without_an_answer(self, world: World, provider: Scripted, clock: FakeClock) -> None:
        provider.gate.set()
        provider.verdict = unavailable
        ada = await world.person(credits=100)
        asked = await world.ask(ada, model_key=CLIP, capability="text-to-video")
        await until(lambda: provider.submits == 1 and world.engine.running == 0)

        await let_pass(world, clock, 20)
        assert provider.polls > 1
        assert await world.balance(ada) == (94, 6)
        await world.db.write(has_waited_a_day)
        await let_pass(world, clock, 61)

        view = await world.generations.get(owner_id=ada, generation_id=asked.id)
        assert view.status == "failed"
        assert await world.balance(ada) == (100, 0)
