"""Carries one claimed job one step on: call, poll or fetch. The provider is only ever called between transactions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from nyx.bus import Bus
from nyx.clock import Clock, to_micros
from nyx.crash import crash_point
from nyx.db import Database
from nyx.errors import Conflict, NotFound, NyxError, OutcomeUnknown, ProviderError, ProviderMisbehaved, ProviderUnavailable
from nyx.models import AttemptOutcome, JobState
from nyx.services.generation import settling
from nyx.services.generation.claims import Job
from nyx.services.generation.fetching import Fetcher, fetching
from nyx.services.generation.inputs import Inputs
from nyx.services.generation.planning import thaw
from nyx.services.generation.recorder import Recorder
from nyx.services.generation.schedule import next_poll_s
from nyx.services.generation.settling import MAX_OBSERVED_MS, Trouble
from nyx.services.generation.timings import Timings
from nyx.services.media.service import MediaService
from nyx.services.providers.base import Answer, Delivered, Pending, Provider, Refused
from nyx.services.providers.registry import ProviderRegistry
from nyx.tasks import Tasks

log = logging.getLogger(__name__)

_MAX_SUBMITS = 6
_RENDERING_AFTER_S = 0.4  # a refusal comes faster than this
_FORGOTTEN_AFTER_MS = 120_000  # a provider that does not know a job after two minutes has lost it
_GIVE_UP_AFTER_MS = 86_400_000

_LOST = Trouble(code="provider_misbehaved", sentence="The provider has lost this one. Nothing was charged; try again.")
_NEVER_FINISHED = Trouble(code="never_finished", sentence="The provider did not finish this within a day, so nothing was charged.")
_SENT_NOTHING = Trouble(
    code="provider_misbehaved", sentence="The provider said it was done but sent nothing. Nothing was charged; try again."
)


@dataclass(frozen=True, kw_only=True)
class Deadlines:
    """Observed seconds after which a job is called late."""

    image_s: float
    video_s: float

    def of(self, kind: str) -> float:
        return self.image_s if kind == "image" else self.video_s


class Runner:
    """Knows what to do with a job in each state."""

    def __init__(
        self,
        *,
        db: Database,
        providers: ProviderRegistry,
        media: MediaService,
        inputs: Inputs,
        bus: Bus,
        clock: Clock,
        timings: Timings,
        deadlines: Deadlines,
    ) -> None:
        self._db = db
        self._providers = providers
        self._inputs = inputs
        self._clock = clock
        self._timings = timings
        self._deadlines = deadlines
        self._recorder = Recorder(db=db, bus=bus, clock=clock)
        self._fetcher = Fetcher(media=media, recorder=self._recorder, timings=timings)
        self._tasks = Tasks()
        self._wake_in: Callable[[float], None] = lambda _seconds: None

    def call_back(self, wake_in: Callable[[float], None]) -> None:
        """``wake_in`` asks the engine to look again after some seconds."""
        self._wake_in = self._fetcher.wake_in = wake_in

    async def run(self, job: Job) -> None:
        """Take the job one step on, or to its end. A job that moved on meanwhile is left alone."""
        self._recorder.tell(job)
        step = {JobState.SUBMITTING: self._submit, JobState.RUNNING: self._poll, JobState.FETCHING: self._fetch}[job.state]
        try:
            await step(job)
        except Conflict:
            log.info("A job moved on while it was being worked on")
        except Exception as error:
            log.exception("A step of a job broke")
            if job.state is not JobState.SUBMITTING:  # a call that broke may have been accepted: the reconciler calls it unknown
                await self._fetcher.put_off(job, error)
        finally:
            self._recorder.tell(job)

    # Call

    async def _submit(self, job: Job) -> None:
        crash_point("before_submit")
        started = self._clock.monotonic()
        try:
            answer = await self._call(job)
        except ProviderUnavailable as error:
            await self._refused_entry(job, error)
        except OutcomeUnknown as error:
            log.warning("The outcome of a call is unknown", extra={"detail": error.detail})
            await self._recorder.record(settling.lose_track, job=job, detail=error.detail or str(error), now=self._clock.now())
        except ProviderError as error:
            outcome = AttemptOutcome.MISBEHAVED if isinstance(error, ProviderMisbehaved) else AttemptOutcome.REFUSED
            await self._recorder.fail(job, Trouble.of(error), outcome)
        else:
            crash_point("after_submit")
            await self._take(job, answer, render_ms=int((self._clock.monotonic() - started) * 1000))

    async def _call(self, job: Job) -> Answer:
        provider = self._provider_of(job)
        request = await self._inputs.resolve(thaw(job.kind, job.request))
        marker = self._tasks.spawn(self._show_rendering(job), name=f"rendering-{job.id}") if job.kind == "image" else None
        try:
            return await provider.submit(request)
        finally:
            if marker is not None:
                marker.cancel()

    async def _show_rendering(self, job: Job) -> None:
        await asyncio.sleep(_RENDERING_AFTER_S)
        if await self._db.write(settling.begin_rendering, job=job, now=self._clock.now()):
            self._recorder.tell(job)

    async def _refused_entry(self, job: Job, error: ProviderUnavailable) -> None:
        trouble = Trouble.of(error)
        if job.failures + 1 >= _MAX_SUBMITS:
            await self._recorder.fail(job, trouble, AttemptOutcome.UNAVAILABLE)
            return
        delay_s = max(error.retry_after_s or 0.0, min(1.0 * 2**job.failures, 30.0))
        now = self._clock.now()
        await self._recorder.answer(job, settling.try_later, next_run_at=now + timedelta(seconds=delay_s), now=now, trouble=trouble)
        self._wake_in(delay_s)

    async def _take(self, job: Job, answer: Answer, *, render_ms: int) -> None:
        match answer:
            case Pending(provider_job_id=provider_job_id):
                await self._accept(job, provider_job_id)
            case Delivered(data=bytes() as data):
                await self._fetcher.keep_data(job, data, render_ms=render_ms)
            case Delivered(url=str() as url):
                await self._deliver(job, url, answer, render_ms=answer.render_ms or render_ms)
            case Refused(sentence=sentence, detail=detail):
                await self._recorder.fail(job, Trouble(code="provider_rejected", sentence=sentence, detail=detail))
            case Delivered():
                await self._recorder.fail(job, _SENT_NOTHING)

    async def _accept(self, job: Job, provider_job_id: str) -> None:
        delay_s = await self._next_poll_s(job, elapsed_s=0.0)
        now = self._clock.now()
        due = now + timedelta(seconds=delay_s)
        await self._recorder.answer(job, settling.accept, provider_job_id=provider_job_id, next_run_at=due, now=now)
        crash_point("after_accepted")
        self._wake_in(delay_s)

    async def _deliver(self, job: Job, url: str, answer: Delivered, *, render_ms: int) -> None:
        provider_job_id = answer.provider_job_id or job.provider_job_id
        await self._recorder.answer(
            job,
            settling.deliver,
            url=url,
            provider_job_id=provider_job_id,
            cost_usd_micros=answer.cost_usd_micros,
            render_ms=render_ms,
            now=self._clock.now(),
        )
        crash_point("after_verdict")
        await self._fetch(fetching(job, url=url, provider_job_id=provider_job_id))

    # Poll and fetch

    async def _poll(self, job: Job) -> None:
        elapsed_ms = job.elapsed_ms + self._observed_ms(job)
        try:
            answer = await self._provider_of(job).poll(job.provider_job_id or "")
        except NotFound:
            if elapsed_ms > _FORGOTTEN_AFTER_MS:
                await self._recorder.fail(job, _LOST)
            else:
                await self._wait(job, elapsed_ms, failed=True)
        except ProviderError as error:
            log.info("A poll failed", extra={"reason": str(error)})
            await self._wait(job, elapsed_ms, failed=True)
        else:
            crash_point("after_poll")
            if isinstance(answer, Pending):
                await self._wait(job, elapsed_ms, failed=False)
            else:
                await self._take(job, answer, render_ms=elapsed_ms)

    async def _fetch(self, job: Job) -> None:
        try:
            provider = self._provider_of(job)
        except NyxError as error:
            await self._fetcher.put_off(job, error)
        else:
            await self._fetcher.fetch(job, provider)

    async def _wait(self, job: Job, elapsed_ms: int, *, failed: bool) -> None:
        if elapsed_ms > _GIVE_UP_AFTER_MS:
            await self._recorder.fail(job, _NEVER_FINISHED)
            return
        is_late = elapsed_ms / 1000 >= await self._deadline_s(job)
        delay_s = await self._next_poll_s(job, elapsed_s=elapsed_ms / 1000, failures=job.failures + 1 if failed else 0)
        now = self._clock.now()
        due = now + timedelta(seconds=delay_s)
        await self._recorder.record(settling.wait_more, job=job, next_run_at=due, now=now, is_late=is_late, failed=failed)
        self._wake_in(delay_s)

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

    def _provider_of(self, job: Job) -> Provider:
        """A provider that was taken away may come back: its absence is no verdict on the job."""
        try:
            return self._providers.get(job.provider)
        except NotFound as error:
            raise ProviderUnavailable("This model's provider is not set up here right now.", detail=job.provider) from error
