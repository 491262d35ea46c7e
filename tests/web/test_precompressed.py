"""The cache of compressed files, in front of applications that watch for a visitor who leaves."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from nyx.web.precompressed import Precompressed


class WatchesForDisconnect:
    """Answers while a task of its own waits for the visitor to leave, as streamed responses do."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def watch() -> None:
            while (await receive())["type"] != "http.disconnect":
                continue

        watching = asyncio.ensure_future(watch())
        await asyncio.sleep(0)
        await PlainTextResponse("x" * 2_000, media_type="text/css")(scope, receive, send)
        watching.cancel()


async def fetch(app: ASGIApp) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(Precompressed(app)), base_url="http://test") as client:
        return await asyncio.wait_for(client.get("/assets/site.css", headers={"Accept-Encoding": "br"}), 5)


@pytest.mark.timeout(10)  # the failure would be a loop that never lets go
class TestFetch:
    async def test_an_application_that_watches_for_a_disconnect_still_answers(self) -> None:
        response = await fetch(WatchesForDisconnect())

        assert (response.status_code, response.headers["content-encoding"], response.text) == (200, "br", "x" * 2_000)
