"""The provider's official SDK works against the sandbox served on loopback: the wire format is theirs, not our idea of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import uvicorn

from nyx.sandbox.app import build_sandbox
from nyx.sandbox.settings import SandboxSettings
from tests.support.ports import free_port

pytest.importorskip("together")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    port = free_port()
    app = build_sandbox(SandboxSettings(image_latency_s=0, video_latency_s=0.4, jitter=0))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        thread.join(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(5)


@pytest.fixture
def sdk(url: str) -> Iterator[Any]:
    from together import Together

    with Together(api_key="any", base_url=url, max_retries=0) as client:
        yield client


class TestOfficialSdk:
    def test_makes_a_picture(self, sdk: Any) -> None:
        answer = sdk.images.generate(model="black-forest-labs/FLUX.2-pro", prompt="a fox", width=64, height=64, seed=1)
        picture = httpx.get(answer.data[0].url, follow_redirects=True)
        assert picture.content.startswith(b"\xff\xd8\xff")

    def test_makes_a_clip(self, sdk: Any) -> None:
        job = sdk.videos.create(model="google/veo-3.1", prompt="a lake", seconds="1", width=64, height=64)
        for _ in range(100):
            job = sdk.videos.retrieve(job.id)
            if job.status not in ("queued", "in_progress"):
                break
            threading.Event().wait(0.05)
        assert job.status == "completed"
        assert httpx.get(job.outputs.video_url, follow_redirects=True).content[4:8] == b"ftyp"

    def test_lists_models(self, sdk: Any) -> None:
        names = {model.name for model in sdk.models.list_supported()} if hasattr(sdk.models, "list_supported") else set()
        assert "google/veo-3.1" in names

    def test_reads_our_errors_as_theirs(self, sdk: Any) -> None:
        from together import BadRequestError, RateLimitError

        with pytest.raises(BadRequestError, match="model_not_available"):
            sdk.images.generate(model="no/such", prompt="a fox")
        with pytest.raises(RateLimitError):
            sdk.images.generate(model="black-forest-labs/FLUX.2-pro", prompt="a fox [429]")

    def test_a_cut_file_is_cut_on_a_real_line_too(self, sdk: Any) -> None:
        answer = sdk.images.generate(model="black-forest-labs/FLUX.2-pro", prompt="a fox [truncate]", width=64, height=64, seed=1)
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(answer.data[0].url, follow_redirects=True)
        assert httpx.get(answer.data[0].url, follow_redirects=True).content.endswith(b"\xff\xd9")
