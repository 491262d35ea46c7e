"""Carries one claimed job one step on: call, poll or fetch. The provider is only ever called between transactions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Concatenate, ParamSpec, TypeVar

from nyx.bus import Bus, Event, user_topic
from nyx.clock import Clock, to_micros
from nyx.crash import crash_point
from nyx.db import Database, Tx
from nyx.errors import Conflict, NotFound, NyxError, OutcomeUnknown, Overloaded, ProviderError, ProviderMisbehaved, ProviderUnavailable
from nyx.models import AttemptOutcome, JobState
from nyx.services.generation import settling
from nyx.services.generation.claims import Job
from nyx.services.generation.planning import thaw
from nyx.services.generation.schedule import next_poll_s
from nyx.services.generation.settling import MAX_OBSERVED_MS, Trouble
from nyx.services.generation.timings import Timings
from nyx.services.media.service import BadFile, MediaService
from nyx.services.providers.base import Answer, Delivered, Downloaded, Pending, Refused
from nyx.services.providers.registry import ProviderRegistry
from nyx.tasks import Tasks

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

MAX_OUTPUT_BYTES = 100 * 1024 * 1024
_MAX_SUBMITS = 6
_MAX_FETCHES = 10
_MAX_EXPIRED_LINKS = 3
_RENDERING_AFTER_S = 0.4  # a refusal comes faster than this
_FORGOTTEN_AFTER_MS = 120_000  # a provider that does not know a job after two minutes has lost it
_GIVE_UP_AFTER_MS = 86_400_000
_STORE_BACKOFF_S = (0.05, 0.2, 1.0, 5.0, 15.0, 30.0, 60.0)


@dataclass(frozen=True, kw_only=True)
class Deadlines:
    """Observed seconds after which a job is called late."""

    image_s: float
    video_s: float

    def of(self, kind: str) -> float:
        return self.image_s if kind == "image" else self.video_s


class Runner:
    """Knows what to do with a job in each state. ``wake_in`` asks the engine to look again after some seconds."""

    def __init__(
        self,
        *,
        db: Database,
        providers: ProviderRegistry,
        media: MediaService,
        bus: Bus,
        clock: Clock,
        timings: Timings,
        deadlines: Deadlines,
    ) -> None:
        self._db = db
        self._providers = providers
        self._media = media
        self._bus = bus
        self._clock = clock
        self._timings = timings
        self._deadlines = deadlines
        self._tasks = Tasks()
        self.wake_in: Callable[[float], None] = lambda _seconds: None

    async def run(self, job: Job) -> None:
        """Take the job one step on, or to its end. A job that moved on meanwhile is left alone."""
        self._tell(job)
        step = {JobState.SUBMITTING: self._submit, JobState.RUNNING: self._poll, JobState.FETCHING: self._fetch}[job.state]
        try:
            await step(job)
        except Conflict:
            log.info("A job moved on while it was being worked on")
        finally:
            self._tell(job)

    # Call

    async def _submit(self, job: Job) -> None:
        crash_point("before_submit")
        started = self._clock.monotonic()
        try:
            answer = await self._call(job)
        except ProviderUnavailable as error:
            await self._refused_entry(job, error)
        except OutcomeUnknown as error:
            await self._record(settling.lose_track, job=job, detail=error.detail or str(error), now=self._clock.now())
        except ProviderError as error:
            outcome = AttemptOutcome.MISBEHAVED if isinstance(error, ProviderMisbehaved) else AttemptOutcome.REFUSED
            await self._fail(job, Trouble.of(error), outcome)
        else:
            crash_point("after_submit")
            await self._take(job, answer, render_ms=int((self._clock.monotonic() - started) * 1000))

    async def _call(self, job: Job) -> Answer:
        provider = self._providers.get(job.provider)
        marker = self._tasks.spawn(self._show_rendering(job), name=f"rendering-{job.id}") if job.kind == "image" else None
        try:
            return await provider.submit(thaw(job.kind, job.request))
        finally:
            if marker is not None:
                marker.cancel()

    async def _show_rendering(self, job: Job) -> None:
        await asyncio.sleep(_RENDERING_AFTER_S)
        if await self._db.write(settling.begin_rendering, job=job, now=self._clock.now()):
            self._tell(job)

    async def _refused_entry(self, job: Job, error: ProviderUnavailable) -> None:
        trouble = Trouble.of(error)
        if job.failures + 1 >= _MAX_SUBMITS:
            await self._fail(job, trouble, AttemptOutcome.UNAVAILABLE)
            return
        delay_s = max(error.retry_after_s or 0.0, min(1.0 * 2**job.failures, 30.0))
        now = self._clock.now()
        await self._record(settling.try_later, job=job, next_run_at=now + timedelta(seconds=delay_s), now=now, trouble=trouble)
        self.wake_in(delay_s)

    async def _take(self, job: Job, answer: Answer, *, render_ms: int) -> None:
        match answer:
            case Pending(provider_job_id=provider_job_id):
                delay_s = await self._next_poll_s(job, elapsed_s=0.0)
                now = self._clock.now()
                due = now + timedelta(seconds=delay_s)
                await self._record(settling.accept, job=job, provider_job_id=provider_job_id, next_run_at=due, now=now)
                crash_point("after_accepted")
                self.wake_in(delay_s)
            case Delivered(data=bytes() as data):
                await self._keep(job, await self._media.receive(data), render_ms=render_ms)
            case Delivered(url=str() as url, cost_usd_micros=cost, render_ms=said_ms):
                now = self._clock.now()
                await self._record(settling.deliver, job=job, url=url, cost_usd_micros=cost, render_ms=said_ms or render_ms, now=now)
                crash_point("after_verdict")
                failures = job.failures if job.result_url else 0
                await self._fetch(replace(job, state=JobState.FETCHING, result_url=url, failures=failures))
            case Refused(sentence=sentence, detail=detail):
                await self._fail(job, Trouble(code="provider_rejected", sentence=sentence, detail=detail))
            case Delivered():
                await self._fail(
                    job,
                    Trouble(
                        code="provider_misbehaved",
                        sentence="The provider said it was done but sent nothing. Nothing was charged; try again.",
                    ),
                )

    # Poll

    async def _poll(self, job: Job) -> None:
        elapsed_ms = job.elapsed_ms + self._observed_ms(job)
        try:
            answer = await self._providers.get(job.provider).poll(job.provider_job_id or "")
        except NotFound:
            if elapsed_ms > _FORGOTTEN_AFTER_MS:
                await self._fail(
                    job, Trouble(code="provider_misbehaved", sentence="The provider has lost this one. Nothing was charged; try again.")
                )
            else:
                await self._wait(job, elapsed_ms, failed=True)
        except ProviderError as error:
            log.info("A poll failed", extra={"reason": str(error)})
            await self._wait(job, elapsed_ms, failed=True)
        else:
            crash_point("after_poll")
            if not isinstance(answer, Pending):
                await self._take(job, answer, render_ms=elapsed_ms)
            else:
                await self._wait(job, elapsed_ms, failed=False)

    async def _wait(self, job: Job, elapsed_ms: int, *, failed: bool) -> None:
        if elapsed_ms > _GIVE_UP_AFTER_MS:
            sentence = "The provider did not finish this within a day, so nothing was charged."
            await self._fail(job, Trouble(code="never_finished", sentence=sentence))
            return
        is_late = elapsed_ms / 1000 >= await self._deadline_s(job)
        delay_s = await self._next_poll_s(job, elapsed_s=elapsed_ms / 1000, failures=job.failures + 1 if failed else 0)
        now = self._clock.now()
        due = now + timedelta(seconds=delay_s)
        await self._record(settling.wait_more, job=job, next_run_at=due, now=now, is_late=is_late, failed=failed)
        self.wake_in(delay_s)

    async def _next_poll_s(self, job: Job, *, elapsed_s: float, failures: int = 0) -> float:
        timing = await self._timings.get(job.model_key, job.length_s)
        return next_poll_s(elapsed_s=elapsed_s, timing=timing, deadline_s=await self._deadline_s(job), failures=failures)

    async def _deadline_s(self, job: Job) -> float:
        """The setting, or three times what this model usually takes when that is longer."""
        timing = await self._timings.get(job.model_key, job.length_s)
        usual_s = self._deadlines.of(job.kind)
        return max(usual_s, 3.0 * timing.closes_s) if timing else usual_s

    def _observed_ms(self, job: Job) -> int:
        since = to_micros(self._clock.now()) - (job.observed_at or 0)
        return min(max(since // 1000, 0), MAX_OBSERVED_MS)

    # Fetch

    async def _fetch(self, job: Job) -> None:
        into = self._media.temporary()
        try:
            downloaded = await self._providers.get(job.provider).download(job.result_url or "", into=into, max_bytes=MAX_OUTPUT_BYTES)
        except NotFound:
            await self._link_expired(job)
        except ProviderMisbehaved as error:  # too large, or a place that we don't follow: the same link would do it again
            await self._fail(job, Trouble.of(error))
        except (ProviderError, OSError) as error:
            await self._fetch_again(job, error)
        else:
            crash_point("after_fetch")
            await self._keep(job, downloaded)

    async def _keep(self, job: Job, downloaded: Downloaded, *, render_ms: int | None = None) -> None:
        try:
            stored = await self._media.store_output(
                downloaded,
                owner_id=job.owner_id,
                generation_id=job.generation_id,
                output_index=job.output_index,
                expect="image" if job.kind == "image" else "video",
            )
        except (BadFile, OSError) as error:
            await self._fetch_again(job, error)
            return
        crash_point("before_settle")
        await self._record(settling.complete, job=job, stored=stored, now=self._clock.now(), render_ms=render_ms)
        crash_point("after_settle")
        self._timings.forget(job.model_key, job.length_s)
        self._tell(job)
        await self._media.make_thumbnails(stored.media_id)

    async def _link_expired(self, job: Job) -> None:
        if job.provider_job_id is not None and job.failures < _MAX_EXPIRED_LINKS:
            delay_s = 1.0 * 2**job.failures
            await self._record(settling.ask_again, job=job, next_run_at=self._clock.now() + timedelta(seconds=delay_s))
            self.wake_in(delay_s)
            return
        sentence = "The provider's file was gone before we could fetch it. Nothing was charged; try again."
        await self._fail(job, Trouble(code="link_expired", sentence=sentence))

    async def _fetch_again(self, job: Job, error: Exception) -> None:
        log.warning("A finished file could not be kept", extra={"reason": str(error)})
        if job.state is JobState.SUBMITTING or job.failures + 1 >= _MAX_FETCHES:
            words = str(error) if isinstance(error, NyxError) else "The finished file could not be stored here."
            await self._fail(job, Trouble(code="fetch_failed", sentence=f"{words} Nothing was charged; try again.", detail=repr(error)))
            return
        delay_s = min(0.5 * 2**job.failures, 60.0)
        now = self._clock.now()
        await self._record(
            settling.wait_more, job=job, next_run_at=now + timedelta(seconds=delay_s), now=now, is_late=job.is_late, failed=True
        )
        self.wake_in(delay_s)

    # Record

    async def _fail(self, job: Job, trouble: Trouble, outcome: AttemptOutcome = AttemptOutcome.REFUSED) -> None:
        log.info("An output failed", extra={"code": trouble.code, "detail": trouble.detail})
        await self._record(settling.fail, job=job, trouble=trouble, now=self._clock.now(), outcome=outcome)

    async def _record(self, operation: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Write what a provider answered; a database that is full or busy must not lose it."""
        for delay_s in _STORE_BACKOFF_S:
            try:
                return await self._db.write(operation, *args, **kwargs)
            except NyxError as error:
                if not isinstance(error, Overloaded):
                    raise
            except Exception:
                log.exception("The database refused a provider's answer; trying again")
            await asyncio.sleep(delay_s)
        return await self._db.write(operation, *args, **kwargs)

    def _tell(self, job: Job) -> None:
        topic = user_topic(job.owner_id)
        self._bus.publish(topic, Event("generation", job.generation_id))
        self._bus.publish(topic, Event("credits"))
