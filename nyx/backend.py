"""Makes each service once and hands it on: the whole app but its web. It holds no rule of its own."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import text

from nyx import control
from nyx import db as database
from nyx._sqlite import SAFE_VERSION
from nyx.administration import Administration, read_command
from nyx.bus import Bus, MemoryBus
from nyx.bus_postgres import PostgresBus
from nyx.clock import Clock, Random, SystemClock, SystemRandom
from nyx.config import BadSettings, Settings, secret_key
from nyx.db import Database, Tx
from nyx.errors import NyxError
from nyx.net import Net
from nyx.proof import prove
from nyx.sandbox.app import build_sandbox
from nyx.sandbox.settings import SandboxSettings
from nyx.scheduler import Schedule, Supervisor
from nyx.services.accounts import AccountService, Bonuses, People
from nyx.services.accounts.limits import Limits as TryLimits
from nyx.services.catalog.listing import Comparison
from nyx.services.catalog.service import CatalogService
from nyx.services.credits.service import CreditService
from nyx.services.generation.claims import Worker
from nyx.services.generation.creation import Limits
from nyx.services.generation.engine import Engine
from nyx.services.generation.inputs import Inputs
from nyx.services.generation.lineage import MediaLineage
from nyx.services.generation.receipts import Receipts
from nyx.services.generation.runner import Deadlines, Runner
from nyx.services.generation.service import GenerationService
from nyx.services.generation.timings import Timings
from nyx.services.generation.unknowns import Unknowns
from nyx.services.mail import Mailer
from nyx.services.marks.identity import Identity, known_signers, load_identity
from nyx.services.marks.provenance import Provenance
from nyx.services.marks.verifier import Verifier
from nyx.services.media.clip_formats import ClipFormats
from nyx.services.media.collections import MediaCollections
from nyx.services.media.conversions import Formats
from nyx.services.media.delivery import InputDelivery, InputLinks
from nyx.services.media.downloads import Downloads
from nyx.services.media.formats import PICTURES, PictureFormats
from nyx.services.media.housekeeping import Housekeeping
from nyx.services.media.library import MediaLibrary
from nyx.services.media.papers import Papers
from nyx.services.media.service import MediaService
from nyx.services.media.storage import LocalStorage
from nyx.services.media.uploads import UploadLimits, UploadService
from nyx.services.prompts.enhancing import Enhancer
from nyx.services.prompts.service import PromptService
from nyx.services.providers.base import Provider
from nyx.services.providers.registry import ProviderRegistry
from nyx.services.providers.together import TogetherProvider
from nyx.services.sharing.service import SharingService

if TYPE_CHECKING:
    from starlette.applications import Starlette

log = logging.getLogger(__name__)

SANDBOX_KEY = "sandbox"
_FINISH_JOBS_S = 20.0
_TELL_OTHERS_S = 5.0
_DAY_S = 86_400


class SqliteTooOld(NyxError):
    """The SQLite library has a bug that can destroy the database."""

    code = "sqlite_too_old"


@dataclass(kw_only=True)
class Backend:
    """Every service of one installation. It has one life: ``running``, or ``opened`` for a short errand."""

    settings: Settings
    clock: Clock
    random: Random
    db: Database
    bus: Bus
    net: Net
    sandbox: Starlette | None
    credits: CreditService
    catalog: CatalogService
    comparison: Comparison
    mailer: Mailer
    accounts: AccountService
    people: People
    media: MediaService
    uploads: UploadService
    inputs: InputDelivery
    lineage: MediaLineage
    clip_formats: ClipFormats
    formats: Formats
    library: MediaLibrary
    collections: MediaCollections
    downloads: Downloads
    verifier: Verifier
    housekeeping: Housekeeping
    sharing: SharingService
    prompts: PromptService
    engine: Engine
    generations: GenerationService
    receipts: Receipts
    administration: Administration
    supervisor: Supervisor = field(default_factory=Supervisor)
    is_stopping: bool = False

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Migrate and, at the end, close everything; nothing runs by itself meanwhile."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.db.close)
            stack.callback(self.media.close)
            stack.callback(self.uploads.close)
            stack.callback(self.inputs.close)
            stack.callback(self.clip_formats.close)
            stack.callback(self.sharing.close)
            stack.callback(self.downloads.close)
            stack.callback(self.accounts.close)
            stack.push_async_callback(self.net.close)
            stack.push_async_callback(self._tell_others)
            await database.upgrade(self.settings.effective_database_url)
            yield

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Open, start what runs by itself, and at the end finish it in order: nothing new, what is under way, then the database."""
        async with self.opened(), AsyncExitStack() as stack:
            if self.sandbox is not None:
                await stack.enter_async_context(self.sandbox.router.lifespan_context(self.sandbox))
            await self.media.start()
            stack.push_async_callback(self._stop)
            await self.engine.start()
            self._start()
            await stack.enter_async_context(control.serve(self.settings.data_dir, self._command))
            yield

    def _start(self) -> None:
        self.supervisor.keep_running("mailer", self.mailer.run)
        if isinstance(self.bus, PostgresBus):
            self.supervisor.keep_running("bus", self.bus.run)
        self.supervisor.schedule(
            Schedule("engine", 1, self.engine.tick),
            Schedule("reconcile", 60, self.engine.reconcile),
            Schedule("renew leases", self.settings.lease_s / 4, self.engine.renew_leases),
            Schedule("expire credits", 60, self.credits.expire_due),
            Schedule("sweep orphans", 6 * 3600, self.housekeeping.sweep_orphans),
            Schedule("empty trashes", 600, self.housekeeping.empty_trashes),
            Schedule("note sessions", 60, self.accounts.sessions.flush),
            Schedule("count views", 10, self.sharing.flush),
            Schedule("compare the catalogue", _DAY_S, self.comparison.run, first_s=120),
            Schedule("prove the books", _DAY_S, partial(prove, self.db), first_s=60),
        )

    async def _stop(self) -> None:
        self.is_stopping = True
        self.supervisor.pause()
        await self.engine.stop(timeout_s=_FINISH_JOBS_S)
        await self.mailer.drain()
        await self.supervisor.stop()
        await self.accounts.sessions.flush()
        await self.sharing.flush()

    async def _command(self, line: bytes) -> str:
        return await self.administration.carry_out(read_command(line))

    async def _tell_others(self) -> None:
        if isinstance(self.bus, PostgresBus):
            await self.bus.flush(timeout_s=_TELL_OTHERS_S)

    # Readiness

    async def takes_traffic(self) -> bool:
        """False from the moment the app begins to stop."""
        return not self.is_stopping

    async def database_works(self) -> bool:
        """A write and a read; the write matches no row, but goes all the way through the writer."""
        await self.db.write(_touch_nothing)
        return await self._value("SELECT 1") == 1

    async def schema_is_current(self) -> bool:
        return await self._value("SELECT version_num FROM alembic_version") == database.newest_revision()

    async def _value(self, sql: str) -> object:
        async with self.db.read() as session:
            connection = await session.connection()
            return (await connection.execute(text(sql))).scalar()


