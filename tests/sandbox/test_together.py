"""The stand-in as any client sees it: its refusals word for word, its links, its log, and what it does not have."""

from __future__ import annotations

import asyncio
import base64
import io
import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from PIL import Image, ImageStat

from nyx.clock import SeededRandom
from nyx.sandbox.app import build_sandbox
from nyx.sandbox.settings import SandboxSettings
from tests.support.clock import FakeClock

PICTURE = {"model": "black-forest-labs/FLUX.2-pro", "prompt": "a fox", "seed": 1, "width": 64, "height": 64}
CLIP = {"model": "google/veo-3.1", "prompt": "a lake", "seconds": "1", "width": 64, "height": 64}


def client_of(settings: SandboxSettings, clock: FakeClock) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=build_sandbox(settings, clock=clock, random=SeededRandom(1)))
    return httpx.AsyncClient(transport=transport, base_url="http://sandbox.invalid", headers={"Authorization": "Bearer any"})


@pytest.fixture
async def client(clock: FakeClock) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(SandboxSettings(image_latency_s=0, jitter=0, url_ttl_s=60), clock) as client:
        yield client


async def message(client: httpx.AsyncClient, path: str, body: dict[str, object], status: int = 400) -> str:
    answer = await client.post(path, json=body)
    assert answer.status_code == status
    return str(answer.json()["error"]["message"])


