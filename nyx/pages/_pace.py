"""Merges bursts: however often something is asked for, it is done at most once per interval, and always once after the last time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from nicegui import Client, background_tasks

from nyx.errors import NyxError

log = logging.getLogger(__name__)

_TRY_AGAIN_S = 1.0


class Paced:
    """An action of one open page, ``interval_s`` apart at least. Once the page is gone it does nothing."""

    def __init__(self, client: Client, action: Callable[[], Awaitable[None]], *, interval_s: float, name: str) -> None:
        self._client = client
        self._action = action
        self._interval_s = interval_s
        self._name = name
        self._is_wanted = False
        self._is_waiting = False

    def request(self, *, at_once: bool = False) -> None:
        """Do it soon, or without waiting for a burst to end; call on the event loop."""
        self._is_wanted = True
        if not self._is_waiting:
            self._is_waiting = True
            background_tasks.create(self._run(0.0 if at_once else self._interval_s), name=self._name)

    async def _run(self, pause_s: float) -> None:
        try:
            while self._is_wanted and not self._client.is_deleted:
                await asyncio.sleep(pause_s)
                pause_s = self._interval_s
                self._is_wanted = False
                await self._act()
        finally:
            self._is_waiting = False

    async def _act(self) -> None:
        if not self._client.is_deleted:  # it may have gone while we slept
            with self._client:
                await self._try()

    async def _try(self) -> None:
        try:
            await self._action()
        except NyxError as problem:
            log.warning("A page could not do this now", extra={"action": self._name, "problem": str(problem)})
            if problem.retryable:
                self._is_wanted = True
                await asyncio.sleep(_TRY_AGAIN_S)
