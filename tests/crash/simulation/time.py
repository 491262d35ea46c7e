"""Time that passes only when nothing is left to do: a day of waiting takes as long as its work."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 3, 28, 18, 0, tzinfo=UTC)  # the night in which European clocks go forward


class _Selector(selectors.DefaultSelector):
    """Waits for nothing: a wait moves the loop's clock by as much."""

    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("the simulation waits for something that can't happen any more")
        self.loop.passed_s += max(timeout, 0.0)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time. Threads and sockets never wake it."""

    def __init__(self) -> None:
        self.passed_s = 0.0
        self.complaints: list[str] = []
        self._alive: dict[asyncio.Task[Any], None] = {}  # in the order of their creation, so that a crash is repeatable
        selector = _Selector()
        selector.loop = self
        super().__init__(selector)
        self.set_exception_handler(lambda _loop, context: self._complain(context))
        self.set_task_factory(self._task)  # type: ignore[arg-type]  # typeshed asks for more than the loop does

    def time(self) -> float:
        return self.passed_s

    def others(self) -> list[asyncio.Task[Any]]:
        """Every task but the one that asks."""
        me = asyncio.current_task(self)
        return [task for task in self._alive if task is not me]

    def _task(self, loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], **options: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(work, loop=loop, **options)
        self._alive[task] = None
        task.add_done_callback(lambda done: self._alive.pop(done, None))
        return task

    def _complain(self, context: Mapping[str, Any]) -> None:
        self.complaints.append(f"{context['message']}: {context.get('exception')!r}")


class SimulatedClock:
    """Virtual time, and a wall clock beside it that jumps."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._skew = timedelta()
        self.jumps = 0

    def now(self) -> datetime:
        return START + timedelta(seconds=self._loop.time()) + self._skew

    def monotonic(self) -> float:
        return self._loop.time()

    def jump(self, by: timedelta, *, within: timedelta) -> None:
        """Set the wall clock, unless it would then be further off than ``within``."""
        if abs(self._skew + by) <= within:
            self._skew += by
            self.jumps += 1
