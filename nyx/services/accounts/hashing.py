"""Password hashes: argon2id in a small pool of threads, so that logins can neither block the loop nor eat the machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from nyx.errors import Overloaded

T = TypeVar("T")

WORKERS = 2
MAX_WAITING = 64


@dataclass(frozen=True)
class Cost:
    """What one hash costs; the floor OWASP names for argon2id."""

    memory_kib: int = 19_456
    passes: int = 2
    lanes: int = 1


class Hashing:
    """Makes and checks hashes, at most two at a time. Close it at shutdown."""

    def __init__(self, cost: Cost | None = None) -> None:
        cost = cost or Cost()
        self._hasher = PasswordHasher(time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes)
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="argon2")
        self._waiting = 0
        self._dummy: str | None = None

    async def hash(self, password: str) -> str:
        """A hash to store. Raises: Overloaded when too many are waiting."""
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Compare; ``None`` (nobody has this address) takes as long and is always wrong. Raises: Overloaded."""
        return await self._run(lambda: self._compare(stored, password))

    def is_outdated(self, stored: str) -> bool:
        """True when ``stored`` was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        """Let the threads end. Safe to repeat."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _compare(self, stored: str | None, password: str) -> bool:
        if self._dummy is None:
            self._dummy = self._hasher.hash("nobody has this password")
        try:
            return self._hasher.verify(stored or self._dummy, password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= MAX_WAITING:
            raise Overloaded
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1
