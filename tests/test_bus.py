"""Events reach every listener of their topic, in this process and, on PostgreSQL, in the others."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import asyncpg
import pytest

from nyx.bus import Event, MemoryBus
from nyx.bus_postgres import PostgresBus
from nyx.tasks import Tasks
from tests.support.waiting import eventually


class TestMemoryBus:
    def test_only_the_topic_hears(self) -> None:
        heard: list[Event] = []
        bus = MemoryBus()
        bus.listen("user:a", heard.append)

        bus.publish("user:b", Event("credits"))
        bus.publish("user:a", Event("generation", "1"))

        assert heard == [Event("generation", "1")]

    def test_nothing_is_left_after_the_last_listener(self) -> None:
        bus = MemoryBus()
        stops = [bus.listen("user:a", lambda _event: None) for _ in range(3)]
        for stop in (*stops, stops[0]):
            stop()

        assert (bus.subscribers, bus.topics) == (0, ())

    def test_a_broken_listener_does_not_silence_the_next(self) -> None:
        heard: list[Event] = []
        bus = MemoryBus()

        def broken(_event: Event) -> None:
            raise ValueError("boom")

        bus.listen("t", broken)
        bus.listen("t", heard.append)
        bus.publish("t", Event("x"))

        assert heard == [Event("x")]


class TestPostgresBus:
    async def test_another_process_hears_and_the_sender_hears_once(self, postgres_url: str) -> None:
        tasks, one, two = Tasks(), PostgresBus(postgres_url, process="1"), PostgresBus(postgres_url, process="2")
        heard: dict[str, list[Event]] = {"one": [], "two": []}
        one.listen("user:a", heard["one"].append)
        two.listen("user:a", heard["two"].append)
        runs = [tasks.spawn(bus.run(), name="bus") for bus in (one, two)]
        async with asyncio.timeout(10):
            await asyncio.gather(one.is_connected.wait(), two.is_connected.wait())
        for events in heard.values():
            events.clear()

        one.publish("user:a", Event("generation", "7"))
        await eventually(lambda: bool(heard["two"]))

        assert heard == {"one": [Event("generation", "7")], "two": [Event("generation", "7")]}
        await _end(runs)

    async def test_after_a_lost_connection_pages_look_again(self, postgres_url: str) -> None:
        tasks, bus = Tasks(), PostgresBus(postgres_url, process="1")
        heard: list[Event] = []
        bus.listen("user:a", heard.append)
        run = tasks.spawn(bus.run(), name="bus")
        async with asyncio.timeout(10):
            await bus.is_connected.wait()
        heard.clear()

        admin = await asyncpg.connect(postgres_url.replace("+asyncpg", ""))
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()"
        )
        await admin.close()
        bus.publish("user:a", Event("credits"))
        await eventually(lambda: Event("refresh") in heard)

        await _end([run])

    async def test_a_process_that_ends_tells_what_it_still_had_to_say(self, postgres_url: str) -> None:
        tasks, studio, errand = Tasks(), PostgresBus(postgres_url, process="1"), PostgresBus(postgres_url, process="2")
        heard: list[Event] = []
        studio.listen("user:a", heard.append)
        run = tasks.spawn(studio.run(), name="bus")
        async with asyncio.timeout(10):
            await studio.is_connected.wait()
        heard.clear()

        errand.publish("user:a", Event("session", "7"))
        await errand.flush(timeout_s=5)
        await eventually(lambda: heard == [Event("session", "7")])

        await _end([run])

    async def test_a_database_that_is_gone_does_not_keep_it(self, caplog: pytest.LogCaptureFixture) -> None:
        bus = PostgresBus("postgresql+asyncpg://nobody@127.0.0.1:9/none", process="1")
        bus.publish("user:a", Event("session"))

        await bus.flush(timeout_s=5)

        assert "not told" in caplog.text


async def _end(runs: list[asyncio.Task[None]]) -> None:
    for run in runs:
        run.cancel()
        with suppress(asyncio.CancelledError):
            await run
