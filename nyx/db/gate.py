"""Who uses the database just now: closing lets them finish, and lets nobody in after them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from nyx.errors import Overloaded

_LAST_ONES_S = 5.0


class Gate:
    """Counts the uses under way."""

    def __init__(self) -> None:
        self._using = 0
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self._is_closed = False

    @contextmanager
    def use(self) -> Iterator[None]:
        """For as long as something needs the database. Raises: Overloaded once it is closed."""
        if self._is_closed:
            raise Overloaded("The studio is stopping. Try again in a moment.")
        self._using += 1
        self._is_idle.clear()
        try:
            yield
        finally:
            self._using -= 1
            if not self._using:
                self._is_idle.set()

    def close(self) -> None:
        """Let nobody in any more. Safe to repeat."""
        self._is_closed = True

    async def empty(self) -> None:
        """Return when nobody is inside, or when those inside took too long (5 s)."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._is_idle.wait(), _LAST_ONES_S)
