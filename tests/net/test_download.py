"""Downloads: whole files only, bounded in size and time, redirects re-checked, nothing left behind on failure."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from nyx.errors import NotFound, ProviderMisbehaved, ProviderUnavailable
from nyx.net import Downloaded, Net
from tests.net.wire import answering, response

DATA = bytes(range(256)) * 8192  # 2 MiB, so that it is written in more than one piece


async def _hop(request: Request) -> Response:
    left = int(request.path_params["left"])
    if not request.headers.get("user-agent"):
        return Response(status_code=403)
    return RedirectResponse(f"/hop/{left - 1}", status_code=302) if left else Response(DATA)


async def _status(request: Request) -> Response:
    return Response(status_code=int(request.path_params["status"]))


async def _elsewhere(request: Request) -> Response:
    return RedirectResponse(request.query_params["to"], status_code=302)


APP = Starlette(routes=[Route("/hop/{left}", _hop), Route("/status/{status}", _status), Route("/go", _elsewhere)])


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.fixture
async def net() -> AsyncIterator[Net]:
    net = Net(mounts={"http://files.invalid": APP, "https://files.invalid": APP})
    yield net
    await net.close()


class TestDownload:
    async def test_returns_size_hash_and_head_of_what_is_on_disk(self, net: Net, tmp_path: Path) -> None:
        found = await net.download("http://files.invalid/hop/3", into=tmp_path / "f", max_bytes=10_000_000)
        assert found == Downloaded(path=tmp_path / "f", size_bytes=len(DATA), sha256=hashlib.sha256(DATA).hexdigest(), head=DATA[:64])
        assert found.path.read_bytes() == DATA

    async def test_a_fourth_redirect_is_one_too_many(self, net: Net, tmp_path: Path) -> None:
        with pytest.raises(ProviderMisbehaved, match="leads nowhere"):
            await net.download("http://files.invalid/hop/4", into=tmp_path / "f", max_bytes=10_000_000)

    @pytest.mark.parametrize("status", [403, 404, 410])
    async def test_an_expired_link_is_not_found(self, net: Net, tmp_path: Path, status: int) -> None:
        with pytest.raises(NotFound, match="expired"):
            await net.download(f"http://files.invalid/status/{status}", into=tmp_path / "f", max_bytes=10)

    @pytest.mark.parametrize("status", [429, 500, 502, 503])
    async def test_a_server_in_trouble_may_be_asked_again(self, net: Net, tmp_path: Path, status: int) -> None:
        with pytest.raises(ProviderUnavailable):
            await net.download(f"http://files.invalid/status/{status}", into=tmp_path / "f", max_bytes=10)

    @pytest.mark.parametrize(
        "target",
        ["http://127.0.0.1/", "http://169.254.169.254/latest", "file:///etc/passwd", "http://127.0.0.1:5432/", "http://u:p@files.invalid/"],
    )
    async def test_a_redirect_to_a_private_address_is_not_followed(self, net: Net, tmp_path: Path, target: str) -> None:
        with pytest.raises(ProviderMisbehaved):
            await net.download(f"http://files.invalid/go?to={target}", into=tmp_path / "f", max_bytes=10)

    async def test_a_redirect_from_https_to_http_is_not_followed(self, net: Net, tmp_path: Path) -> None:
        with pytest.raises(ProviderMisbehaved, match="not safe"):
            await net.download("https://files.invalid/go?to=http://93.184.216.34/", into=tmp_path / "f", max_bytes=10)

    async def test_a_file_over_the_limit_leaves_nothing_behind(self, net: Net, tmp_path: Path) -> None:
        with pytest.raises(ProviderMisbehaved, match="larger"):
            await net.download("http://files.invalid/hop/0", into=tmp_path / "f", max_bytes=len(DATA) - 1)
        assert leftovers(tmp_path) == []


class TestBadServers:
    async def _download(self, url: str, into: Path, *, max_bytes: int = 10_000_000, timeout_s: float = 5.0) -> Downloaded:
        net = Net(trusted_origins=[url])
        try:
            return await net.download(url, into=into, max_bytes=max_bytes, timeout_s=timeout_s)
        finally:
            await net.close()

    async def test_a_truncated_body_is_noticed_and_removed(self, tmp_path: Path) -> None:
        async with answering(response(b"x" * 2_000_000, length=3_000_000)) as wire:
            with pytest.raises(ProviderUnavailable):
                await self._download(wire.url, tmp_path / "f")
        assert leftovers(tmp_path) == []

    async def test_an_empty_file_is_no_file(self, tmp_path: Path) -> None:
        async with answering(response(b"")) as wire:
            with pytest.raises(ProviderUnavailable, match="whole"):
                await self._download(wire.url, tmp_path / "f")

    async def test_an_announced_giant_is_refused_before_it_comes(self, tmp_path: Path) -> None:
        async with answering(response(b"x", length=5_000_000_000), hold_s=1) as wire:
            with pytest.raises(ProviderMisbehaved, match="larger"):
                await self._download(wire.url, tmp_path / "f")

    async def test_an_unannounced_giant_is_cut_at_the_limit(self, tmp_path: Path) -> None:
        head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
        async with answering(head, *[b"x" * 65_536] * 40) as wire:
            with pytest.raises(ProviderMisbehaved, match="larger"):
                await self._download(wire.url, tmp_path / "f", max_bytes=1_500_000)
        assert leftovers(tmp_path) == []

    async def test_a_gzip_bomb_is_not_opened(self, tmp_path: Path) -> None:
        async with answering(response(b"\x1f\x8b\x08", headers=["Content-Encoding: gzip"])) as wire:
            with pytest.raises(ProviderUnavailable):
                await self._download(wire.url, tmp_path / "f")

    async def test_a_body_that_drips_ends_at_the_deadline(self, tmp_path: Path) -> None:
        async with answering(response(b"", length=1000), *[b"x"] * 1000, pause_s=0.02) as wire:
            with pytest.raises(ProviderUnavailable, match="too long"):
                await self._download(wire.url, tmp_path / "f", timeout_s=0.2)
