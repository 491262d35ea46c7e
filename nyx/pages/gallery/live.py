"""Keeps one open page true: gathers what events name and has it read again, a burst at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import context

from nyx.bus import Bus, Event, user_topic
from nyx.pages._pace import Paced

_REDRAW_S = 0.1


class Following:
    def __init__(self, bus: Bus, *, owner_id: str, on_changes: Callable[[set[str], bool], Awaitable[None]]) -> None:
        self._bus = bus
        self._owner_id = owner_id
        self._on_changes = on_changes
        self._changed: set[str] = set()
        self._everything = False
        self._stop: Callable[[], None] | None = None
        self._was_connected = False

    def start(self) -> None:
        """Listen from the moment the page is connected until it is gone."""
        client = context.client
        paced = Paced(client, self._read, interval_s=_REDRAW_S, name="gallery")

        def on_event(event: Event) -> None:
            if event.kind == "media":
                self._changed.add(event.id)
            elif event.kind == "refresh":  # very much changed, or the bus itself was cut off
                self._everything = True
            paced.request()

        def on_connect() -> None:
            """Now, and after every lost connection: events may have been missed."""
            if self._stop is None:
                self._stop = self._bus.listen(user_topic(self._owner_id), on_event)
            if self._was_connected:
                self._everything = True
            self._was_connected = True
            paced.request()

        client.on_connect(on_connect)
        client.on_delete(self._unfollow)

    async def _read(self) -> None:
        changed, self._changed = self._changed, set()
        everything, self._everything = self._everything, False
        await self._on_changes(changed, everything)

    def _unfollow(self) -> None:
        if self._stop is not None:
            self._stop()
