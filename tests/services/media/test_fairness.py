"""Threads by turns: nothing that goes wrong with one piece of work keeps a place, and the end is told in words."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from functools import partial

import pytest

from nyx.errors import Overloaded
from nyx.services.media.fairness import FairThreads
from nyx.tasks import Tasks
from tests.support.waiting import eventually


@pytest.fixture
def threads() -> Iterator[FairThreads]:
    threads = FairThreads(1, name="fair")
    yield threads
    threads.close()


class Held:
    """Work that ends when it may."""

    def __init__(self) -> None:
        self.may_end = threading.Event()
        self.has_begun = threading.Event()

    def __call__(self) -> None:
        self.has_begun.set()
        self.may_end.wait(10)


async def busy(threads: FairThreads, held: Held, tasks: Tasks) -> asyncio.Task[None]:
    """Ada's work, begun."""
    task = tasks.spawn(threads.run("ada", held), name="held")
    await eventually(held.has_begun.is_set)
    return task


class TestRun:
    async def test_what_another_asks_for_overtakes_the_heap_of_one(self, threads: FairThreads) -> None:
        order = list[str]()
        first = await busy(threads, held := Held(), tasks := Tasks())
        rest = [tasks.spawn(threads.run(who, partial(order.append, who)), name=who) for who in ("ada", "ada", "bob")]
        await asyncio.sleep(0)
        held.may_end.set()
        await asyncio.gather(first, *rest)
        assert order == ["bob", "ada", "ada"]

    async def test_what_fails_or_is_given_up_keeps_no_place(self, threads: FairThreads) -> None:
        with pytest.raises(ZeroDivisionError):
            await threads.run("ada", lambda: 1 // 0)
        first = await busy(threads, held := Held(), tasks := Tasks())
        given_up = tasks.spawn(threads.run("ada", lambda: None), name="given up")
        await asyncio.sleep(0)
        given_up.cancel()
        held.may_end.set()
        await asyncio.wait({first, given_up})
        assert await threads.run("ada", lambda: "done") == "done"
        assert threads._turns == {}


class TestClose:
    async def test_what_waits_for_its_turn_is_refused_in_words(self, threads: FairThreads) -> None:
        first = await busy(threads, held := Held(), tasks := Tasks())
        waiting = tasks.spawn(threads.run("ada", lambda: None), name="waiting")
        await asyncio.sleep(0)
        threads.close()
        held.may_end.set()
        await first
        with pytest.raises(Overloaded, match="stopping"):
            await waiting
