"""One small studio for tests: real services on a real database, with the sandbox behind the real Together client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from nyx.bus import MemoryBus
from nyx.clock import Clock, Random, SeededRandom, SystemClock
from nyx.db import Database, Tx
from nyx.errors import ProviderRejected
from nyx.models.credits import LotSource
from nyx.net import Net
from nyx.sandbox.app import build_sandbox
from nyx.sandbox.settings import SandboxSettings
from nyx.services.catalog import CatalogService
from nyx.services.credits import ledger
from nyx.services.generation.claims import Worker
from nyx.services.generation.creation import Limits
from nyx.services.generation.engine import Engine
from nyx.services.generation.inputs import Inputs
from nyx.services.generation.lineage import MediaLineage
from nyx.services.generation.runner import Deadlines, Runner
from nyx.services.generation.service import GenerationService
from nyx.services.generation.timings import Timings
from nyx.services.generation.views import Draft, GenerationView
from nyx.services.media.delivery import InputDelivery, InputLinks
from nyx.services.media.library import MediaLibrary
from nyx.services.media.service import MediaService
from nyx.services.media.storage import LocalStorage
from nyx.services.media.uploads import UploadLimits, UploadService
from nyx.services.providers.base import Answer, MediaRequest, Provider
from nyx.services.providers.registry import ProviderRegistry
from nyx.services.providers.together import TogetherProvider

SANDBOX = "http://sandbox.invalid"
PUBLIC_URL = "https://studio.example.com"
CHEAP = "black-forest-labs/FLUX.1-schnell"  # 3 credits a picture
CLIP = "ByteDance/Seedance-1.0-lite"  # 6 credits a clip of 5 s
QUICK = SandboxSettings(image_latency_s=0.02, video_latency_s=0.05, jitter=0.0, prepared_picture=True)


class Picky:
    """A real provider, but some seeds are refused."""

    key = "together"

    def __init__(self, inner: Provider, *, refused: frozenset[int]) -> None:
        self._inner = inner
        self._refused = refused
        self.poll = inner.poll
        self.download = inner.download

    async def submit(self, request: MediaRequest) -> Answer:
        if request.seed in self._refused:
            raise ProviderRejected("The provider refused this seed.")
        return await self._inner.submit(request)


@dataclass(kw_only=True)
class World:
    """Everything a test touches. ``restart`` is what a crash and a new process do."""

    db: Database
    bus: MemoryBus
    clock: Clock
    random: Random
    catalog: CatalogService
    media: MediaService
    uploads: UploadService
    lineage: MediaLineage
    library: MediaLibrary
    provider: Provider
    limits: Limits
    per_user: int = 8
    per_provider: int = 32
    engine: Engine
    generations: GenerationService

    async def person(self, *, credits: int = 100, name: str = "ada") -> str:
        """Someone with credits; returns the id."""
        owner_id = self.random.id()
        await self.db.write(
            _insert_person, owner_id=owner_id, email=f"{name}-{owner_id[:6]}@example.org", credits=credits, clock=self.clock
        )
        return owner_id

    async def balance(self, owner_id: str) -> tuple[int, int]:
        """(available, held)."""
        row = await self.db.write(
            lambda tx: tx.execute("SELECT available, held FROM credit_account WHERE owner_id = :id", id=owner_id).first()
        )
        assert row is not None
        return row["available"], row["held"]

    async def ask(self, owner_id: str, prompt: str = "a fox in the rain", **changes: object) -> GenerationView:
        """Submit a draft under a key of its own."""
        draft = Draft(**{"model_key": CHEAP, "prompt": prompt, **changes})  # type: ignore[arg-type]
        return await self.generations.submit(owner_id=owner_id, draft=draft, draft_key=self.random.id())

    async def settled(self, owner_id: str, generation_id: str, *, timeout_s: float = 20.0) -> GenerationView:
        """Wait until nothing of it is open any more."""
        async with asyncio.timeout(timeout_s):
            while True:
                await self.engine.tick()
                view = await self.generations.get(owner_id=owner_id, generation_id=generation_id)
                if view.finished_at is not None:
                    return view
                await asyncio.sleep(0.02)


@asynccontextmanager
async def open_world(
    db: Database,
    folder: Path,
    *,
    sandbox: SandboxSettings = QUICK,
    provider: Provider | None = None,
    clock: Clock | None = None,
    random: Random | None = None,
    limits: Limits | None = None,
    per_user: int = 8,
    per_provider: int = 32,
    patience_s: float = 30.0,
    wrap: Callable[[Provider], Provider] | None = None,
    sends_links: bool = False,
) -> AsyncIterator[World]:
    """Build it; stops its engine at the end. The engine is not started: a test calls ``tick`` or ``start``."""
    clock, random, bus = clock or SystemClock(), random or SeededRandom(7), MemoryBus()
    net = Net(mounts={SANDBOX: build_sandbox(sandbox)})
    provider = provider or TogetherProvider(
        net, api_key="sandbox", base_url=SANDBOX, image_read_s=patience_s, video_submit_read_s=patience_s
    )
    provider = wrap(provider) if wrap else provider
    storage = LocalStorage(folder)
    media = MediaService(db=db, storage=storage, clock=clock, bus=bus)
    uploads = UploadService(db=db, storage=storage, media=media, clock=clock, random=random, bus=bus, limits=UploadLimits())
    links = InputLinks(public_url=PUBLIC_URL, secret=b"a secret of tests", clock=clock)
    delivery = InputDelivery(db=db, storage=storage, links=links, sends_links=sends_links)
    catalog = CatalogService(db, clock, is_live=False)
    timings = Timings(db)
    limits = limits or Limits(waiting_per_user=40, waiting=2000)
    worker = Worker(name=random.id(), lease=timedelta(seconds=60), per_user=per_user, per_provider=per_provider)
    registry = ProviderRegistry([provider])
    deadlines = Deadlines(image_s=300.0, video_s=900.0)
    runner = Runner(
        db=db, providers=registry, media=media, inputs=Inputs(delivery), bus=bus, clock=clock, timings=timings, deadlines=deadlines
    )
    engine = Engine(
        db=db, runner=runner, media=media, bus=bus, clock=clock, random=random, worker=worker, unknown_release=timedelta(days=1)
    )
    generations = GenerationService(
        db=db, catalog=catalog, engine=engine, timings=timings, bus=bus, clock=clock, random=random, limits=limits, provider=provider.key
    )
    try:
        yield World(
            db=db,
            bus=bus,
            clock=clock,
            random=random,
            catalog=catalog,
            media=media,
            uploads=uploads,
            lineage=MediaLineage(db),
            library=MediaLibrary(db=db, clock=clock, bus=bus),
            provider=provider,
            limits=limits,
            engine=engine,
            generations=generations,
        )
    finally:
        await engine.stop(timeout_s=0.1)
        uploads.close()
        delivery.close()
        media.close()
        await net.close()


def _insert_person(tx: Tx, *, owner_id: str, email: str, credits: int, clock: Clock) -> None:
    now = clock.now()
    tx.execute(
        "INSERT INTO app_user (id, email, password_hash, created_at) VALUES (:id, :email, '', :now)", id=owner_id, email=email, now=now
    )
    ledger.open_account(tx, owner_id=owner_id)
    if credits:
        ledger.grant(tx, owner_id=owner_id, amount=credits, source=LotSource.ADMIN, source_key=f"test:{owner_id}", now=now, new_id=owner_id)
