"""Clips in the making on the disk, so that a sandbox that starts again goes on with them as a provider would."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import re
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nyx.clock import Clock
from nyx.sandbox.darkroom import ClipOrder
from nyx.sandbox.faults import Fault, Faults
from nyx.sandbox.jobs import ClipJob

log = logging.getLogger(__name__)

_ID = re.compile(r"[0-9a-f-]{36}")
_KEPT_S = 2 * 86_400.0  # longer than anybody waits for a clip


class ClipFolder:
    """One small file for each clip: what was ordered and when. What became of it is told by the clock; links are made anew."""

    def __init__(self, folder: Path, *, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._is_swept = False

    async def put(self, job: ClipJob) -> None:
        """Keep it, and forget those of long ago. On a full disk it is in memory alone, with a warning."""
        try:
            await asyncio.to_thread(self._write, job)
        except OSError as error:
            log.warning("The sandbox can't keep a clip over a restart", extra={"reason": str(error)})

    async def find(self, job_id: str) -> ClipJob | None:
        """One that was kept, also by an earlier process; None for any other id, whatever it looks like."""
        return await asyncio.to_thread(self._read, job_id) if _ID.fullmatch(job_id) else None

    def _write(self, job: ClipJob) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if not self._is_swept:
            self._is_swept = True
            self._sweep()
        path = self._folder / f"{job.id}.json"
        unfinished = path.with_suffix(".part")
        unfinished.write_text(json.dumps(_frozen(job)), encoding="utf-8")
        unfinished.replace(path)

    def _read(self, job_id: str) -> ClipJob | None:
        try:
            kept = json.loads((self._folder / f"{job_id}.json").read_text(encoding="utf-8"))
            return _thawed(kept, clock=self._clock)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _sweep(self) -> None:
        oldest_s = self._clock.now().timestamp() - _KEPT_S
        for path in self._folder.iterdir():
            with suppress(OSError):
                if path.stat().st_mtime < oldest_s:
                    path.unlink()


def _frozen(job: ClipJob) -> dict[str, Any]:
    assert isinstance(job.order, ClipOrder)
    source = base64.b64encode(job.order.source).decode() if job.order.source is not None else None
    order = asdict(job.order) | {"source": source}
    return asdict(job) | {"order": order, "faults": dict(job.faults.numbers)}


def _thawed(kept: dict[str, Any], *, clock: Clock) -> ClipJob:
    """Its age is told by the clock on the wall: the other one begins anew with each start of the machine."""
    source = kept["order"]["source"]
    order = ClipOrder(**kept["order"] | {"source": base64.b64decode(source) if source is not None else None})
    age_s = max(0.0, clock.now().timestamp() - kept["created_at_s"])
    faults = Faults({Fault(word): number for word, number in kept["faults"].items()})
    return ClipJob(**kept | {"order": order, "faults": faults, "started_s": clock.monotonic() - age_s, "link": None, "terminal_polls": 0})
