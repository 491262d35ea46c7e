"""Brings a finished file home: download, judge, store, settle. The download alone is repeated, never the call."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from nyx.crash import crash_point
from nyx.errors import Conflict, NotFound, NyxError, ProviderError, ProviderMisbehaved
from nyx.models import JobState
from nyx.services.generation import settling
from nyx.services.generation.claims import Job
from nyx.services.generation.recorder import Recorder
from nyx.services.generation.settling import Trouble
from nyx.services.generation.timings import Timings
from nyx.services.media.service import BadFile, MediaService
from nyx.services.media.views import StoredOutput
from nyx.services.providers.base import Downloaded, Provider

log = logging.getLogger(__name__)

MAX_OUTPUT_BYTES = 100 * 1024 * 1024
_INPUTS = ("image_url", "reference_images", "frames")  # of a request: what a person brought
_MAX_FETCHES = 10
_MAX_EXPIRED_LINKS = 3
_LONGEST_DELAY_S = 60.0


class Fetcher:
    """Takes a job in ``fetching`` to its end, or puts it off."""

    def __init__(self, *, media: MediaService, recorder: Recorder, timings: Timings) -> None:
        self._media = media
        self._recorder = recorder
        self._timings = timings
        self.wake_in: Callable[[float], None] = lambda _seconds: None

    async def fetch(self, job: Job, provider: Provider) -> None:
        """Download the result at its link, which expires within the hour, and keep it."""
        into = self._media.temporary()
        try:
            downloaded = await provider.download(job.result_url or "", into=into, max_bytes=MAX_OUTPUT_BYTES)
        except NotFound:
            await self._link_expired(job)
        except ProviderMisbehaved as error:  # too large, or a place that we don't follow: the same link would do it again
            await self._recorder.fail(job, Trouble.of(error))
        except (ProviderError, OSError) as error:
            await self.put_off(job, error)
        else:
            crash_point("after_fetch")
            await self.keep(job, downloaded)

    async def keep_data(self, job: Job, data: bytes, *, render_ms: int) -> None:
        """Keep a file that came inside the answer."""
        await self.keep(job, await self._media.receive(data), render_ms=render_ms)

    async def keep(self, job: Job, downloaded: Downloaded, *, render_ms: int | None = None) -> None:
        """Store the file durably, settle, then make its thumbnails, and begin with what takes longer."""
        try:
            stored = await self._media.store_output(
                downloaded,
                owner_id=job.owner_id,
                generation_id=job.generation_id,
                output_index=job.output_index,
                expect="image" if job.kind == "image" else "video",
                model_key=job.model_key,
                has_input=any(map(job.request.get, _INPUTS)),
            )
        except (BadFile, OSError) as error:
            await self.put_off(job, error)
            return
        crash_point("before_settle")
        await self._settle(job, stored, render_ms=render_ms)
        crash_point("after_settle")
        self._timings.forget(job.model_key, job.length_s)
        self._recorder.tell(job)
        await self._media.make_thumbnails(stored.media_id)
        await self._media.prepare_marked(stored.media_id)

    async def put_off(self, job: Job, error: Exception) -> None:
        """Try again later. A disk that is full may take as long as the link lives; a file that is no picture has ten tries."""
        log.warning("A finished file could not be kept", extra={"reason": str(error)})
        is_hopeless = job.failures + 1 >= _MAX_FETCHES and not isinstance(error, OSError)
        if job.state is JobState.SUBMITTING or is_hopeless:
            words = str(error) if isinstance(error, NyxError) else "The finished file could not be stored here."
            await self._recorder.fail(
                job, Trouble(code="fetch_failed", sentence=f"{words} Nothing was charged; try again.", detail=repr(error))
            )
            return
        delay_s = min(0.5 * 2 ** min(job.failures, 10), _LONGEST_DELAY_S)
        now = self._recorder.clock.now()
        due = now + timedelta(seconds=delay_s)
        await self._recorder.record(settling.wait_more, job=job, next_run_at=due, now=now, is_late=job.is_late, failed=True)
        self.wake_in(delay_s)

    async def _settle(self, job: Job, stored: StoredOutput, *, render_ms: int | None) -> None:
        try:
            await self._recorder.answer(job, settling.complete, stored=stored, now=self._recorder.clock.now(), render_ms=render_ms)
        except Conflict:  # it was let go while it was on its way
            await self._media.discard(stored)
            raise

    async def _link_expired(self, job: Job) -> None:
        if job.provider_job_id is None or job.failures >= _MAX_EXPIRED_LINKS:
            sentence = "The provider's file was gone before we could fetch it. Nothing was charged; try again."
            await self._recorder.fail(job, Trouble(code="link_expired", sentence=sentence))
            return
        delay_s = 1.0 * 2**job.failures
        due = self._recorder.clock.now() + timedelta(seconds=delay_s)
        await self._recorder.record(settling.ask_again, job=job, next_run_at=due)
        self.wake_in(delay_s)


def fetching(job: Job, *, url: str, provider_job_id: str | None) -> Job:
    """The job as ``settling.deliver`` leaves it. A link that follows a dead one counts its failures on."""
    failures = job.failures if job.result_url else 0
    return replace(job, state=JobState.FETCHING, result_url=url, provider_job_id=provider_job_id, failures=failures)
