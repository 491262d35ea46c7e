"""Outputs whose outcome nobody knows, for whoever runs the installation: which there are, and what became of them after all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from nyx.bus import Bus, Event, user_topic
from nyx.clock import Clock
from nyx.db import Database
from nyx.models import Generation, Job, JobState, User
from nyx.services.generation import interventions

MAX_LISTED = 200


@dataclass(frozen=True, kw_only=True)
class UnknownOutput:
    """One output that may or may not exist at its provider. ``sent_at`` is when the provider was asked."""

    job_id: str
    owner_email: str
    provider: str
    kind: str
    model_key: str
    prompt: str
    seed: int | None
    sent_at: datetime


class Unknowns:
    """Lists and resolves them. Nothing here asks a provider."""

    def __init__(self, *, db: Database, bus: Bus, clock: Clock) -> None:
        self._db = db
        self._bus = bus
        self._clock = clock

    async def list(self) -> tuple[UnknownOutput, ...]:
        """Oldest first, at most 200."""
        statement = (
            select(Job, Generation.prompt, User.email)
            .join(Generation, col(Generation.id) == col(Job.generation_id))
            .join(User, col(User.id) == col(Job.owner_id))
            .where(Job.state == JobState.UNKNOWN)
            .order_by(col(Job.created_at), col(Job.id))
            .limit(MAX_LISTED)
        )
        async with self._db.read() as session:
            return tuple(_view(*row) for row in (await session.exec(statement)).all())

    async def resolve(self, job_id: str, provider_job_id: str | None) -> None:
        """Found under this id at the provider: it is fetched. None: it is lost, and its credits are free again. Raises: Conflict."""
        now = self._clock.now()
        row = await self._db.write(interventions.resolve_unknown, job_id=job_id, provider_job_id=provider_job_id, now=now)
        self._bus.publish(user_topic(row["owner_id"]), Event("generation", row["generation_id"]))
        self._bus.publish(user_topic(row["owner_id"]), Event("credits"))


def _view(job: Job, prompt: str, email: str) -> UnknownOutput:
    return UnknownOutput(
        job_id=job.id,
        owner_email=email,
        provider=job.provider,
        kind=job.kind,
        model_key=job.model_key,
        prompt=prompt,
        seed=job.seed,
        sent_at=job.submitted_at or job.created_at,
    )
