"""How long finished jobs of each model took: what poll schedules and time estimates are made from."""

from __future__ import annotations

from nyx.db import Database, Tx
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
            durations = await self._db.write(_durations, model_key=model_key, length_s=length_s)
            self._known[key] = learn(durations)
        return self._known[key]

    def forget(self, model_key: str, length_s: int) -> None:
        """A job has finished: learn again at the next question."""
        self._known.pop((model_key, length_s), None)


def _durations(tx: Tx, *, model_key: str, length_s: int) -> tuple[float, ...]:
    rows = tx.execute(
        "SELECT render_ms FROM job WHERE model_key = :model_key AND length_s = :length_s AND state = 'completed' AND render_ms IS NOT NULL"
        " ORDER BY finished_at DESC LIMIT :limit",
        model_key=model_key,
        length_s=length_s,
        limit=_HISTORY,
    ).all()
    return tuple(row["render_ms"] / 1000 for row in rows)
