"""What one open tab knows of its owner's generations and credits, kept true by events that only say "look again"."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nicegui import Client

from nyx.bus import Bus, Event, user_topic
from nyx.clock import Clock, Random
from nyx.errors import NotFound
from nyx.pages._pace import Paced
from nyx.pages.studio.words import announcement
from nyx.services.catalog import CatalogService
from nyx.services.credits.service import CreditService
from nyx.services.generation.service import GenerationService
from nyx.services.generation.views import GenerationView
from nyx.services.media.library import MediaLibrary
from nyx.services.media.uploads import UploadService
from nyx.services.prompts.service import PromptService
from nyx.services.sharing.service import SharingService

RECENT = 12
_REDRAW_S = 0.1
_QUEUE_S = 4.0  # no event tells that somebody else's turn is over


@dataclass(frozen=True, kw_only=True)
class Services:
    """What the studio asks of the rest of the app."""

    generations: GenerationService
    catalog: CatalogService
    credits: CreditService
    bus: Bus
    clock: Clock
    random: Random
    uploads: UploadService
    library: MediaLibrary
    sharing: SharingService
    prompts: PromptService


class Feed:
    """Recent generations, newest first, and the one on the stage. One per tab. Until ``is_read`` nobody knows whether there are any."""

    def __init__(self, services: Services, *, owner_id: str) -> None:
        self._services = services
        self._owner_id = owner_id
        self._runs: dict[str, GenerationView] = {}
        self._kept: set[str] = set()
        self._stale: set[str] = set()
        self._is_all_stale = False
        self._on_change: Callable[[str], None] = lambda said: None
        self._on_finish: Callable[[Sequence[GenerationView]], None] = lambda runs: None
        self._stop: Callable[[], None] | None = None
        self._queue: Paced | None = None
        self.chosen: GenerationView | None = None
        self.available = 0
        self.is_read = False

    @property
    def runs(self) -> tuple[GenerationView, ...]:
        """Newest first."""
        ordered = sorted(self._runs.values(), key=lambda run: (run.created_at, run.id), reverse=True)
        return tuple(run for place, run in enumerate(ordered) if place < RECENT or run.is_open or run.id in self._kept)

    async def open(self, screen: str) -> dict[str, Any]:
        """Read what the page can't do without, and return the draft; the generations follow once the page is live."""
        opening = await self._services.generations.opening(owner_id=self._owner_id, screen=screen)
        self.available = opening.available_credits
        self.is_read = not opening.has_generations
        return opening.draft

    async def _load(self) -> None:
        summary, recent = await asyncio.gather(
            self._services.credits.summary(self._owner_id),
            self._services.generations.list_recent(owner_id=self._owner_id, limit=RECENT),
        )
        self.available = summary.available
        others = self._kept - {run.id for run in recent}
        kept = [await self._services.generations.get(owner_id=self._owner_id, generation_id=one) for one in others]
        self._take((*recent, *kept), is_complete=True)
        self.is_read = True

    def follow(
        self, client: Client, *, on_change: Callable[[str], None], on_finish: Callable[[Sequence[GenerationView]], None] = lambda runs: None
    ) -> None:
        """Stay true while the page is open. ``on_change`` gets what a screen reader should be told, often nothing.

        ``on_finish`` gets those that were open when last seen and are over now, whichever is on the stage.
        """
        self._on_change, self._on_finish = on_change, on_finish
        paced = Paced(client, self._refresh, interval_s=_REDRAW_S, name="studio feed")
        self._queue = Paced(client, self._follow_queue, interval_s=_QUEUE_S, name="studio queue")

        def on_event(event: Event) -> None:
            if event.kind == "refresh":
                self._is_all_stale = True
            if event.kind == "generation" and event.id:
                self._stale.add(event.id)
            paced.request()

        def on_connect() -> None:
            """Now, and after every lost connection: events may have been missed."""
            if self._stop is None:
                self._stop = self._services.bus.listen(user_topic(self._owner_id), on_event)
            self._is_all_stale = True
            paced.request(at_once=not self.is_read)

        client.on_connect(on_connect)
        client.on_delete(self._unfollow)

    def put(self, run: GenerationView) -> None:
        """Take in a state just learned from a service, and show it."""
        self._take([run])
        self.chosen = self._runs[run.id]
        self._changed("")

    def put_all(self, runs: Sequence[GenerationView]) -> None:
        """Show the first, and keep all of them among the recent ones, however old they are."""
        self._kept |= {run.id for run in runs}
        self._take(tuple(runs))
        self.chosen = self._runs[runs[0].id]
        self._changed("")

    async def reread(self, generation_id: str) -> None:
        """Read one again, because something was done with it here."""
        self._stale.add(generation_id)
        self._changed(await self._reread())

    def update(self, runs: tuple[GenerationView, ...]) -> None:
        """Take in states just learned from a service; the one on the stage stays there."""
        self._take(runs)
        self._changed("")

    def choose(self, generation_id: str) -> None:
        """Put another one on the stage."""
        self.chosen = self._runs.get(generation_id, self.chosen)
        self._on_change("")

    async def _refresh(self) -> None:
        said = ""
        is_all_stale, self._is_all_stale = self._is_all_stale, True  # until it has been read
        if is_all_stale:
            self._stale.clear()
            await self._load()
        else:
            said = await self._reread()
        self._is_all_stale = False
        self._changed(said)

    def _changed(self, said: str) -> None:
        self._on_change(said)
        if self._queue is not None and any(run.ahead for run in self._runs.values()):
            self._queue.request()

    async def _follow_queue(self) -> None:
        """How many come before may have changed."""
        self._stale |= {run.id for run in self._runs.values() if run.ahead}
        self._changed(await self._reread())

    async def _reread(self) -> str:
        """Only what an event named, and the balance, which almost every event changes."""
        stale, self._stale = self._stale, set()
        found = []
        for generation_id in stale:
            try:
                found.append(await self._services.generations.get(owner_id=self._owner_id, generation_id=generation_id))
            except NotFound:
                self._runs.pop(generation_id, None)
        self.available = (await self._services.credits.summary(self._owner_id)).available
        return self._take(found)

    def _take(self, runs: list[GenerationView] | tuple[GenerationView, ...], *, is_complete: bool = False) -> str:
        """Remember these; one never seen before goes onto the stage, as in every other tab. Returns what changed, in words."""
        known = dict(self._runs)
        said = [announcement(known.get(run.id), run) for run in runs if run.id in known]
        if is_complete:
            self._runs.clear()
        self._runs |= {run.id: run for run in runs}
        finished = [run for run in runs if run.id in known and known[run.id].is_open and not run.is_open]
        if finished:
            self._on_finish(finished)
        newest = next(iter(self.runs), None)
        if newest is not None and newest.id not in known:
            self.chosen = newest
        elif self.chosen is not None:
            self.chosen = self._runs.get(self.chosen.id, self.chosen)
        return " ".join(filter(None, said))

    def _unfollow(self) -> None:
        if self._stop is not None:
            self._stop()