class TestRefusals:
    @pytest.mark.parametrize("header", ["", "Bearer", "Bearer  ", "Basic abc"])
    async def test_no_key_no_service(self, client: httpx.AsyncClient, header: str) -> None:
        for call in (client.post("/v1/images/generations", json=PICTURE, headers={"Authorization": header}),
                     client.get("/v1/models", headers={"Authorization": header}),
                     client.get("/v2/videos/x", headers={"Authorization": header})):  # fmt: skip
            assert (await call).status_code == 401

    @pytest.mark.parametrize(
        ("changes", "text"),
        [
            ({"image_url": "https://x", "model": "google/flash-image-2.5"}, "Unsupported use of 'image_url' parameter"),
            ({"negative_prompt": "x"}, "Invalid parameter detected. The parameter \"'negative_prompt'\" is not recognized or supported."),
            ({"size": "1024x1024"}, "Invalid parameter detected. The parameter \"'size'\" is not recognized or supported."),
            (
                {"model": "Wan-AI/Wan2.6-image", "width": 1024, "height": 1536},
                "Invalid dimensions. The total area (width × height) must be within the range of 1265×1265 to 1440×1440. "
                "The aspect ratio must be between 1:4 and 4:1. For example, 768*2700 is a valid resolution.",
            ),
            (
                {"model": "Wan-AI/Wan2.6-image", "width": 1328, "height": 1328, "seed": -1},
                "Invalid value for 'seed' parameter. Seed must be an integer value between 0 and 2147483647. Default: Random.",
            ),
        ],
    )
    async def test_the_measured_texts_come_word_for_word(self, client: httpx.AsyncClient, changes: dict[str, object], text: str) -> None:
        assert await message(client, "/v1/images/generations", PICTURE | changes) == text

    async def test_listed_sizes_are_listed(self, client: httpx.AsyncClient) -> None:
        text = await message(client, "/v1/images/generations", PICTURE | {"model": "google/flash-image-3.1-lite"})
        assert text.startswith(
            "Unsupported use of width/height parameters. The specified dimensions are not supported for the selected model."
        )
        assert text.endswith("'512x2048','3072x384','384x3072'.")

    @pytest.mark.parametrize("missing", ["model", "prompt"])
    async def test_what_is_required_is_asked_for(self, client: httpx.AsyncClient, missing: str) -> None:
        body = {name: value for name, value in PICTURE.items() if name != missing}
        assert missing in await message(client, "/v1/images/generations", body)

    async def test_an_unknown_model_is_not_available(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/v1/images/generations", json=PICTURE | {"model": "a/b"})
        assert answer.json()["error"]["code"] == "model_not_available"

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff"])
    async def test_a_body_that_is_no_object_is_refused(self, client: httpx.AsyncClient, body: bytes) -> None:
        assert (await client.post("/v1/images/generations", content=body)).status_code == 400

    async def test_a_broken_input_picture_is_refused(self, client: httpx.AsyncClient) -> None:
        broken = base64.b64encode(b"not a picture").decode()
        assert "input image" in await message(client, "/v1/images/generations", PICTURE | {"image_url": broken})

    @pytest.mark.parametrize(
        ("path", "changes", "words"),
        [
            ("/v1/images/generations", {"image_url": 7}, "Invalid value for 'image_url' parameter"),
            ("/v1/images/generations", {"reference_images": "https://x"}, "Invalid value for 'reference_images' parameter"),
            ("/v2/videos", {"media": []}, "Invalid value for 'media' parameter"),
            ("/v2/videos", {"media": {"pictures": []}}, "'pictures'\" is not recognized"),
            ("/v2/videos", {"media": {"frame_images": ["https://x"]}}, "Invalid value for 'frame_images' parameter"),
            ("/v2/videos", {"media": {"frame_images": [{"input_image": "QUJD", "frame": "middle"}]}}, "Invalid value for 'frame_images'"),
            ("/v2/videos", {"media": {"frame_images": [{"frame": "first"}]}}, "Invalid value for 'frame_images' parameter"),
            ("/v2/videos", {"media": {"frame_images": [{"input_image": "QUJD"}]}}, "Failed to decode the input image"),
            ("/v2/videos", {"media": {"reference_images": [1]}}, "Invalid value for 'reference_images' parameter"),
            ("/v2/videos", {"model": "Wan-AI/Wan2.2-T2V-A14B", "media": {}}, "Unsupported use of 'media' parameter"),
        ],
    )
    async def test_input_pictures_of_the_wrong_shape(
        self, client: httpx.AsyncClient, path: str, changes: dict[str, object], words: str
    ) -> None:
        assert words in await message(client, path, (CLIP if path == "/v2/videos" else PICTURE) | changes)
        assert (await client.get("/_sandbox/log")).json() == []

    async def test_seconds_must_be_text(self, client: httpx.AsyncClient) -> None:
        assert "string" in await message(client, "/v2/videos", CLIP | {"seconds": 5})

    async def test_a_failure_with_a_number_passes_after_so_many(self, client: httpx.AsyncClient) -> None:
        asked = PICTURE | {"prompt": "a fox [fail 1]", "seed": 7}
        answers = [(await client.post("/v1/images/generations", json=asked)).status_code for _ in range(3)]

        assert answers == [400, 200, 200]
        assert (await client.post("/v1/images/generations", json=asked | {"seed": 8})).status_code == 400

    async def test_busy_says_how_long(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/v1/images/generations", json=PICTURE | {"prompt": "[429]"})
        assert answer.status_code == 429
        assert answer.headers["retry-after"] == "1"
        assert "x-ratelimit-reset" in answer.headers


class TestLinks:
    async def test_a_link_redirects_needs_a_name_and_expires(self, client: httpx.AsyncClient, clock: FakeClock) -> None:
        url = (await client.post("/v1/images/generations", json=PICTURE)).json()["data"][0]["url"]
        hop = await client.get(url)
        assert hop.status_code == 302
        assert (await client.get(hop.headers["location"])).headers["content-type"] == "image/jpeg"
        assert (await client.get(url, headers={"User-Agent": ""})).status_code == 403
        clock.advance(61)
        assert (await client.get(url)).status_code == 404
        assert (await client.get(hop.headers["location"])).status_code == 404

    async def test_base64_when_asked_for(self, client: httpx.AsyncClient) -> None:
        entry = (await client.post("/v1/images/generations", json=PICTURE | {"response_format": "base64"})).json()["data"][0]
        assert base64.b64decode(entry["b64_json"]).startswith(b"\xff\xd8\xff")


def a_red_square() -> str:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), (220, 10, 10)).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


class TestInputPictures:
    async def test_a_picture_shows_through_as_data_and_by_a_link_of_our_own(self, client: httpx.AsyncClient) -> None:
        data = a_red_square()
        first = (await client.post("/v1/images/generations", json=PICTURE | {"image_url": data})).json()["data"][0]["url"]
        again = (await client.post("/v1/images/generations", json=PICTURE | {"image_url": first})).json()["data"][0]["url"]

        for url in (first, again):
            drawn = Image.open(io.BytesIO((await client.get(url, follow_redirects=True)).content))
            red, green, _ = ImageStat.Stat(drawn.crop((28, 28, 36, 36))).mean
            assert red > green + 60

    async def test_no_other_link_is_followed(self, client: httpx.AsyncClient) -> None:
        plain, linked = [
            (await client.post("/v1/images/generations", json=PICTURE | changes)).json()["data"][0]["url"]
            for changes in ({}, {"image_url": "http://169.254.169.254/shrt/x"})
        ]

        files = [(await client.get(url, follow_redirects=True)).content for url in (plain, linked)]
        assert files[0] == files[1]


