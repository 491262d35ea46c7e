"""Every service of one installation, and its life: opened, running, stopped in order. It holds no rule of its own."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import text

from nyx import control
from nyx import db as database
from nyx.administration import Administration, read_command
from nyx.bus import Bus
from nyx.bus_postgres import PostgresBus
from nyx.clock import Clock, Random
from nyx.config import Settings
from nyx.db import Database, Tx
from nyx.net import Net
from nyx.proof import prove
from nyx.scheduler import Schedule, Supervisor
from nyx.services.accounts import AccountService, People
from nyx.services.catalog.listing import Comparison
from nyx.services.catalog.service import REFRESH_S, CatalogService
from nyx.services.credits.service import CreditService
from nyx.services.generation.engine import Engine
from nyx.services.generation.lineage import MediaLineage
from nyx.services.generation.receipts import Receipts
from nyx.services.generation.service import GenerationService
from nyx.services.mail import Mailer
from nyx.services.marks.verifier import Verifier
from nyx.services.media.clip_formats import ClipFormats
from nyx.services.media.collections import MediaCollections
from nyx.services.media.conversions import Formats
from nyx.services.media.delivery import InputDelivery
from nyx.services.media.downloads import Downloads
from nyx.services.media.housekeeping import Housekeeping
from nyx.services.media.library import MediaLibrary
from nyx.services.media.service import MediaService
from nyx.services.media.uploads import UploadService
from nyx.services.prompts.service import PromptService
from nyx.services.sharing.service import SharingService

if TYPE_CHECKING:
    from starlette.applications import Starlette

log = logging.getLogger(__name__)

_FINISH_JOBS_S = 20.0
_TELL_OTHERS_S = 5.0
_DAY_S = 86_400


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
            Schedule("refresh the catalogue", REFRESH_S, self.catalog.refresh),
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


def _touch_nothing(tx: Tx) -> None:
    tx.execute("UPDATE installation SET value = value WHERE key = ''")
