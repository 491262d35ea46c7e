"""The only source of time and of chance: two ports that tests and the simulator replace."""

from __future__ import annotations

import random
import secrets
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Wall time for records, monotonic time for measuring."""

    def now(self) -> datetime:
        """Aware UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds; only differences mean something."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class Random(Protocol):
    """Chance that a test can seed."""

    def random(self) -> float:
        """In [0, 1)."""
        ...

    def seed_32(self) -> int:
        """A seed for a provider, 0 to 2**31 - 1."""
        ...

    def token(self) -> str:
        """256 bits, URL-safe: a secret."""
        ...

    def id(self) -> str:
        """128 bits as 32 hex digits: an opaque row id."""
        ...


class SystemRandom:
    """The operating system's entropy."""

    def random(self) -> float:
        return secrets.SystemRandom().random()

    def seed_32(self) -> int:
        return secrets.randbelow(2**31)

    def token(self) -> str:
        return secrets.token_urlsafe(32)

    def id(self) -> str:
        return secrets.token_hex(16)


class SeededRandom:
    """Repeatable chance for tests and the simulator; never for secrets in production."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def random(self) -> float:
        return self._random.random()

    def seed_32(self) -> int:
        return self._random.randrange(2**31)

    def token(self) -> str:
        return self._random.randbytes(32).hex()

    def id(self) -> str:
        return self._random.randbytes(16).hex()


def to_micros(moment: datetime) -> int:
    """Microseconds since the epoch: how every time is stored, on both databases."""
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def from_micros(micros: int) -> datetime:
    """Aware UTC."""
    return datetime.fromtimestamp(micros // 1_000_000, UTC).replace(microsecond=micros % 1_000_000)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
