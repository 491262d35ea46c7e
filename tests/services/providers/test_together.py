"""The client over the sandbox, and over servers that cut, stall or speak nonsense: what was sent is sent once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nyx.clock import SeededRandom
from nyx.errors import NotFound, NyxError, OutcomeUnknown, ProviderMisbehaved, ProviderRejected, ProviderUnavailable
from nyx.net import Net
from nyx.sandbox.app import build_sandbox
from nyx.sandbox.settings import Oddity, SandboxSettings
from nyx.services.providers.base import Delivered, ImageRequest, Pending, Provider, Refused, VideoRequest
from nyx.services.providers.registry import ProviderRegistry
from nyx.services.providers.together import TogetherProvider
from tests.net.wire import answering, response
from tests.support.clock import FakeClock

HOST = "http://sandbox.invalid"
KEY = "tgp_v1_very-secret"
QUICK = SandboxSettings(image_latency_s=0, video_latency_s=10, jitter=0)


def image(prompt: str = "a fox", **changes: Any) -> ImageRequest:
    fields: dict[str, Any] = {"model": "black-forest-labs/FLUX.2-pro", "prompt": prompt, "seed": 1, "width_px": 64, "height_px": 64}
    return ImageRequest(**fields | changes)


def video(prompt: str = "a lake", **changes: Any) -> VideoRequest:
    fields: dict[str, Any] = {"model": "google/veo-3.1", "prompt": prompt, "seed": 1, "seconds": 1, "width_px": 128, "height_px": 72}
    return VideoRequest(**fields | changes)


@asynccontextmanager
async def over(app, *, base_url: str = HOST) -> AsyncIterator[TogetherProvider]:
    net = Net(mounts={base_url: app})
    try:
        yield TogetherProvider(net, api_key=KEY, base_url=base_url)
    finally:
        await net.close()


@pytest.fixture
async def provider(clock: FakeClock) -> AsyncIterator[TogetherProvider]:
    async with over(build_sandbox(QUICK, clock=clock, random=SeededRandom(1))) as provider:
        yield provider


def answers(status: int, body: str = "{}", **headers: str) -> tuple[Starlette, list[str]]:
    """An app that always answers the same, and the list of what it was asked."""
    asked: list[str] = []

    async def answer(request: Request) -> Response:
        asked.append(f"{request.method} {request.url.path}")
        return Response(body, status_code=status, headers=headers, media_type="application/json")

    return Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])]), asked


class TestImages:
    async def test_a_picture_comes_as_a_link_and_then_as_a_file(self, provider: TogetherProvider, tmp_path: Path) -> None:
        answer = await provider.submit(image())
        assert isinstance(answer, Delivered)
        assert answer.url is not None
        found = await provider.download(answer.url, into=tmp_path / "p", max_bytes=1_000_000)
        assert found.head.startswith(b"\xff\xd8\xff")
        assert found.path.stat().st_size == found.size_bytes

    async def test_png_when_asked_for(self, provider: TogetherProvider, tmp_path: Path) -> None:
        answer = await provider.submit(image(output_format="png"))
        assert isinstance(answer, Delivered)
        found = await provider.download(str(answer.url), into=tmp_path / "p", max_bytes=1_000_000)
        assert found.head.startswith(b"\x89PNG")

    @pytest.mark.parametrize(
        ("changes", "word"),
        [
            ({"negative_prompt": "rain"}, "negative prompt"),
            ({"model": "no/such"}, "not available"),
            ({"model": "google/flash-image-3.1-lite", "width_px": 64, "height_px": 64}, "size"),
            ({"model": "google/flash-image-2.5", "image_url": "https://a.example/x"}, "starting picture"),
            ({"model": "Wan-AI/Wan2.6-image", "width_px": 1328, "height_px": 1328, "seed": 2**31}, "seed"),
        ],
    )
    async def test_a_refusal_names_the_input(self, provider: TogetherProvider, changes: dict[str, Any], word: str) -> None:
        with pytest.raises(ProviderRejected, match=word):
            await provider.submit(image(**changes))

    @pytest.mark.parametrize("oddity", list(Oddity))
    async def test_documented_oddities_change_nothing(self, clock: FakeClock, oddity: Oddity) -> None:
        settings = SandboxSettings(image_latency_s=0, video_latency_s=0, jitter=0, oddities=frozenset({oddity}))
        async with over(build_sandbox(settings, clock=clock)) as provider:
            assert isinstance(await provider.submit(image()), Delivered)
            clip = await provider.submit(video())
            assert isinstance(clip, Delivered)
            assert (clip.cost_usd_micros is None) == (oddity is Oddity.NO_COST)


class TestVideos:
    async def test_a_clip_is_polled_until_it_is_there(self, provider: TogetherProvider, clock: FakeClock) -> None:
        answer = await provider.submit(video())
        assert isinstance(answer, Pending)
        clock.advance(5)
        assert await provider.poll(answer.provider_job_id) == answer
        clock.advance(6)
        done = await provider.poll(answer.provider_job_id)
        assert isinstance(done, Delivered)
        assert done.provider_job_id == answer.provider_job_id
        assert done.cost_usd_micros == 50_000

    async def test_a_job_stays_known_for_a_day(self, provider: TogetherProvider, clock: FakeClock) -> None:
        answer = await provider.submit(video())
        assert isinstance(answer, Pending)
        clock.advance(86_400)
        assert isinstance(await provider.poll(answer.provider_job_id), Delivered)

    @pytest.mark.parametrize("job_id", ["unknown", "../v1/models", "a/b?c#d"])
    async def test_a_job_that_nobody_knows_is_not_found(self, provider: TogetherProvider, job_id: str) -> None:
        with pytest.raises(NotFound):
            await provider.poll(job_id)

    async def test_a_parameter_may_be_refused_late(self, clock: FakeClock) -> None:
        settings = SandboxSettings(video_latency_s=1, jitter=0, oddities=frozenset({Oddity.LATE_COMPLAINT}))
        async with over(build_sandbox(settings, clock=clock)) as provider:
            answer = await provider.submit(video(model="kwaivgI/kling-2.0-master", negative_prompt="rain"))
            assert isinstance(answer, Pending)
            clock.advance(2)
            final = await provider.poll(answer.provider_job_id)
        assert isinstance(final, Refused)
        assert "negative prompt" in final.sentence


class TestFaultWords:
    @pytest.mark.parametrize(
        ("word", "kind"),
        [("[reject]", ProviderRejected), ("[500]", ProviderMisbehaved), ("[429]", ProviderUnavailable), ("[fail]", ProviderRejected)],
    )
    async def test_a_picture_is_refused(self, provider: TogetherProvider, word: str, kind: type[NyxError]) -> None:
        with pytest.raises(kind):
            await provider.submit(image(f"a fox {word}"))

    async def test_busy_passes_after_the_tries_it_names(self, provider: TogetherProvider) -> None:
        for _ in range(2):
            with pytest.raises(ProviderUnavailable) as caught:
                await provider.submit(image("a fox [429]"))
            assert caught.value.retry_after_s == 1.0
        assert isinstance(await provider.submit(image("a fox [429]")), Delivered)

    async def test_an_empty_answer_is_a_final_failure(self, provider: TogetherProvider, clock: FakeClock) -> None:
        assert isinstance(await provider.submit(image("a fox [empty]")), Refused)
        answer = await provider.submit(video("a fox [empty]"))
        assert isinstance(answer, Pending)
        clock.advance(11)
        assert isinstance(await provider.poll(answer.provider_job_id), Refused)

    async def test_a_failed_clip_is_refused_by_poll(self, provider: TogetherProvider, clock: FakeClock) -> None:
        answer = await provider.submit(video("a fox [fail]"))
        assert isinstance(answer, Pending)
        clock.advance(11)
        assert isinstance(await provider.poll(answer.provider_job_id), Refused)

    async def test_a_cut_download_is_noticed_and_the_next_is_whole(self, provider: TogetherProvider, tmp_path: Path) -> None:
        answer = await provider.submit(image("a fox [truncate]"))
        assert isinstance(answer, Delivered)
        with pytest.raises(ProviderUnavailable, match="whole"):
            await provider.download(str(answer.url), into=tmp_path / "p", max_bytes=1_000_000)
        assert (await provider.download(str(answer.url), into=tmp_path / "p", max_bytes=1_000_000)).size_bytes > 0

    async def test_a_dead_link_is_not_found(self, provider: TogetherProvider, tmp_path: Path) -> None:
        answer = await provider.submit(image("a fox [expire]"))
        assert isinstance(answer, Delivered)
        with pytest.raises(NotFound):
            await provider.download(str(answer.url), into=tmp_path / "p", max_bytes=1_000_000)

    async def test_news_that_is_taken_back_comes_again(self, provider: TogetherProvider, clock: FakeClock) -> None:
        answer = await provider.submit(video("a fox [duplicate]"))
        assert isinstance(answer, Pending)
        clock.advance(11)
        first, second, third = [await provider.poll(answer.provider_job_id) for _ in range(3)]
        assert isinstance(first, Delivered)
        assert isinstance(second, Pending)
        assert isinstance(third, Delivered)
        assert third.url != first.url

    async def test_stuck_and_late_clips_take_their_time(self, provider: TogetherProvider, clock: FakeClock) -> None:
        stuck, late, slow = [await provider.submit(video(f"a fox {word}")) for word in ("[stuck]", "[late]", "[slow 30]")]
        clock.advance(39)
        assert isinstance(await provider.poll(slow.provider_job_id or ""), Pending)
        clock.advance(2)
        assert isinstance(await provider.poll(slow.provider_job_id or ""), Delivered)
        assert isinstance(await provider.poll(late.provider_job_id or ""), Pending)
        clock.advance(1200)
        assert isinstance(await provider.poll(late.provider_job_id or ""), Delivered)
        assert isinstance(await provider.poll(stuck.provider_job_id or ""), Pending)


class TestSentOnce:
    @pytest.mark.parametrize("status", [400, 401, 408, 429, 500, 502, 503, 504])
    @pytest.mark.parametrize("request_", [image(), video()], ids=["image", "video"])
    async def test_no_answer_makes_it_send_again(self, status: int, request_: ImageRequest | VideoRequest) -> None:
        app, asked = answers(status)
        async with over(app) as provider:
            with pytest.raises(NyxError):
                await provider.submit(request_)
        assert len(asked) == 1

    @pytest.mark.parametrize("body", ["", "<html>502</html>", "[]", '{"data": 1}'])
    async def test_a_success_that_can_not_be_read_is_unknown(self, body: str) -> None:
        app, asked = answers(200, body)
        async with over(app) as provider:
            with pytest.raises(OutcomeUnknown):
                await provider.submit(image())
            with pytest.raises(ProviderUnavailable):
                await provider.poll("x")
        assert asked == ["POST /v1/images/generations", "GET /v2/videos/x"]

    @pytest.mark.parametrize(
        "piece", [b"", b"HTTP/1.1 200 OK\r\nContent-Le", response(b'{"data"', length=500), b"not http at all\r\n\r\n"],
        ids=["closed", "half a head", "half a body", "nonsense"],
    )  # fmt: skip
    async def test_a_cut_line_is_unknown(self, piece: bytes) -> None:
        async with answering(piece) as wire:
            net = Net(trusted_origins=[wire.url])
            with pytest.raises(OutcomeUnknown):
                await TogetherProvider(net, api_key=KEY, base_url=wire.url).submit(image())
            assert len(wire.requests) == 1
            await net.close()

    async def test_a_silent_server_is_unknown_after_the_timeout(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("nyx.services.providers.together._IMAGE_READ_S", 0.1)
        async with answering(hold_s=2) as wire:
            net = Net(trusted_origins=[wire.url])
            with pytest.raises(OutcomeUnknown):
                await TogetherProvider(net, api_key=KEY, base_url=wire.url).submit(image())
            await net.close()

    async def test_a_line_that_was_never_open_may_be_tried_again(self) -> None:
        net = Net(trusted_origins=["http://127.0.0.1:9"])
        with pytest.raises(ProviderUnavailable):
            await TogetherProvider(net, api_key=KEY, base_url="http://127.0.0.1:9").submit(image())
        await net.close()

    async def test_a_redirected_submit_is_not_followed(self) -> None:
        app, asked = answers(307, location="http://sandbox.invalid/elsewhere")
        async with over(app) as provider:
            with pytest.raises(ProviderMisbehaved):
                await provider.submit(image())
        assert len(asked) == 1


class TestSecrets:
    async def test_the_key_is_in_no_error_and_no_repr(self) -> None:
        app, _ = answers(401, f'{{"error": {{"message": "bad key {KEY}", "code": "invalid_api_key"}}}}')
        async with over(app) as provider:
            with pytest.raises(ProviderMisbehaved) as caught:
                await provider.submit(image())
            shown = f"{caught.value!r} {caught.value.detail} {provider!r} {vars(provider)!r}"
        assert "very-secret" not in shown

    async def test_the_key_is_not_sent_along_with_a_download(self, tmp_path: Path) -> None:
        async with answering(response(b"data")) as wire:
            net = Net(trusted_origins=[wire.url])
            await TogetherProvider(net, api_key=KEY, base_url=wire.url).download(wire.url, into=tmp_path / "p", max_bytes=100)
            await net.close()
        assert b"authorization" not in wire.requests[0].lower()


class TestRegistry:
    async def test_finds_by_key(self, provider: TogetherProvider) -> None:
        as_protocol: Provider = provider
        registry = ProviderRegistry([as_protocol])
        assert registry.get("together") is provider
        assert registry.keys() == ("together",)
        with pytest.raises(NotFound, match="nowhere"):
            registry.get("nowhere")

    async def test_lists_what_the_provider_names(self, provider: TogetherProvider) -> None:
        models = await provider.list_models()
        assert ("black-forest-labs/FLUX.2-pro", "image") in models
        assert ("google/veo-3.1", "video") in models
