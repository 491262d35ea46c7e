"""Waiting for something to become true."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


async def eventually(check: Callable[[], Awaitable[bool] | bool], *, timeout_s: float = 10.0) -> None:
    """Return once ``check`` is true. Raises: TimeoutError."""
    async with asyncio.timeout(timeout_s):
        while True:
            outcome = check()
            if await outcome if isinstance(outcome, Awaitable) else outcome:
                return
            await asyncio.sleep(0.01)
