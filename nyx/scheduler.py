"""What runs by itself: tasks that live as long as the app and jobs that come round. Neither can die silently."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from nyx.tasks import Tasks

log = logging.getLogger(__name__)

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0


@dataclass(frozen=True)
class Schedule:
    """One workflow and how often it comes round."""

    name: str
    every_s: float
    workflow: Callable[[], Awaitable[object]]


class Supervisor:
    """Keeps tasks and schedules going: what raises is logged, counted and started again."""

    def __init__(self) -> None:
        self._tasks = Tasks()
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self.failures: Counter[str] = Counter()

    def keep_running(self, name: str, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run ``main`` until ``stop``; when it raises or returns, run it again after a pause that grows."""
        self._tasks.spawn(self._keep(name, main), name=name)

    def schedule(self, *schedules: Schedule) -> None:
        """Start these at their times: never twice at once, and missed turns become one."""
        for entry in schedules:
            how = {"seconds": entry.every_s, "max_instances": 1, "coalesce": True, "misfire_grace_time": None}
            self._scheduler.add_job(self._turn, "interval", args=[entry], id=entry.name, **how)
        if not self._scheduler.running:
            self._scheduler.start()

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

    async def _turn(self, schedule: Schedule) -> None:
        try:
            await schedule.workflow()
        except Exception:
            self.failures[schedule.name] += 1
            log.exception("A schedule failed; it comes round again", extra={"schedule": schedule.name})
