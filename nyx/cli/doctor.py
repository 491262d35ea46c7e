"""``doctor``: looks at everything the studio stands on and changes nothing. It may run beside a running studio."""

from __future__ import annotations

import argparse
import asyncio
import os
import smtplib
import sqlite3
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from nyx._sqlite import SAFE_VERSION
from nyx.assembly import mailer_of
from nyx.cli._open import quiet_settings
from nyx.clock import SystemClock, SystemRandom
from nyx.config import BadSettings, Settings
from nyx.db import newest_revision
from nyx.models.media import Media
from nyx.net import Net
from nyx.proof import find_violations
from nyx.services.catalog.listing import read_report

_SHOWN = 5


class Verdict(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    verdict: Verdict
    subject: str
    words: str

    def __str__(self) -> str:
        return f"{self.verdict:5} {self.subject:10} {self.words}"


Check = Callable[[Settings], Awaitable[list[Finding]]]


def add_to(commands: Any) -> None:
    parser = commands.add_parser("doctor", help="check the installation", description=__doc__)
    parser.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    try:
        settings = quiet_settings()
    except BadSettings as error:
        print(Finding(Verdict.FAIL, "settings", str(error)))
        return 1
    findings = asyncio.run(examine(settings))
    print("\n".join(map(str, findings)))
    return 1 if any(finding.verdict is Verdict.FAIL for finding in findings) else 0


async def examine(settings: Settings) -> list[Finding]:
    """Every check in order; one that breaks is a finding itself."""
    findings = [Finding(Verdict.OK, "settings", f"read; the studio's address is {settings.effective_public_url}")]
    for check in (_python, _sqlite, _folders, _database, _provider, _mail):
        try:
            findings += await check(settings)
        except Exception as error:
            findings.append(Finding(Verdict.FAIL, check.__name__.strip("_"), f"the check itself failed: {type(error).__name__}: {error}"))
    return findings


async def _python(_: Settings) -> list[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    verdict = Verdict.OK if sys.version_info >= (3, 11) else Verdict.FAIL
    return [Finding(verdict, "python", version if verdict is Verdict.OK else f"{version}; 3.11 or newer is needed")]


async def _sqlite(_: Settings) -> list[Finding]:
    if sqlite3.sqlite_version_info >= SAFE_VERSION:
        return [Finding(Verdict.OK, "sqlite", sqlite3.sqlite_version)]
    wanted = ".".join(map(str, SAFE_VERSION))
    return [Finding(Verdict.FAIL, "sqlite", f"{sqlite3.sqlite_version} can corrupt the database; {wanted} or newer is needed")]


async def _folders(settings: Settings) -> list[Finding]:
    return [
        await asyncio.to_thread(_writable, "data", settings.data_dir),
        await asyncio.to_thread(_writable, "media", settings.storage_dir),
    ]


def _writable(subject: str, folder: Path) -> Finding:
    existing = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        return Finding(Verdict.FAIL, subject, f"{existing} can't be written to: {error.strerror}")
    if existing != folder.absolute():
        return Finding(Verdict.WARN, subject, f"{folder} does not exist yet; the first start makes it")
    return Finding(Verdict.OK, subject, f"{folder} is writable")


async def _database(settings: Settings) -> list[Finding]:
    if _is_missing(settings.effective_database_url):
        return [Finding(Verdict.WARN, "database", "there is none yet; the first start makes it")]
    try:
        async with _reading(settings.effective_database_url) as session:
            findings = [await _schema(session), await _ledger(session), await _files(session, settings)]
            # Its table may be newer than the schema.
            return [*findings, await _catalogue(session)] if findings[0].verdict is Verdict.OK else findings
    except (SQLAlchemyError, OSError) as error:
        return [Finding(Verdict.FAIL, "database", f"can't be read: {str(error).splitlines()[0]}")]


def _is_missing(url: str) -> bool:
    parsed = make_url(url)
    return parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists()


@asynccontextmanager
async def _reading(url: str) -> AsyncIterator[AsyncSession]:
    """A session beside the one that a running studio has; it never writes."""
    engine = create_async_engine(url)
    try:
        async with AsyncSession(engine) as session:
            yield session
    finally:
        await engine.dispose()


async def _schema(session: AsyncSession) -> Finding:
    connection = await session.connection()
    found = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar()
    if found != newest_revision():
        return Finding(Verdict.WARN, "database", f"its schema is {found}; the next start brings it to {newest_revision()}")
    people = (await connection.execute(text("SELECT count(*) FROM app_user WHERE role <> 'system'"))).scalar()
    return Finding(Verdict.OK, "database", f"reachable, schema {found}, {people} accounts")


async def _ledger(session: AsyncSession) -> Finding:
    violations = await find_violations(session)
    if violations:
        return Finding(Verdict.FAIL, "ledger", f"{len(violations)} violations: " + "; ".join(violations[:_SHOWN]))
    return Finding(Verdict.OK, "ledger", "adds up")


async def _files(session: AsyncSession, settings: Settings) -> Finding:
    rows = (await session.exec(select(Media.storage_key, Media.size_bytes).where(col(Media.deleted_at).is_(None)))).all()
    bad = await asyncio.to_thread(_missing, settings.storage_dir, [(key, size) for key, size in rows])
    if bad:
        return Finding(Verdict.FAIL, "files", f"{len(bad)} of {len(rows)} are missing or of another size: {', '.join(bad[:_SHOWN])}")
    return Finding(Verdict.OK, "files", f"all {len(rows)} are there")


def _missing(folder: Path, expected: list[tuple[str, int]]) -> list[str]:
    def is_there(key: str, size_bytes: int) -> bool:
        try:
            return os.stat(folder / key).st_size == size_bytes
        except OSError:
            return False

    return [key for key, size_bytes in expected if not is_there(key, size_bytes)]


async def _catalogue(session: AsyncSession) -> Finding:
    report = await read_report(session)
    if report.checked_at is None:
        return Finding(Verdict.OK, "catalogue", "not compared with the provider's list yet; a running studio does it every day")
    facts = [f"compared with the provider's list on {report.checked_at:%Y-%m-%d %H:%M} UTC"]
    waiting = tuple(name for name in report.missing if name not in report.gone)
    for words, names in (("retired", report.gone), ("missing, looked for again", waiting), ("new there and not sold here", report.new)):
        if names:
            more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            facts.append(f"{words}: {', '.join(names[:_SHOWN])}{more}")
    return Finding(Verdict.WARN if report.missing else Verdict.OK, "catalogue", "; ".join(facts))


async def _provider(settings: Settings) -> list[Finding]:
    if settings.uses_sandbox:
        return [Finding(Verdict.WARN, "provider", "no TOGETHER_API_KEY: a sandbox draws the pictures")]
    net = Net(trusted_origins=[settings.together_base_url])
    key = settings.together_api_key.get_secret_value()
    try:
        async with net.client(base_url=settings.together_base_url, headers={"Authorization": f"Bearer {key}"}) as client:
            response = await client.get("/v1/models")
    except (httpx.HTTPError, OSError) as error:
        return [Finding(Verdict.FAIL, "provider", f"{settings.together_base_url} can't be reached: {type(error).__name__}")]
    finally:
        await net.close()
    if response.status_code in (401, 403):
        return [Finding(Verdict.FAIL, "provider", "Together.ai refuses the TOGETHER_API_KEY")]
    if response.status_code != 200:
        return [Finding(Verdict.FAIL, "provider", f"Together.ai answers with status {response.status_code}")]
    return [Finding(Verdict.OK, "provider", "Together.ai accepts the key")]


async def _mail(settings: Settings) -> list[Finding]:
    mailer = mailer_of(settings, SystemClock(), SystemRandom())
    try:
        server = await mailer.check()
    except (OSError, smtplib.SMTPException) as error:
        return [Finding(Verdict.FAIL, "mail", f"the server of NYX_SMTP_URL can't be used: {type(error).__name__}: {error}")]
    if not server:
        return [Finding(Verdict.WARN, "mail", f"no NYX_SMTP_URL: mail is written to {settings.data_dir / 'outbox'}/")]
    return [Finding(Verdict.OK, "mail", f"{server} takes our letters")]
