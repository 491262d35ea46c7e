"""POST /api/uploads through the whole application, and in its own process: answers, refusals in sentences, memory."""

from __future__ import annotations

import asyncio
import resource
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from PIL import Image

from nyx.api.uploads import UPLOADS
from nyx.config import secret_key
from nyx.services.media.delivery import InputLinks
from tests.services.media.kit import encoded, picture
from tests.support.app import BASE_URL, PASSWORD, client_of, sign_up_or_in
from tests.support.network import allow_network
from tests.support.server import AppServer

if TYPE_CHECKING:
    from nyx.app import App

MB = 1024 * 1024


@pytest.fixture
async def ada(app: App) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        await sign_up_or_in(client, email="ada@example.com", password=PASSWORD)
        yield client


async def post(client: httpx.AsyncClient, data: bytes, **headers: str) -> httpx.Response:
    return await client.post("/api/uploads", content=data, headers={"Content-Type": "application/octet-stream", **headers})


class TestUpload:
    async def test_answers_with_what_a_page_needs_and_serves_it_to_its_owner_alone(
        self, app: App, ada: httpx.AsyncClient, visitor: httpx.AsyncClient
    ) -> None:
        answer = await post(ada, encoded(picture(800, 600)))

        told = answer.json()
        assert answer.status_code == 201
        assert told == {
            "id": told["id"],
            "width": 800,
            "height": 600,
            "url": f"/media/{told['id']}/original",
            "thumb": f"/media/{told['id']}/thumb",
        }
        assert (await ada.get(told["url"])).headers["content-type"] == "image/jpeg"
        assert (await ada.get(told["thumb"])).headers["content-type"] == "image/webp"
        assert (await visitor.get(told["url"])).status_code == 404
        async with client_of(app) as eve:
            await sign_up_or_in(eve, email="eve@example.com", password=PASSWORD)
            assert (await eve.get(told["thumb"])).status_code == 404

    async def test_what_the_sender_calls_the_file_counts_for_nothing(self, ada: httpx.AsyncClient) -> None:
        answer = await post(
            ada, encoded(picture(), "PNG"), **{"Content-Type": "image/svg+xml", "Content-Disposition": 'filename="../x.php"'}
        )

        assert answer.status_code == 201
        assert (await ada.get(answer.json()["url"])).headers["content-type"] == "image/png"

    @pytest.mark.parametrize(
        ("data", "status", "code", "words"),
        [
            (b"", 422, "empty", "The file is empty"),
            (b"https://example.org/fox.png", 422, "not_a_file", "Send the file itself, not a link"),
            (b'{"url": "https://example.org/fox.png"}', 422, "not_a_file", "Send the file itself, not a link"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 422, "wrong_type", "Choose a JPEG, PNG, WebP or GIF"),
            (b"\x00\x00\x00\x20ftypheic" + bytes(99), 422, "wrong_type", "Save it as JPEG"),
            (b"\xff\xd8\xff" + bytes(99), 422, "damaged", "damaged or cut short"),
            (b"\xff\xd8\xff" + bytes(10 * MB), 413, "too_large", "Up to 10 MB"),
        ],
    )
    async def test_what_can_not_be_used_is_said_in_a_sentence_at_the_place(
        self, ada: httpx.AsyncClient, data: bytes, status: int, code: str, words: str
    ) -> None:
        answer = await post(ada, data)

        told = answer.json()
        assert (answer.status_code, told["error"], told["field"]) == (status, code, "file")
        assert words in told["message"]
        assert told["message"].endswith(".")

    async def test_pictures_with_too_much_in_them_too(self, ada: httpx.AsyncClient) -> None:
        moving = encoded(picture(60, 40), "GIF", save_all=True, append_images=[picture(60, 40, colour=(0, 0, 0))])
        huge = encoded(Image.new("1", (9_000, 9_000), 1), "PNG")

        assert [(await post(ada, data)).json()["error"] for data in (moving, huge)] == ["animated", "too_many_pixels"]

    @pytest.mark.parametrize("declares", [True, False])
    async def test_a_body_over_the_limit_is_not_read_to_its_end(self, ada: httpx.AsyncClient, declares: bool) -> None:
        sent = 0

        async def body() -> AsyncIterator[bytes]:
            nonlocal sent
            for _ in range(60):
                sent += MB
                yield bytes(MB)

        headers = {"Content-Length": str(60 * MB)} if declares else {}
        answer = await ada.post("/api/uploads", content=body(), headers=headers)

        assert answer.status_code == 413
        assert sent <= 12 * MB

    async def test_only_with_a_session_and_from_our_own_pages(self, ada: httpx.AsyncClient, visitor: httpx.AsyncClient) -> None:
        refused = await post(visitor, encoded(picture()))
        assert (refused.status_code, refused.json()["error"]) == (403, "not_allowed")

        foreign = await post(ada, encoded(picture()), Origin="https://evil.example")
        assert foreign.status_code == 403

    async def test_too_many_in_a_short_time_wait(self, ada: httpx.AsyncClient) -> None:
        answers = [(await post(ada, b"")).status_code for _ in range(UPLOADS + 1)]
        last = await post(ada, b"")

        assert set(answers[:UPLOADS]) == {422}
        assert (last.status_code, last.json()["error"]) == (429, "too_many")
        assert int(last.headers["retry-after"]) >= 1

    async def test_several_at_once_are_all_taken(self, ada: httpx.AsyncClient) -> None:
        answers = await asyncio.gather(*(post(ada, encoded(picture(colour=(shade * 40, 0, 0)))) for shade in range(6)))

        assert [answer.status_code for answer in answers] == [201] * 6
        assert len({answer.json()["id"] for answer in answers}) == 6


