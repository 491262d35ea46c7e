"""Keeps jobs moving: claims what is due, runs it with bounded concurrency, and picks up what a crash left. Knows no provider."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from nyx.bus import Bus, Event, user_topic
from nyx.clock import Clock, Random
from nyx.crash import crash_point
from nyx.db import Database
from nyx.logs import log_context
from nyx.services.generation import claims, interventions
from nyx.services.generation.claims import Job, Worker
from nyx.services.generation.runner import Runner
from nyx.services.media.service import MediaService
from nyx.tasks import Tasks

log = logging.getLogger(__name__)

_BATCH = 32


class Engine:
    """The scheduler ticks it every second and reconciles it every minute; ``wake`` saves the wait for the tick."""

    def __init__(
        self,
        *,
        db: Database,
        runner: Runner,
        media: MediaService,
        bus: Bus,
        clock: Clock,
        random: Random,
        worker: Worker,
        unknown_release: timedelta,
    ) -> None:
        self._db = db
        self._runner = runner
        self._media = media
        self._bus = bus
        self._clock = clock
        self._random = random
        self._worker = worker
        self._unknown_release = unknown_release
        self._tasks = Tasks()
        self._held: dict[str, Job] = {}
        self._claiming = asyncio.Lock()  # what is claimed is held, before anything looks for what nobody holds
        self._is_ticking = False
        self._is_due_again = False
        self._is_stopping = False
        runner.call_back(self.wake_in)

    @property
    def running(self) -> int:
        """How many jobs this process is working on now."""
        return len(self._held)

    async def start(self) -> None:
        """Pick up what an earlier process left, then begin."""
        crash_point("in_recovery")
        await self.reconcile()
        await self.tick()

    async def tick(self) -> None:
        """Claim whatever is due and has room, and start working on it. Safe to call at any time."""
        if self._is_ticking:
            self._is_due_again = True
            return
        self._is_ticking = True
        try:
            while not self._is_stopping:
                self._is_due_again = False
                claimed = await self._claim()
                if not claimed and not self._is_due_again:
                    return
        finally:
            self._is_ticking = False

    def wake(self) -> None:
        """Tick soon; call on the event loop."""
        if not self._is_stopping:
            self._tasks.spawn(self.tick(), name="engine-tick")

    def wake_in(self, seconds: float) -> None:
        """Tick when a job that was just put off is due."""
        if not self._is_stopping:
            asyncio.get_running_loop().call_later(seconds + 0.001, self.wake)

    async def reconcile(self) -> None:
        """Look at every open job that nobody works on: end forgotten leases and clock jumps, name lost calls unknown, age the unknown."""
        now = self._clock.now()
        async with self._claiming:
            await self._db.write(claims.free_forgotten, worker=self._worker, held=tuple(self._held))
            changed = list(await self._db.write(claims.mark_lost_calls, worker=self._worker, now=now))
        await self._db.write(claims.undo_clock_jump, now=now)
        await self._db.write(interventions.end_orphan_holds, now=now)
        give_up_after_ms = int(self._unknown_release.total_seconds() * 1000)
        changed += await self._db.write(interventions.age_unknown, now=now, give_up_after_ms=give_up_after_ms)
        for row in changed:
            self._bus.publish(user_topic(row["owner_id"]), Event("generation", row["generation_id"]))
            self._bus.publish(user_topic(row["owner_id"]), Event("credits"))
        await self._media.make_missing_thumbnails()

    async def renew_leases(self) -> None:
        """Keep other processes away from what this one works on; call at least three times per lease."""
        if self._held:
            await self._db.write(claims.renew, worker=self._worker, now=self._clock.now(), job_ids=tuple(self._held))

    async def stop(self, *, timeout_s: float = 20.0) -> None:
        """Claim nothing more, finish what is being done, cut what takes longer: the next start picks it up."""
        self._is_stopping = True
        async with self._claiming:  # what was just claimed is being worked on before we wait for it
            pass
        await self._tasks.drain(timeout_s=timeout_s)

    async def _claim(self) -> int:
        now = self._clock.now()
        attempt_ids = [self._random.id() for _ in range(_BATCH)]
        async with self._claiming:
            resumed = await self._db.write(claims.resume_due, worker=self._worker, now=now, limit=_BATCH)
            self._hold(resumed)
            if self._is_stopping:
                return 0
            started = await self._db.write(claims.start_waiting, worker=self._worker, now=now, limit=_BATCH, attempt_ids=attempt_ids)
            self._hold(started)
        return len(resumed) + len(started)

    def _hold(self, jobs: tuple[Job, ...]) -> None:
        for job in jobs:
            self._held[job.id] = job
            self._tasks.spawn(self._run(job), name=f"job-{job.id}")

    async def _run(self, job: Job) -> None:
        try:
            with log_context(job_id=job.id, generation_id=job.generation_id):
                await self._runner.run(job)
        finally:
            if self._held.get(job.id) is job:  # or else it was put off and claimed again meanwhile
                del self._held[job.id]
            self.wake()  # there is room for the next one
