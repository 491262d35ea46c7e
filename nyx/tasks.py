"""Background tasks that can't die silently; the only place that starts one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger(__name__)


class Tasks:
    """Keeps what it spawned alive, logs and counts what fails, and can wait for the rest."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()
        self.failures = 0

    def __len__(self) -> int:
        return len(self._running)

    def spawn(self, coroutine: Coroutine[Any, Any, Any], *, name: str) -> asyncio.Task[Any]:
        """Start ``coroutine`` now, in the background."""
        task = asyncio.create_task(coroutine, name=name)  # noqa: TID251 - the one place that keeps a reference
        self._running.add(task)
        task.add_done_callback(self._finished)
        return task

    async def drain(self, *, timeout_s: float) -> None:
        """Wait for what runs, then cancel what is left. Safe to repeat."""
        if self._running:
            await asyncio.wait(tuple(self._running), timeout=timeout_s)
        for task in tuple(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if task.cancelled():
            return
        if error := task.exception():
            self.failures += 1
            log.error("A background task died: %s", task.get_name(), exc_info=error)
