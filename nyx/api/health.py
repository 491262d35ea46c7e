"""Whether the process lives and whether it should get traffic, for monitors and load balancers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse

from nyx.clock import Clock

log = logging.getLogger(__name__)

CHECK_TIMEOUT_S = 5.0
REMEMBERED_S = 1.0

Check = Callable[[], Awaitable[bool]]


class _Readiness:
    """The checks and their last outcome. They write and touch files, so a crowd of monitors is answered from one look."""

    def __init__(self, checks: Mapping[str, Check], clock: Clock) -> None:
        self._checks = checks
        self._clock = clock
        self._looking = asyncio.Lock()
        self._found: dict[str, bool] = {}
        self._until = 0.0

    async def look(self) -> dict[str, bool]:
        async with self._looking:
            if not self._found or self._until <= self._clock.monotonic():
                outcomes = await asyncio.gather(*(_holds(name, check) for name, check in self._checks.items()))
                self._found = dict(zip(self._checks, outcomes, strict=True))
                self._until = self._clock.monotonic() + REMEMBERED_S
            return self._found


def health_router(checks: Mapping[str, Check], *, clock: Clock) -> APIRouter:
    """``/healthz`` answers while the process lives, ``/readyz`` says which of ``checks`` hold; it is 503 unless all do."""
    router = APIRouter(include_in_schema=False)
    readiness = _Readiness(checks, clock)

    @router.get("/healthz")
    async def healthz() -> PlainTextResponse:
        return PlainTextResponse("ok", headers={"Cache-Control": "no-store"})

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        found = await readiness.look()
        is_ready = all(found.values())
        said = {name: "ok" if holds else "failed" for name, holds in found.items()}
        body = {"status": "ok" if is_ready else "unavailable", "checks": said}
        return JSONResponse(body, 200 if is_ready else 503, headers={"Cache-Control": "no-store"})

    return router


async def _holds(name: str, check: Check) -> bool:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            return await check()
    except Exception:
        log.warning("A readiness check failed", extra={"check": name}, exc_info=True)
        return False
