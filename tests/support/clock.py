"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


class FakeClock:
    """Wall and monotonic time that move only by ``advance`` (both) or ``jump`` (the wall alone, as an administrator would)."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._monotonic_s = 1_000.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic_s

    def advance(self, delta: timedelta | float) -> None:
        """Let time pass; a bare number is seconds."""
        passed = delta if isinstance(delta, timedelta) else timedelta(seconds=delta)
        if passed < timedelta(0):
            raise ValueError("time does not pass backwards: use jump()")
        self._now += passed
        self._monotonic_s += passed.total_seconds()

    def jump(self, delta: timedelta) -> None:
        """Set the wall clock forward or back while monotonic time stands still."""
        self._now += delta
