"""Supervision: what fails is logged, counted and goes on."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta, tzinfo

import pytest
from apscheduler.schedulers import base

from nyx.scheduler import Schedule, Supervisor


async def until(claim) -> None:
    for _ in range(500):
        if claim():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came true")


class TestKeepRunning:
    async def test_a_task_that_dies_is_started_again(self, caplog: pytest.LogCaptureFixture) -> None:
        supervisor, lives = Supervisor(), []

        async def main() -> None:
            lives.append(1)
            if len(lives) == 1:
                raise ValueError("first life")
            await asyncio.Event().wait()

        supervisor.keep_running("worker", main)
        await until(lambda: len(lives) == 2)
        await supervisor.stop()

        assert supervisor.failures["worker"] == 1
        assert "A task of the app failed" in caplog.text

    async def test_stop_ends_it_for_good(self) -> None:
        supervisor, ended = Supervisor(), []

        async def main() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(1)

        supervisor.keep_running("worker", main)
        await asyncio.sleep(0)
        await supervisor.stop()
        await supervisor.stop()

        assert ended == [1]


class TestSchedule:
    async def test_a_turn_that_fails_is_counted_and_the_next_one_comes(self) -> None:
        supervisor, turns = Supervisor(), []

        async def workflow() -> None:
            turns.append(1)
            raise ValueError("this turn")

        supervisor.schedule(Schedule("sweep", 0.05, workflow))
        await until(lambda: len(turns) >= 3)
        await supervisor.stop()

        assert supervisor.failures["sweep"] >= 2

    async def test_a_slow_turn_is_never_overtaken(self) -> None:
        supervisor, running, most = Supervisor(), [0], [0]

        async def workflow() -> None:
            running[0] += 1
            most[0] = max(most[0], running[0])
            await asyncio.sleep(0.2)
            running[0] -= 1

        supervisor.schedule(Schedule("sweep", 0.03, workflow))
        await asyncio.sleep(0.5)
        await supervisor.stop()

        assert most[0] == 1

    async def test_the_first_turn_may_come_sooner_than_the_others(self) -> None:
        supervisor, turns = Supervisor(), []

        async def workflow() -> None:
            turns.append(1)

        supervisor.schedule(Schedule("proof", 3600, workflow, first_s=0.05))
        await until(lambda: turns)
        await supervisor.stop()

        assert turns == [1]


class SteppedClock:
    """The machine's clock after somebody has set it: APScheduler's and ours alike."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.step = timedelta(0)
        clock = self

        class Stepped(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return datetime.now(tz) + clock.step

        monkeypatch.setattr(base, "datetime", Stepped)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.step

    def monotonic(self) -> float:
        return time.monotonic()


class TestClockSteps:
    @pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(hours=2)])
    async def test_a_schedule_keeps_its_pace(self, monkeypatch: pytest.MonkeyPatch, step: timedelta) -> None:
        clock = SteppedClock(monkeypatch)
        supervisor, turns, nightly = Supervisor(clock), [], []

        async def workflow() -> None:
            turns.append(1)

        async def night() -> None:
            nightly.append(1)

        supervisor.schedule(Schedule("renew", 0.2, workflow), Schedule("nightly", 5400, night))
        await until(lambda: turns)
        clock.step = step
        await asyncio.sleep(0.7)  # the watch has looked at the clock by now
        seen = len(turns)
        await asyncio.sleep(0.8)
        supervised = len(turns) - seen
        await supervisor.stop()

        assert 3 <= supervised <= 7
        assert len(turns) < 20, "missed turns become one"
        assert len(nightly) <= 1
