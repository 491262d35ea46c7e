"""The sandbox as one ASGI app: stand-ins side by side, each at the paths of its original."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from nyx.clock import Clock, Random, SystemClock, SystemRandom
from nyx.sandbox.art.source import NotAPicture
from nyx.sandbox.rules import Complaint
from nyx.sandbox.settings import SandboxSettings
from nyx.sandbox.together import TogetherSandbox
from nyx.sandbox.wire import UNREADABLE_INPUT


def build_sandbox(settings: SandboxSettings | None = None, *, clock: Clock | None = None, random: Random | None = None) -> Starlette:
    """Build the app. Serve it alone on loopback, or mount it in process through Net."""
    together = TogetherSandbox(settings=settings or SandboxSettings(), clock=clock or SystemClock(), random=random or SystemRandom())

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        together.close()

    return Starlette(routes=together.routes(), exception_handlers={Complaint: _complain, NotAPicture: _complain}, lifespan=lifespan)


async def _complain(_: Request, error: Exception) -> Response:
    if not isinstance(error, Complaint):
        # The header passed as a picture, its body didn't.
        error = Complaint(UNREADABLE_INPUT, param="image_url")
    headers = {"x-request-id": "sandbox"}
    if error.status == 429:
        headers |= {"retry-after": "1", "x-ratelimit-limit": "60", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"}
    return JSONResponse(error.body(), status_code=error.status, headers=headers)
