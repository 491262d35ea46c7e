"""Whether the process lives and whether it should get traffic, for monitors and load balancers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse

log = logging.getLogger(__name__)

CHECK_TIMEOUT_S = 5.0

Check = Callable[[], Awaitable[bool]]


def health_router(checks: Mapping[str, Check]) -> APIRouter:
    """``/healthz`` answers while the process lives, ``/readyz`` says which of ``checks`` hold; it is 503 unless all do."""
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz() -> PlainTextResponse:
        return PlainTextResponse("ok", headers={"Cache-Control": "no-store"})

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        found = dict(zip(checks, await asyncio.gather(*(_holds(name, check) for name, check in checks.items())), strict=True))
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