class TestClips:
    async def test_goes_from_queued_to_completed(self, client: httpx.AsyncClient, clock: FakeClock) -> None:
        job = (await client.post("/v2/videos", json=CLIP)).json()
        assert job["status"] == "queued"
        assert job["id"][14] == "7"
        clock.advance(5)
        assert (await client.get(f"/v2/videos/{job['id']}")).json()["status"] == "in_progress"
        clock.advance(6)
        done = (await client.get(f"/v2/videos/{job['id']}")).json()
        assert done["status"] == "completed"
        assert done["outputs"]["video_url"].startswith("http://sandbox.invalid/shrt/")

    @pytest.mark.parametrize(("method", "path"), [("DELETE", "/v2/videos/x"), ("POST", "/v2/videos/x/cancel"), ("GET", "/v2/videos")])
    async def test_there_is_no_way_to_cancel_or_list(self, client: httpx.AsyncClient, method: str, path: str) -> None:
        assert (await client.request(method, path)).status_code in (404, 405)


class TestClipsOverARestart:
    @pytest.fixture
    def settings(self, tmp_path: Path) -> SandboxSettings:
        return SandboxSettings(jitter=0, video_latency_s=10, clips_folder=tmp_path / "sandbox")

    async def begun(self, settings: SandboxSettings, clock: FakeClock, **changes: object) -> str:
        async with client_of(settings, clock) as client:
            return str((await client.post("/v2/videos", json=CLIP | changes)).json()["id"])

    async def test_one_that_starts_again_goes_on_with_a_clip(self, settings: SandboxSettings, clock: FakeClock) -> None:
        job_id = await self.begun(settings, clock)
        clock.advance(5)
        async with client_of(settings, clock) as client:
            assert (await client.get(f"/v2/videos/{job_id}")).json()["status"] == "in_progress"
            clock.advance(6)
            done = (await client.get(f"/v2/videos/{job_id}")).json()

            assert done["status"] == "completed"
            file = await client.get(done["outputs"]["video_url"], headers={"User-Agent": "test"}, follow_redirects=True)
            assert file.headers["content-type"] == "video/mp4"

    async def test_it_is_the_same_clip(self, settings: SandboxSettings, clock: FakeClock) -> None:
        async def file_of(client: httpx.AsyncClient, job_id: str) -> bytes:
            url = (await client.get(f"/v2/videos/{job_id}")).json()["outputs"]["video_url"]
            return (await client.get(url, headers={"User-Agent": "test"}, follow_redirects=True)).content

        async with client_of(settings, clock) as before:
            media = {"frame_images": [{"input_image": a_red_square(), "frame": "first"}]}
            job_id = (await before.post("/v2/videos", json=CLIP | {"media": media})).json()["id"]
            clock.advance(11)
            made = await file_of(before, job_id)
        async with client_of(settings, clock) as after:
            assert await file_of(after, job_id) == made

    async def test_a_fault_that_was_asked_for_stays(self, settings: SandboxSettings, clock: FakeClock) -> None:
        job_id = await self.begun(settings, clock, prompt="a lake [fail]")
        clock.advance(11)
        async with client_of(settings, clock) as client:
            assert (await client.get(f"/v2/videos/{job_id}")).json()["status"] == "failed"

    @pytest.mark.parametrize("job_id", ["x", "..%2Fsecret", "0" * 36, "." * 36])
    async def test_knows_no_other_id(self, settings: SandboxSettings, clock: FakeClock, tmp_path: Path, job_id: str) -> None:
        (tmp_path / "secret.json").write_text("{}")
        await self.begun(settings, clock)
        async with client_of(settings, clock) as client:
            assert (await client.get(f"/v2/videos/{job_id}")).status_code == 404

    async def test_a_broken_file_is_no_clip(self, settings: SandboxSettings, clock: FakeClock, tmp_path: Path) -> None:
        job_id = await self.begun(settings, clock)
        (tmp_path / "sandbox" / f"{job_id}.json").write_text('{"order":')
        async with client_of(settings, clock) as client:
            assert (await client.get(f"/v2/videos/{job_id}")).status_code == 404

    async def test_forgets_those_of_long_ago(self, settings: SandboxSettings, clock: FakeClock, tmp_path: Path) -> None:
        old = tmp_path / "sandbox" / f"{await self.begun(settings, clock)}.json"
        long_ago = clock.now().timestamp() - 3 * 86_400
        os.utime(old, (long_ago, long_ago))
        clock.advance(1)
        await self.begun(settings, clock)

        assert not old.exists()

    async def test_a_disk_that_takes_nothing_leaves_it_in_memory(
        self, settings: SandboxSettings, clock: FakeClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        (tmp_path / "sandbox").write_text("in the way")
        async with client_of(settings, clock) as client:
            job_id = (await client.post("/v2/videos", json=CLIP)).json()["id"]

            assert (await client.get(f"/v2/videos/{job_id}")).json()["status"] == "queued"
        assert "can't keep a clip" in caplog.text


class TestLog:
    async def test_lists_what_a_provider_would_bill_and_nothing_else(self, client: httpx.AsyncClient) -> None:
        for prompt in ("one", "two [429]", "three [reject]", "four [500]", "five [empty]"):
            await client.post("/v1/images/generations", json=PICTURE | {"prompt": prompt})
        await client.post("/v2/videos", json=CLIP)
        log = (await client.get("/_sandbox/log")).json()
        assert [entry["prompt"] for entry in log] == ["one", "five [empty]", "a lake"]
        assert [entry["kind"] for entry in log] == ["image", "image", "video"]
        assert len({entry["id"] for entry in log}) == 3

    async def test_a_hanging_submit_was_accepted(self, client: httpx.AsyncClient) -> None:
        for path, body in (("/v1/images/generations", PICTURE), ("/v2/videos", CLIP)):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await client.post(path, json=body | {"prompt": "x [hang]"})
        assert len((await client.get("/_sandbox/log")).json()) == 2


class TestSettings:
    async def test_prepared_files_come_without_latency(self, clock: FakeClock) -> None:
        async with client_of(SandboxSettings(prepared_picture=True, image_latency_s=60), clock) as client:
            async with asyncio.timeout(20):
                one, two = [(await client.post("/v1/images/generations", json=PICTURE | {"prompt": p})).json() for p in ("a", "b")]
            files = [(await client.get(answer["data"][0]["url"], follow_redirects=True)).content for answer in (one, two)]
            assert files[0] == files[1]

    async def test_a_failure_rate_of_one_fails_everything(self, clock: FakeClock) -> None:
        async with client_of(SandboxSettings(failure_rate=1.0, image_latency_s=0), clock) as client:
            assert (await client.post("/v1/images/generations", json=PICTURE)).status_code == 400

    async def test_latency_is_waited_for(self, clock: FakeClock) -> None:
        async with client_of(SandboxSettings(image_latency_s=5, jitter=0), clock) as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await client.post("/v1/images/generations", json=PICTURE)


class TestChat:
    async def test_answers_by_a_template_that_is_named_as_the_model(self, client: httpx.AsyncClient) -> None:
        body = {"model": "any/model", "messages": [{"role": "system", "content": "x"}, {"role": "user", "content": "a fox"}]}
        answer = (await client.post("/v1/chat/completions", json=body)).json()
        assert (answer["object"], answer["model"]) == ("chat.completion", "sandbox/template")
        assert answer["choices"][0]["message"]["content"].startswith("a fox, ")
        assert answer["usage"]["total_tokens"] == answer["usage"]["prompt_tokens"] + answer["usage"]["completion_tokens"]
        again = (await client.post("/v1/chat/completions", json=body)).json()
        assert again["choices"] == answer["choices"]

    @pytest.mark.parametrize("messages", [None, [], "x", [{"role": "system", "content": "x"}], [{"role": "user", "content": " "}]])
    async def test_a_question_without_words_is_refused(self, client: httpx.AsyncClient, messages: object) -> None:
        assert "message" in await message(client, "/v1/chat/completions", {"model": "m/m", "messages": messages})

    async def test_text_is_not_billed_as_media(self, client: httpx.AsyncClient) -> None:
        await client.post("/v1/chat/completions", json={"model": "m/m", "messages": [{"role": "user", "content": "a fox"}]})
        assert (await client.get("/_sandbox/log")).json() == []
