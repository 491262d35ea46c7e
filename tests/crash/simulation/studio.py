"""People who use the simulated studio, and the process that serves them from one crash to the next."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import cast

from nyx.bus import MemoryBus
from nyx.clock import SeededRandom
from nyx.db import Database
from nyx.errors import Conflict, NyxError, TooMany
from nyx.services.catalog import CatalogService
from nyx.services.generation.claims import Worker
from nyx.services.generation.creation import Limits
from nyx.services.generation.engine import Engine
from nyx.services.generation.inputs import Inputs
from nyx.services.generation.runner import Deadlines, Runner
from nyx.services.generation.service import GenerationService
from nyx.services.generation.timings import Timings
from nyx.services.generation.views import Draft
from nyx.services.media.delivery import InputDelivery
from nyx.services.media.service import MediaService
from nyx.services.providers.registry import ProviderRegistry
from nyx.tasks import Tasks
from tests.crash.simulation.outside import FakeProvider, Shelf
from tests.crash.simulation.process import InlineDatabase, Kill, Process
from tests.crash.simulation.time import SimulatedClock

PICTURE, CLIP = "Qwen/Qwen-Image", "ByteDance/Seedance-1.0-lite"
RELEASE_UNKNOWN = timedelta(days=1)
_TICK_S = 1.0
_RECONCILE_S = (2.0, 40.0)  # oftener than in life, and never in step with the ticks: what they do to each other must show


@dataclass(kw_only=True)
class World:
    """What outlives a crash, and the chance that decides everything."""

    chance: random.Random
    ids: SeededRandom
    clock: SimulatedClock
    connection: sqlite3.Connection
    provider: FakeProvider
    tick_s: float = _TICK_S


class Life:
    """One process from its start to its end: the engine as the backend builds and ticks it."""

    def __init__(self, world: World) -> None:
        self.process = Process(world.chance)
        self._world = world
        self._tasks = Tasks()
        world.provider.process = self.process
        bus = MemoryBus()
        db = cast(Database, InlineDatabase(world.connection, self.process, world.chance))
        media = cast(MediaService, Shelf(world.provider.disk, self.process))
        timings = Timings(db)
        runner = Runner(
            db=db,
            providers=ProviderRegistry([world.provider]),
            media=media,
            inputs=Inputs(cast(InputDelivery, None)),  # nobody here brings pictures along
            bus=bus,
            clock=world.clock,
            timings=timings,
            deadlines=Deadlines(image_s=300.0, video_s=900.0),
        )
        self.engine = Engine(
            db=db,
            runner=runner,
            media=media,
            bus=bus,
            clock=world.clock,
            random=world.ids,
            worker=Worker(name="only", lease=timedelta(seconds=60), per_user=6, per_provider=16),
            unknown_release=RELEASE_UNKNOWN,
        )
        self.generations = GenerationService(
            db=db,
            catalog=CatalogService(db, world.clock, is_live=True),
            engine=self.engine,
            timings=timings,
            bus=bus,
            clock=world.clock,
            random=world.ids,
            limits=Limits(waiting_per_user=30, waiting=200),
            provider=world.provider.key,
        )

    async def begin(self) -> None:
        """Recover, then come round as the scheduler would. Raises: Kill."""
        await self.engine.start()
        self._tasks.spawn(self._come_round(self.engine.tick, lambda: self._world.tick_s), name="ticker")
        self._tasks.spawn(self._come_round(self.engine.reconcile, lambda: self._world.chance.uniform(*_RECONCILE_S)), name="reconciler")
        self._tasks.spawn(self._come_round(self.engine.renew_leases, lambda: 15.0), name="renewer")

    async def end(self) -> None:
        """The orderly way: as after SIGTERM."""
        await self.engine.stop(timeout_s=20.0)

    async def _come_round(self, work, every_s) -> None:
        while True:
            await asyncio.sleep(every_s())
            await work()


@dataclass
class Person:
    """Orders pictures and clips, changes their mind, and asks again when the studio did not answer."""

    id: str
    world: World
    serial: int = 0
    unanswered: dict[str, Draft] = field(default_factory=dict)
    acknowledged: dict[str, str] = field(default_factory=dict)
    let_go: dict[str, float] = field(default_factory=dict)
    """Generations whose cancelling was confirmed, and when."""
    cancelling: set[str] = field(default_factory=set)
    """Generations that were asked to stop, whether or not the answer came."""

    async def use(self, life: Life) -> None:
        """Until the process dies or its people are sent home."""
        try:
            for key, draft in list(self.unanswered.items()):
                await self._submit(life, key, draft)
            while True:
                await asyncio.sleep(self.world.chance.expovariate(1 / 240))
                await self._want(life)
        except Kill:
            return

    async def _want(self, life: Life) -> None:
        self.serial += 1
        is_clip = self.world.chance.random() < 0.35
        draft = Draft(
            model_key=CLIP if is_clip else PICTURE,
            capability="text-to-video" if is_clip else "text-to-image",
            prompt=f"{self.id}, {self.serial}",
            outputs=1 if is_clip else self.world.chance.randint(1, 4),
            seed=self.serial * 10,
        )
        await self._submit(life, f"{self.id}-{self.serial}", draft)
        if self.world.chance.random() < 0.3 and f"{self.id}-{self.serial}" in self.acknowledged:
            await asyncio.sleep(self.world.chance.expovariate(1 / self.world.chance.choice((0.5, 5, 60))))
            await self._cancel(life, self.acknowledged[f"{self.id}-{self.serial}"])

    async def _submit(self, life: Life, key: str, draft: Draft) -> None:
        self.unanswered[key] = draft
        try:
            view = await life.generations.submit(owner_id=self.id, draft=draft, draft_key=key)
        except Conflict:
            raise  # the same draft under the same key is never a conflict
        except NyxError:
            del self.unanswered[key]  # refused: too much at once, or too few credits
            return
        self.acknowledged[key] = view.id
        if self.world.chance.random() < 0.9:
            del self.unanswered[key]
        else:
            await self._submit(life, key, draft)  # a double click

    async def _cancel(self, life: Life, generation_id: str) -> None:
        keep_late = self.world.chance.random() < 0.5
        self.cancelling.add(generation_id)
        cancel = partial(life.generations.cancel, owner_id=self.id, generation_id=generation_id)
        try:
            try:
                await cancel(keep_late=keep_late)
            except TooMany:  # let go too often today: keep what still arrives, as the studio says
                await cancel(keep_late=True)
        except Conflict:
            return
        self.let_go[generation_id] = asyncio.get_running_loop().time()
