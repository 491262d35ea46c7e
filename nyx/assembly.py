"""Makes each service once and hands it on: the composition of a backend. It holds no rule of its own."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from nyx import db as database
from nyx._sqlite import SAFE_VERSION
from nyx.administration import Administration
from nyx.backend import Backend
from nyx.bus import MemoryBus
from nyx.bus_postgres import PostgresBus
from nyx.clock import Clock, Random, SystemClock, SystemRandom
from nyx.config import BadSettings, Settings, secret_key
from nyx.db import Database
from nyx.errors import NyxError
from nyx.net import Net
from nyx.sandbox.app import build_sandbox
from nyx.sandbox.settings import SandboxSettings
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
from nyx.services.providers.registry import ProviderRegistry
from nyx.services.providers.together import TogetherProvider
from nyx.services.sharing.service import SharingService

if TYPE_CHECKING:
    from starlette.applications import Starlette

SANDBOX_KEY = "sandbox"


class SqliteTooOld(NyxError):
    """The SQLite library has a bug that can destroy the database."""

    code = "sqlite_too_old"


@dataclass(frozen=True, kw_only=True)
class _Ground:
    """What the services stand on."""

    settings: Settings
    clock: Clock
    random: Random
    bus: MemoryBus | PostgresBus
    db: Database
    net: Net
    sandbox: Starlette | None
    provider: TogetherProvider
    storage: LocalStorage
    catalog: CatalogService
    people: People
    identity: Identity
    papers: Papers
    media: MediaService


def build_backend(settings: Settings, *, clock: Clock | None = None, random: Random | None = None) -> Backend:
    """Make every service; nothing runs yet. Raises: AlreadyRunning, SqliteTooOld."""
    _refuse_old_sqlite()
    ground = _ground(settings, clock or SystemClock(), random or SystemRandom())
    db, bus, clock, random, media = ground.db, ground.bus, ground.clock, ground.random, ground.media
    mailer = mailer_of(settings, clock, random)
    accounts = _accounts(ground, mailer)
    credits = CreditService(db, bus, clock, random)
    clip_formats = ClipFormats(storage=ground.storage, clock=clock, bus=bus, leaving=media.leaving, papers=ground.papers)
    inputs = _inputs(settings, db=db, storage=ground.storage, clock=clock)
    timings = Timings(db)
    engine = _engine(ground, inputs=inputs, timings=timings)
    return Backend(
        settings=settings,
        clock=clock,
        random=random,
        db=db,
        bus=bus,
        net=ground.net,
        sandbox=ground.sandbox,
        credits=credits,
        catalog=ground.catalog,
        comparison=Comparison(db, clock, list_models=ground.provider.list_models, is_live=not settings.uses_sandbox),
        mailer=mailer,
        accounts=accounts,
        people=ground.people,
        media=media,
        uploads=UploadService(
            db=db,
            storage=ground.storage,
            media=media,
            clock=clock,
            random=random,
            bus=bus,
            limits=upload_limits(settings),
            papers=ground.papers,
        ),
        inputs=inputs,
        lineage=MediaLineage(db),
        clip_formats=clip_formats,
        formats=Formats(db=db, makers={"mp4": clip_formats, "webm": clip_formats, **dict.fromkeys(PICTURES, PictureFormats(media))}),
        library=MediaLibrary(db=db, clock=clock, bus=bus),
        collections=MediaCollections(db=db, clock=clock, random=random, bus=bus),
        downloads=Downloads(db=db, storage=ground.storage, clock=clock, random=random, leaving_key=media.leaving_key),
        verifier=Verifier(known_signers(settings.data_dir, ground.identity)),
        housekeeping=Housekeeping(db=db, storage=ground.storage, clock=clock),
        sharing=SharingService(db=db, media=media, clock=clock, random=random),
        prompts=_prompts(ground),
        engine=engine,
        generations=_generations(ground, engine, timings),
        receipts=Receipts(db=db, catalog=ground.catalog),
        administration=Administration(
            people=ground.people, accounts=accounts, credits=credits, unknowns=Unknowns(db=db, bus=bus, clock=clock)
        ),
    )


def _ground(settings: Settings, clock: Clock, random: Random) -> _Ground:
    sandbox = build_sandbox(_built_in(settings), clock=clock, random=random) if settings.uses_sandbox else None
    net = Net(trusted_origins=[settings.together_base_url], mounts={settings.together_base_url: sandbox} if sandbox else {})
    bus, db = _bus(settings, random), database.connect(settings.effective_database_url)
    catalog = CatalogService(db, clock, is_live=not settings.uses_sandbox)
    people = People(database=db, clock=clock, random=random)
    identity = identity_of(settings, clock)
    papers = Papers(Provenance(identity), name_of=catalog.name_of)
    storage = LocalStorage(settings.storage_dir, random)
    return _Ground(
        settings=settings,
        clock=clock,
        random=random,
        bus=bus,
        db=db,
        net=net,
        sandbox=sandbox,
        provider=_provider(settings, net),
        storage=storage,
        catalog=catalog,
        people=people,
        identity=identity,
        papers=papers,
        media=MediaService(db=db, storage=storage, clock=clock, bus=bus, papers=papers, carries_mark=people.carries_mark),
    )


def _accounts(ground: _Ground, mailer: Mailer) -> AccountService:
    settings = ground.settings
    return AccountService(
        database=ground.db,
        bus=ground.bus,
        clock=ground.clock,
        random=ground.random,
        mailer=mailer,
        bonuses=Bonuses(
            sign_up=settings.sign_up_bonus_credits, sign_up_days=settings.sign_up_bonus_days, first_admin=settings.first_admin_credits
        ),
        limits=TryLimits(is_public=bool(settings.public_url)),
    )


def _prompts(ground: _Ground) -> PromptService:
    enhancer = Enhancer(ground.provider, model=ground.settings.enhance_model, clock=ground.clock)
    return PromptService(db=ground.db, clock=ground.clock, random=ground.random, enhancer=enhancer)


def _generations(ground: _Ground, engine: Engine, timings: Timings) -> GenerationService:
    settings = ground.settings
    return GenerationService(
        db=ground.db,
        catalog=ground.catalog,
        engine=engine,
        timings=timings,
        bus=ground.bus,
        clock=ground.clock,
        random=ground.random,
        limits=Limits(waiting_per_user=settings.max_waiting_per_user, waiting=settings.max_waiting),
        provider=TogetherProvider.key,
    )


def _bus(settings: Settings, random: Random) -> MemoryBus | PostgresBus:
    url = settings.effective_database_url
    return PostgresBus(url, process=random.id()) if url.startswith("postgresql") else MemoryBus()


def _provider(settings: Settings, net: Net) -> TogetherProvider:
    api_key = settings.together_api_key.get_secret_value() or SANDBOX_KEY
    return TogetherProvider(net, api_key=api_key, base_url=settings.together_base_url)


def _engine(ground: _Ground, *, inputs: InputDelivery, timings: Timings) -> Engine:
    runner = Runner(
        db=ground.db,
        providers=ProviderRegistry([ground.provider]),
        media=ground.media,
        inputs=Inputs(inputs),
        bus=ground.bus,
        clock=ground.clock,
        timings=timings,
        deadlines=Deadlines(image_s=ground.settings.image_deadline_s, video_s=ground.settings.video_deadline_s),
    )
    worker = Worker(
        name=ground.random.id(),
        lease=timedelta(seconds=ground.settings.lease_s),
        per_user=ground.settings.max_running_per_user,
        per_provider=ground.settings.max_running_per_provider,
    )
    give_up = timedelta(seconds=ground.settings.unknown_release_s)
    return Engine(
        db=ground.db,
        runner=runner,
        media=ground.media,
        bus=ground.bus,
        clock=ground.clock,
        random=ground.random,
        worker=worker,
        unknown_release=give_up,
    )


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


def _built_in(settings: Settings) -> SandboxSettings:
    """The sandbox within the app lives and ends with it, so it keeps on the disk what it has begun."""
    return replace(sandbox_settings(settings), clips_folder=settings.data_dir / "sandbox")


def sandbox_settings(settings: Settings) -> SandboxSettings:
    """How the stand-in behaves, from the settings of the app."""
    return SandboxSettings(
        image_latency_s=settings.sandbox_image_latency_s,
        video_latency_s=settings.sandbox_video_latency_s,
        jitter=settings.sandbox_jitter,
        failure_rate=settings.sandbox_failure_rate,
        most_fps=settings.sandbox_most_fps,
    )


def upload_limits(settings: Settings) -> UploadLimits:
    """The bounds on what people bring along."""
    return UploadLimits(max_bytes=settings.upload_max_mb * 1024 * 1024, per_person=settings.max_uploads_per_user)