def build_backend(settings: Settings, *, clock: Clock | None = None, random: Random | None = None) -> Backend:
    """Make every service; nothing runs yet. Raises: AlreadyRunning, SqliteTooOld."""
    _refuse_old_sqlite()
    clock, random = clock or SystemClock(), random or SystemRandom()
    bus = _bus(settings, random)
    sandbox = build_sandbox(sandbox_settings(settings), clock=clock, random=random) if settings.uses_sandbox else None
    net = Net(trusted_origins=[settings.together_base_url], mounts={settings.together_base_url: sandbox} if sandbox else {})
    db = database.connect(settings.effective_database_url)
    mailer = mailer_of(settings, clock, random)
    credits = CreditService(db, bus, clock, random)
    catalog = CatalogService(db, clock, is_live=not settings.uses_sandbox)
    people = People(database=db, clock=clock, random=random)
    identity = identity_of(settings, clock)
    papers = Papers(Provenance(identity), name_of=catalog.name_of)
    storage = LocalStorage(settings.storage_dir, random)
    media = MediaService(db=db, storage=storage, clock=clock, bus=bus, papers=papers, carries_mark=people.carries_mark)
    uploads = UploadService(db=db, storage=storage, media=media, clock=clock, random=random, bus=bus, limits=upload_limits(settings))
    inputs = _inputs(settings, db=db, storage=storage, clock=clock)
    clip_formats = ClipFormats(storage=storage, clock=clock, bus=bus, leaving=media.leaving, papers=papers)
    bonuses = Bonuses(
        sign_up=settings.sign_up_bonus_credits, sign_up_days=settings.sign_up_bonus_days, first_admin=settings.first_admin_credits
    )
    limits = TryLimits(is_public=bool(settings.public_url))
    accounts = AccountService(database=db, bus=bus, clock=clock, random=random, mailer=mailer, bonuses=bonuses, limits=limits)
    timings = Timings(db)
    provider = _provider(settings, net)
    enhancer = Enhancer(provider, model=settings.enhance_model, clock=clock)
    engine = _engine(settings, db=db, provider=provider, media=media, inputs=inputs, bus=bus, clock=clock, random=random, timings=timings)
    generations = GenerationService(
        db=db,
        catalog=catalog,
        engine=engine,
        timings=timings,
        bus=bus,
        clock=clock,
        random=random,
        limits=Limits(waiting_per_user=settings.max_waiting_per_user, waiting=settings.max_waiting),
        provider=TogetherProvider.key,
    )
    return Backend(
        settings=settings,
        clock=clock,
        random=random,
        db=db,
        bus=bus,
        net=net,
        sandbox=sandbox,
        credits=credits,
        catalog=catalog,
        comparison=Comparison(db, clock, list_models=provider.list_models, is_live=not settings.uses_sandbox),
        mailer=mailer,
        accounts=accounts,
        people=people,
        media=media,
        uploads=uploads,
        inputs=inputs,
        lineage=MediaLineage(db),
        clip_formats=clip_formats,
        formats=Formats(db=db, makers={"mp4": clip_formats, "webm": clip_formats, **dict.fromkeys(PICTURES, PictureFormats(media))}),
        library=MediaLibrary(db=db, clock=clock, bus=bus),
        collections=MediaCollections(db=db, clock=clock, random=random, bus=bus),
        downloads=Downloads(db=db, storage=storage, clock=clock, random=random, leaving_key=media.leaving_key),
        verifier=Verifier(known_signers(settings.data_dir, identity)),
        housekeeping=Housekeeping(db=db, storage=storage, clock=clock),
        sharing=SharingService(db=db, media=media, clock=clock, random=random),
        prompts=PromptService(db=db, clock=clock, random=random, enhancer=enhancer),
        engine=engine,
        generations=generations,
        receipts=Receipts(db=db, catalog=catalog),
        administration=Administration(people=people, accounts=accounts, credits=credits, unknowns=Unknowns(db=db, bus=bus, clock=clock)),
    )