class TestSignedAddress:
    async def test_works_without_a_login_and_for_nothing_else(self, app: App, ada: httpx.AsyncClient, visitor: httpx.AsyncClient) -> None:
        told = (await post(ada, encoded(picture()))).json()
        links = InputLinks(public_url=BASE_URL, secret=secret_key(app.settings), clock=app.backend.clock)

        answer = await visitor.get(links.address(told["id"]), headers={"Sec-Fetch-Site": "cross-site"})

        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
        assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
        assert (await visitor.get(f"/media/{told['id']}/input")).status_code == 404
        assert (await ada.get(f"/media/{told['id']}/input")).status_code == 404


def resident(server: AppServer) -> int:
    """Bytes of memory that its process holds."""
    return int(Path(f"/proc/{server.pid}/statm").read_text().split()[1]) * resource.getpagesize()


class TestMemory:
    def test_twenty_megabytes_do_not_make_the_process_grow(self, make_server: Callable[..., AppServer]) -> None:
        allow_network()
        server = make_server(NYX_UPLOAD_MAX_MB="25")
        padded = encoded(picture(1600, 1200)) + bytes(20 * MB)
        noise = [Image.effect_noise((5_400, 4_000), 60).rotate(turn) for turn in (0, 180)]
        photograph = encoded(Image.merge("RGB", [noise[0], noise[1], noise[0]]), quality=92)  # 22 megapixels
        assert 15 * MB < len(photograph) < 20 * MB
        with httpx.Client(base_url=server.url, headers={"Sec-Fetch-Site": "same-origin"}, timeout=60) as client:
            client.post("/auth/signup", data={"email": "ada@example.com", "password": PASSWORD})
            assert client.post("/api/uploads", content=encoded(picture(1600, 1200, colour=(1, 2, 3)))).status_code == 201
            before = resident(server)

            peaks, is_over = [before], threading.Event()

            def watch() -> None:
                while not is_over.wait(0.005):
                    peaks.append(resident(server))

            watcher = threading.Thread(target=watch)
            watcher.start()
            try:
                answers = [client.post("/api/uploads", content=content) for content in (padded, photograph, padded)]
            finally:
                is_over.set()
                watcher.join()

        assert [answer.status_code for answer in answers] == [201] * 3
        assert len(peaks) > 20
        assert (max(peaks) - before) / MB < 30
