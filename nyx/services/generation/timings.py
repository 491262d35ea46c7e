"""How long finished jobs of each model took: what poll schedules and time estimates are made from."""

from __future__ import annotations

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from nyx.db import Database
from nyx.models import Job, JobState
from nyx.services.generation.schedule import Timing, learn

_HISTORY = 50  # newest finished jobs of one model and length


class Timings:
    """Reads the history once per model and length, and again after ``forget``."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: dict[tuple[str, int], Timing | None] = {}

    async def get(self, model_key: str, length_s: int) -> Timing | None:
        """None while fewer than five jobs have finished. ``length_s`` is 0 for pictures."""
        key = (model_key, length_s)
        if key not in self._known:
            async with self._db.read() as session:
                durations = await _durations(session, model_key, length_s)
            self._known[key] = learn(durations)
        return self._known[key]

    def forget(self, model_key: str, length_s: int) -> None:
        """A job has finished: learn again at the next question."""
        self._known.pop((model_key, length_s), None)


async def _durations(session: AsyncSession, model_key: str, length_s: int) -> tuple[float, ...]:
    finished = select(Job.render_ms).where(Job.model_key == model_key, Job.length_s == length_s, Job.state == JobState.COMPLETED)
    newest = finished.where(col(Job.render_ms).is_not(None)).order_by(col(Job.finished_at).desc()).limit(_HISTORY)
    return tuple((render_ms or 0) / 1000 for render_ms in await session.exec(newest))
