"""Tells open pages to look again. Events carry a topic and an id, never the truth: that is in the database."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Event:
    """``kind`` says what to look at again (``generation``, ``credits``, ``media``, ``upload``, ``session``); ``id`` which one."""

    kind: str
    id: str = ""


Listener = Callable[[Event], None]


def user_topic(user_id: str) -> str:
    return f"user:{user_id}"


SESSIONS_TOPIC = "sessions"  # a person's sessions changed; ``id`` says whose. Every process listens, whether or not it has their pages


class Bus(Protocol):
    """Publish and subscribe within the installation."""

    def publish(self, topic: str, event: Event) -> None:
        """Tell every subscriber of ``topic``, in every process; call on the event loop, after the commit."""
        ...

    def listen(self, topic: str, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` on the event loop for every event, until the returned function is called."""
        ...


class MemoryBus:
    """Fan-out within one process."""

    def __init__(self) -> None:
        self._listeners: defaultdict[str, list[Listener]] = defaultdict(list)

    def publish(self, topic: str, event: Event) -> None:
        """Tell this process's own listeners."""
        for listener in tuple(self._listeners.get(topic, ())):
            try:
                listener(event)
            except Exception:  # one broken page must not keep the others from hearing
                log.exception("A listener of the bus failed", extra={"topic": topic, "event_kind": event.kind})

    def listen(self, topic: str, listener: Listener) -> Callable[[], None]:
        self._listeners[topic].append(listener)

        def stop() -> None:
            listeners = self._listeners.get(topic, [])
            if listener in listeners:
                listeners.remove(listener)
            if not listeners:
                self._listeners.pop(topic, None)

        return stop

    @property
    def topics(self) -> tuple[str, ...]:
        """What anybody listens to now."""
        return tuple(self._listeners)

    @property
    def subscribers(self) -> int:
        """How many listeners there are, for the tests that look for leaks."""
        return sum(map(len, self._listeners.values()))