def _bus(settings: Settings, random: Random) -> MemoryBus | PostgresBus:
    url = settings.effective_database_url
    return PostgresBus(url, process=random.id()) if url.startswith("postgresql") else MemoryBus()


def _provider(settings: Settings, net: Net) -> TogetherProvider:
    api_key = settings.together_api_key.get_secret_value() or SANDBOX_KEY
    return TogetherProvider(net, api_key=api_key, base_url=settings.together_base_url)


def _engine(
    settings: Settings,
    *,
    db: Database,
    provider: Provider,
    media: MediaService,
    inputs: InputDelivery,
    bus: Bus,
    clock: Clock,
    random: Random,
    timings: Timings,
) -> Engine:
    runner = Runner(
        db=db,
        providers=ProviderRegistry([provider]),
        media=media,
        inputs=Inputs(inputs),
        bus=bus,
        clock=clock,
        timings=timings,
        deadlines=Deadlines(image_s=settings.image_deadline_s, video_s=settings.video_deadline_s),
    )
    worker = Worker(
        name=random.id(),
        lease=timedelta(seconds=settings.lease_s),
        per_user=settings.max_running_per_user,
        per_provider=settings.max_running_per_provider,
    )
    give_up = timedelta(seconds=settings.unknown_release_s)
    return Engine(db=db, runner=runner, media=media, bus=bus, clock=clock, random=random, worker=worker, unknown_release=give_up)


def _inputs(settings: Settings, *, db: Database, storage: LocalStorage, clock: Clock) -> InputDelivery:
    """The sandbox fetches nothing, so it gets data whatever the setting says."""
    links = InputLinks(public_url=settings.effective_public_url, secret=secret_key(settings), clock=clock)
    return InputDelivery(db=db, storage=storage, links=links, sends_links=settings.input_delivery == "url" and not settings.uses_sandbox)


def mailer_of(settings: Settings, clock: Clock, random: Random) -> Mailer:
    """How this installation's letters leave."""
    outbox = settings.data_dir / "outbox"
    return Mailer(smtp_url=settings.smtp_url.get_secret_value(), sender=settings.mail_from, outbox=outbox, clock=clock, random=random)


def identity_of(settings: Settings, clock: Clock) -> Identity:
    """With what this installation signs. Raises: BadSettings."""
    given = (settings.c2pa_cert_file, settings.c2pa_key_file)
    if (given[0] is None) != (given[1] is None):
        raise BadSettings("NYX_C2PA_CERT_FILE and NYX_C2PA_KEY_FILE belong together: set both or neither.")
    return load_identity(settings.data_dir, now=clock.now(), chain_file=given[0], key_file=given[1])


def _refuse_old_sqlite() -> None:
    if sqlite3.sqlite_version_info < SAFE_VERSION:
        wanted = ".".join(map(str, SAFE_VERSION))
        raise SqliteTooOld(f"SQLite {sqlite3.sqlite_version} can corrupt a database like ours. Install pysqlite3 with {wanted} or newer.")


def sandbox_settings(settings: Settings) -> SandboxSettings:
    """How the stand-in behaves, from the settings of the app."""
    return SandboxSettings(
        image_latency_s=settings.sandbox_image_latency_s,
        video_latency_s=settings.sandbox_video_latency_s,
        jitter=settings.sandbox_jitter,
        failure_rate=settings.sandbox_failure_rate,
    )


def upload_limits(settings: Settings) -> UploadLimits:
    """The bounds on what people bring along."""
    return UploadLimits(max_bytes=settings.upload_max_mb * 1024 * 1024, per_person=settings.max_uploads_per_user)


def _touch_nothing(tx: Tx) -> None:
    tx.execute("UPDATE installation SET value = value WHERE key = ''")
