"""Threads that people share by turns: nobody waits behind a heap of somebody else's work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from nyx.errors import Overloaded

T = TypeVar("T")


@dataclass
class _Turns:
    """Of one person: how much may be with the threads at once, and how much there is in all."""

    free: asyncio.Semaphore
    count: int = 0


class FairThreads:
    """Of one person, the threads get only as much at once as there are threads; the rest waits behind whatever others ask for meanwhile."""

    def __init__(self, threads: int, *, name: str) -> None:
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._turns: dict[str, _Turns] = {}
        self._is_closed = False

    async def run(self, owner_id: str, work: Callable[[], T]) -> T:
        """Run it when it is this person's turn. Raises: what it raises; Overloaded, once it is closed."""
        turns = self._turns.setdefault(owner_id, _Turns(asyncio.Semaphore(self._threads)))
        turns.count += 1
        try:
            async with turns.free:
                if self._is_closed:
                    raise Overloaded("The studio is stopping. Try again in a moment.")
                return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            turns.count -= 1
            if not turns.count:
                del self._turns[owner_id]

    def close(self) -> None:
        """Let the threads end; what has not begun is given up."""
        self._is_closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)
