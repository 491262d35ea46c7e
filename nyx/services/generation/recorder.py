"""Writes down what became of a job and tells its owner; what a provider answered is never lost to a busy database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from nyx.bus import Bus, Event, user_topic
from nyx.clock import Clock
from nyx.db import Database, Tx
from nyx.errors import Conflict, Overloaded
from nyx.models import AttemptOutcome, JobState
from nyx.services.generation import settling
from nyx.services.generation.claims import Job
from nyx.services.generation.settling import Trouble

log = logging.getLogger(__name__)
P = ParamSpec("P")

_BACKOFF_S = (0.05, 0.2, 1.0, 5.0, 15.0, 30.0, 60.0)

T = TypeVar("T")


class Recorder:
    """The one hand that writes for the runner."""

    def __init__(self, *, db: Database, bus: Bus, clock: Clock) -> None:
        self._db = db
        self._bus = bus
        self.clock = clock

    async def record(self, operation: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Write it, as often as it takes: a database that is full or busy must not lose an answer that was paid for.

        Raises: Conflict when the job has moved on, as the operation does.
        """
        tries = 0
        while True:
            try:
                return await self._db.write(operation, *args, **kwargs)
            except (Overloaded, SQLAlchemyError, OSError) as error:
                if tries == 0:  # the job's id at the provider is worth money: it must be written somewhere
                    told = {"reason": str(error), "provider_job_id": kwargs.get("provider_job_id")}
                    log.error("Can't store a provider's answer yet; trying on", extra=told)
            await asyncio.sleep(_BACKOFF_S[min(tries, len(_BACKOFF_S) - 1)])
            tries += 1

    async def answer(self, job: Job, operation: Callable[..., T], **kwargs: object) -> T:
        """Record what a job's own call or poll brought, even if another process has given that call up as lost meanwhile.

        Raises: Conflict when the creator or a settlement was quicker.
        """
        try:
            return await self.record(operation, job=job, **kwargs)
        except Conflict:
            if job.state is not JobState.SUBMITTING:
                raise
            return await self.record(partial(_found_again, operation), job=job, **kwargs)

    async def fail(self, job: Job, trouble: Trouble, outcome: AttemptOutcome = AttemptOutcome.REFUSED) -> None:
        """End it with a sentence; the credits of this output come back when the generation settles."""
        log.info("An output failed", extra={"code": trouble.code, "detail": trouble.detail})
        await self.answer(job, settling.fail, trouble=trouble, now=self.clock.now(), outcome=outcome)

    def tell(self, job: Job) -> None:
        """Let the owner's open pages look again."""
        topic = user_topic(job.owner_id)
        self._bus.publish(topic, Event("generation", job.generation_id))
        self._bus.publish(topic, Event("credits"))


def _found_again(operation: Callable[..., T], tx: Tx, /, *, job: Job, **kwargs: object) -> T:
    """The answer to a call that counts as unknown: take the job back, guarded by its attempt, and go on."""
    epoch = settling.take_back(tx, job=job)
    return operation(tx, job=replace(job, epoch=epoch), **kwargs)
