"""What runs by itself: tasks that live as long as the app and jobs that come round. Neither can die silently."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from nyx.clock import Clock, SystemClock
from nyx.tasks import Tasks

log = logging.getLogger(__name__)

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
_LOOK_AT_CLOCK_S = 0.5
_STEP_S = 0.25  # what wall time and monotonic time may drift apart between two looks before it counts as a step


@dataclass(frozen=True)
class Schedule:
    """One workflow and how often it comes round: first after ``first_s``, or after ``every_s`` when that is not given."""

    name: str
    every_s: float
    workflow: Callable[[], Awaitable[object]]
    first_s: float | None = None


class Supervisor:
    """Keeps tasks and schedules going: what raises is logged, counted and started again.

    APScheduler reads the machine's wall clock, so ``clock`` has to show the same time; whatever steps it takes, turns keep their pace.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._tasks = Tasks()
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._due_at: dict[str, float] = {}  # in monotonic seconds
        self.failures: Counter[str] = Counter()

    def keep_running(self, name: str, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run ``main`` until ``stop``; when it raises or returns, run it again after a pause that grows."""
        self._tasks.spawn(self._keep(name, main), name=name)

    def schedule(self, *schedules: Schedule) -> None:
        """Start these at their times: never twice at once, and missed turns become one."""
        for entry in schedules:
            how = {"seconds": entry.every_s, "max_instances": 1, "coalesce": True, "misfire_grace_time": None}
            first_s = entry.every_s if entry.first_s is None else entry.first_s
            self._due_at[entry.name] = self._clock.monotonic() + first_s
            first_at = self._clock.now() + timedelta(seconds=first_s)
            self._scheduler.add_job(self._turn, "interval", args=[entry], id=entry.name, next_run_time=first_at, **how)
        if not self._scheduler.running:
            self._scheduler.start()
            self.keep_running("clock watch", self._watch_clock)

    def pause(self) -> None:
        """Begin no further turn; those under way go on."""
        if self._scheduler.running:
            self._scheduler.pause()

    async def stop(self) -> None:
        """Cancel what still runs and wait for it. Safe to repeat."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        await self._tasks.drain(timeout_s=0)

    async def _keep(self, name: str, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            started = asyncio.get_running_loop().time()
            try:
                await main()
                log.error("A task of the app returned", extra={"task": name})
            except Exception:
                log.exception("A task of the app failed", extra={"task": name})
            self.failures[name] += 1
            ran_long = asyncio.get_running_loop().time() - started > _LONGEST_PAUSE_S
            pause_s = _FIRST_PAUSE_S if ran_long else min(pause_s * 2, _LONGEST_PAUSE_S)
            await asyncio.sleep(pause_s)

    async def _watch_clock(self) -> None:
        """A wall clock set back would stop every schedule for as long; one set forward would hurry them."""
        offset_s = self._wall_offset_s()
        while True:
            await asyncio.sleep(_LOOK_AT_CLOCK_S)
            before_s, offset_s = offset_s, self._wall_offset_s()
            if abs(offset_s - before_s) > _STEP_S:
                log.warning("The wall clock was set; schedules go on at their pace", extra={"step_s": round(offset_s - before_s, 3)})
                self._keep_pace()

    def _wall_offset_s(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()

    def _keep_pace(self) -> None:
        """Set every next turn anew in today's wall time, from when it is due in monotonic time."""
        now, monotonic = self._clock.now(), self._clock.monotonic()
        for name, due_at in self._due_at.items():
            self._scheduler.modify_job(name, next_run_time=now + timedelta(seconds=max(0.0, due_at - monotonic)))

    async def _turn(self, schedule: Schedule) -> None:
        self._due_at[schedule.name] = self._clock.monotonic() + schedule.every_s
        try:
            await schedule.workflow()
        except Exception:
            self.failures[schedule.name] += 1
            log.exception("A schedule failed; it comes round again", extra={"schedule": schedule.name})
