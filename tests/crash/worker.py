"""What the rig kills: a process that runs the real backend, without pages, on orders from the rig; and the provider beside it."""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import uvicorn

import nyx.crash
from nyx.assembly import build_backend
from nyx.backend import Backend
from nyx.config import Settings
from nyx.db import Tx
from nyx.errors import Conflict
from nyx.sandbox.app import build_sandbox
from nyx.sandbox.settings import SandboxSettings
from nyx.services.generation.views import Draft

BUSY = "'pending', 'submitting', 'running', 'fetching'"
SANDBOX = SandboxSettings(image_latency_s=0.0, video_latency_s=0.0, jitter=0.0, hang_s=1.2, prepared_picture=True)


@dataclass(frozen=True, kw_only=True)
class Order:
    """One thing a creator does: ask, and perhaps change their mind. ``cancel`` is the value of ``keep_late``, or None."""

    key: str
    draft: Draft
    cancel: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Shift:
    """What one process does in its life. ``crash_point`` is as in NYX_CRASH_POINT, empty for none."""

    folder: Path
    database_url: str
    sandbox_url: str
    owner_id: str
    orders: Sequence[Order] = ()
    crash_point: str = ""
    until_settled: bool = False
    release_unknown_s: float = 86_400.0

    @property
    def acknowledged(self) -> Path:
        """One line per order whose submit returned: its key and the generation's id."""
        return self.folder / "acknowledged"

    @property
    def started(self) -> Path:
        """Exists while a process is past its recovery."""
        return self.folder / "started"


def work(shift: Shift) -> None:
    """The life of one worker process: until it is killed, or, with ``until_settled``, until nothing is open."""
    os.environ["NYX_CRASH_POINT"] = shift.crash_point
    logging.basicConfig(filename=shift.folder / "worker.log", level=logging.INFO)
    importlib.reload(nyx.crash)  # it reads its target once, and this process was forked after that
    asyncio.run(_work(shift))


def serve_sandbox(port: int) -> None:
    """The provider: a process that outlives every worker."""
    uvicorn.Server(uvicorn.Config(build_sandbox(SANDBOX), host="127.0.0.1", port=port, log_level="critical", lifespan="on")).run()


async def _work(shift: Shift) -> None:
    backend = build_backend(_settings(shift))
    async with backend.running():
        shift.started.touch()
        await asyncio.gather(*(_carry_out(backend, shift, order) for order in shift.orders))
        while not shift.until_settled or await backend.db.write(_is_open):
            await asyncio.sleep(0.1)
            await backend.engine.reconcile()


def _settings(shift: Shift) -> Settings:
    return Settings(
        _env_file=None,
        data_dir=shift.folder,
        database_url=shift.database_url,
        together_api_key="rig",
        together_base_url=shift.sandbox_url,
        lease_s=1.0,
        unknown_release_s=shift.release_unknown_s,
        max_waiting_per_user=1_000,
    )


async def _carry_out(backend: Backend, shift: Shift, order: Order) -> None:
    view = await backend.generations.submit(owner_id=shift.owner_id, draft=order.draft, draft_key=order.key)
    await asyncio.to_thread(_note, shift.acknowledged, f"{order.key} {view.id}\n")
    if order.cancel is not None:
        await asyncio.sleep(0.05)
        try:
            await backend.generations.cancel(owner_id=shift.owner_id, generation_id=view.id, keep_late=order.cancel)
        except Conflict:
            return  # it was quicker


def _note(path: Path, line: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_open(tx: Tx) -> bool:
    return tx.execute(f"SELECT 1 AS one FROM job WHERE state IN ({BUSY}, 'unknown') LIMIT 1").first() is not None
