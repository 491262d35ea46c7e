"""Private files over HTTP: whose they are, which part, for how long, and inert in every answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nyx.api.media import router
from nyx.db import Database
from nyx.services.media.conversions import Formats
from nyx.services.media.keys import converted_key
from nyx.services.media.library import MediaLibrary
from nyx.services.media.service import MediaService
from nyx.services.media.storage import LocalStorage
from nyx.services.media.views import StoredOutput
from tests.services.media.conftest import bus, clip_formats, formats, library, media, storage
from tests.services.media.kit import OWNER, STRANGER, add_output, add_people, clip, encoded, picture
from tests.support.app import MakeUser
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from nyx.app import App

__all__ = ["bus", "clip_formats", "formats", "library", "media", "storage"]  # fixtures of the service's own tests

INERT = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox; default-src 'none'",
    "cross-origin-resource-policy": "same-origin",
}
DATA = encoded(picture(800, 600))


class SignedIn:
    """Stands where the guard stands: says who asks."""

    def __init__(self, app: ASGIApp, user_id: str | None) -> None:
        self._app = app
        self._user = SimpleNamespace(id=user_id) if user_id else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["user"] = self._user
        await self._app(scope, receive, send)


def client_of(service: MediaService, formats: Formats, user_id: str | None) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app_for(service, formats, user_id)), base_url="http://test")


def app_for(service: MediaService, formats: Formats, user_id: str | None) -> ASGIApp:
    app = FastAPI()
    app.include_router(router(service, formats))
    return SignedIn(app, user_id)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """HTTP is the same on both databases, and the service's own tests run on both."""
    return sqlite_url


@pytest.fixture
async def owner(media: MediaService, formats: Formats) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(media, formats, OWNER) as client:
        yield client


@pytest.fixture
async def output(db: Database, media: MediaService) -> StoredOutput:
    await add_people(db)
    stored = await add_output(db, media, data=DATA, prompt='A "fox" in the Öl')
    await media.make_thumbnails(stored.media_id)
    return stored


@pytest.fixture
async def film(db: Database, media: MediaService, tmp_path: Path) -> StoredOutput:
    await add_people(db)
    stored = await add_output(db, media, data=clip(tmp_path / "clip.mp4"), prompt="waves", expect="video")
    await media.make_thumbnails(stored.media_id)
    return stored


def address(output: StoredOutput, variant: str = "original") -> str:
    return f"/media/{output.media_id}/{variant}"


class TestWhole:
    async def test_sends_the_very_bytes_with_their_exact_type(self, owner: httpx.AsyncClient, output: StoredOutput) -> None:
        answer = await owner.get(address(output))
        assert (answer.status_code, answer.content) == (200, DATA)
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["content-length"] == str(len(DATA))
        assert answer.headers["accept-ranges"] == "bytes"
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"

    async def test_a_head_says_the_same_without_the_bytes(self, owner: httpx.AsyncClient, output: StoredOutput) -> None:
        whole, head = await owner.get(address(output)), await owner.head(address(output))
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers == whole.headers

    @pytest.mark.parametrize("variant", ["thumb", "preview"])
    async def test_thumbnails_are_webp(self, owner: httpx.AsyncClient, output: StoredOutput, variant: str) -> None:
        answer = await owner.get(address(output, variant))
        assert answer.headers["content-type"] == "image/webp"
        assert answer.content[8:12] == b"WEBP"

    async def test_until_there_are_thumbnails_the_original_is_sent_but_not_kept(
        self, db: Database, media: MediaService, owner: httpx.AsyncClient, output: StoredOutput
    ) -> None:
        fresh = await add_output(db, media, data=DATA, prompt="another")
        answer = await owner.get(address(fresh, "thumb"))
        assert answer.content == DATA
        assert answer.headers["cache-control"] == "private, no-cache"

    @pytest.mark.parametrize(("query", "kind"), [("", "inline"), ("?download=1", "attachment"), ("?download=0", "inline")])
    async def test_is_saved_under_the_words_of_its_prompt(
        self, owner: httpx.AsyncClient, output: StoredOutput, query: str, kind: str
    ) -> None:
        answer = await owner.get(address(output) + query)
        short = output.media_id[:6]
        plain, true = f"a-fox-in-the-ol-{short}.jpg", f"a-fox-in-the-%C3%B6l-{short}.jpg"
        assert answer.headers["content-disposition"] == f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{true}"


class TestPart:
    @pytest.mark.parametrize(
        ("wanted", "got"),
        [("bytes=0-9", slice(0, 10)), ("bytes=10-", slice(10, None)), ("bytes=-5", slice(-5, None)), ("bytes=5-999999999", slice(5, None))],
    )
    async def test_sends_only_what_was_asked_for(self, owner: httpx.AsyncClient, output: StoredOutput, wanted: str, got: slice) -> None:
        answer = await owner.get(address(output), headers={"range": wanted})
        assert (answer.status_code, answer.content) == (206, DATA[got])
        assert answer.headers["content-range"].endswith(f"/{len(DATA)}")

    async def test_several_parts_come_in_one_answer(self, owner: httpx.AsyncClient, output: StoredOutput) -> None:
        answer = await owner.get(address(output), headers={"range": "bytes=0-3,10-13"})
        assert answer.status_code == 206
        assert answer.headers["content-type"].startswith("multipart/byteranges")

    async def test_a_part_beyond_the_end_is_refused(self, owner: httpx.AsyncClient, output: StoredOutput) -> None:
        answer = await owner.get(address(output), headers={"range": f"bytes={len(DATA)}-"})
        assert answer.status_code == 416
        assert answer.headers["content-range"] == f"bytes */{len(DATA)}"
        assert answer.headers["cache-control"] == "no-store"

    async def test_a_part_of_the_file_that_was_held_continues_it(self, owner: httpx.AsyncClient, output: StoredOutput) -> None:
        etag = (await owner.head(address(output))).headers["etag"]
        answer = await owner.get(address(output), headers={"range": "bytes=10-", "if-range": etag})
        assert (answer.status_code, answer.content) == (206, DATA[10:])

    async def test_a_part_of_another_file_starts_anew(self, owner: httpx.AsyncClient, output: StoredOutput) -> None:
        answer = await owner.get(address(output), headers={"range": "bytes=10-", "if-range": '"another"'})
        assert (answer.status_code, answer.content) == (200, DATA)


class TestKept:
    @pytest.mark.parametrize("shape", ["{}", "W/{}", '"other", {}', "*"])
    async def test_what_the_browser_has_is_not_sent_again(self, owner: httpx.AsyncClient, output: StoredOutput, shape: str) -> None:
        etag = (await owner.head(address(output))).headers["etag"]
        answer = await owner.get(address(output), headers={"if-none-match": shape.format(etag)})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"

    async def test_an_old_copy_is_replaced(self, owner: httpx.AsyncClient, output: StoredOutput) -> None:
        answer = await owner.get(address(output), headers={"if-none-match": '"old"'})
        assert answer.status_code == 200

    async def test_the_tag_is_strong_and_each_variant_has_its_own(self, owner: httpx.AsyncClient, output: StoredOutput) -> None:
        tags = [(await owner.head(address(output, variant))).headers["etag"] for variant in ("original", "thumb", "preview")]
        assert len(set(tags)) == 3
        assert all(tag.startswith('"') and tag.endswith('"') for tag in tags)
        assert tags[0] == f'"{output.sha256[:32]}"'


class TestWhose:
    @pytest.mark.parametrize("who", [None, STRANGER])
    @pytest.mark.parametrize("variant", ["original", "thumb", "preview"])
    async def test_nobody_else_can_tell_it_from_nothing(
        self, media: MediaService, formats: Formats, output: StoredOutput, who: str | None, variant: str
    ) -> None:
        async with client_of(media, formats, who) as client:
            foreign = await client.get(address(output, variant))
            absent = await client.get(f"/media/{'0' * 32}/{variant}")
        assert foreign.status_code == absent.status_code == 404
        assert foreign.content == absent.content
        assert foreign.headers == absent.headers

    async def test_a_tag_that_leaked_opens_nothing(self, media: MediaService, formats: Formats, output: StoredOutput) -> None:
        async with client_of(media, formats, STRANGER) as client:
            answer = await client.get(address(output), headers={"if-none-match": f'"{output.sha256[:32]}"'})
        assert answer.status_code == 404

    async def test_deleted_is_gone(self, library: MediaLibrary, owner: httpx.AsyncClient, output: StoredOutput) -> None:
        await library.trash(owner_id=OWNER, media_ids=[output.media_id])
        assert (await owner.get(address(output))).status_code == 404


class TestClips:
    async def test_the_moving_preview_is_a_small_mp4_in_parts(self, owner: httpx.AsyncClient, film: StoredOutput) -> None:
        whole = await owner.get(address(film, "clip-preview"))
        part = await owner.get(address(film, "clip-preview"), headers={"range": "bytes=0-9"})
        again = await owner.get(address(film, "clip-preview"), headers={"if-none-match": whole.headers["etag"]})
        assert (whole.status_code, whole.headers["content-type"], whole.content[4:8]) == (200, "video/mp4", b"ftyp")
        assert (part.status_code, part.content) == (206, whole.content[:10])
        assert (again.status_code, again.content) == (304, b"")
        assert {name: part.headers[name] for name in INERT} == INERT

    async def test_a_picture_has_none(self, owner: httpx.AsyncClient, output: StoredOutput) -> None:
        assert (await owner.get(address(output, "clip-preview"))).status_code == 404

    async def test_another_format_is_promised_and_then_sent(self, owner: httpx.AsyncClient, film: StoredOutput) -> None:
        wanted = address(film) + "?as=webm&download=1"
        promise = await owner.get(wanted)
        assert (promise.status_code, promise.text) == (202, "Your clip is being prepared as WebM. That takes some seconds.")
        assert int(promise.headers["retry-after"]) >= 1
        assert {name: promise.headers[name] for name in INERT} == INERT
        assert promise.headers["cache-control"] == "no-store"

        async def is_there() -> bool:
            return (await owner.head(wanted)).status_code == 200

        await eventually(is_there)
        answer = await owner.get(wanted, headers={"range": "bytes=0-3"})
        assert (answer.status_code, answer.content, answer.headers["content-type"]) == (206, b"\x1a\x45\xdf\xa3", "video/webm")
        assert ".webm" in answer.headers["content-disposition"]

    async def test_its_own_format_is_sent_at_once(self, owner: httpx.AsyncClient, film: StoredOutput) -> None:
        assert (await owner.get(address(film) + "?as=mp4")).content == (await owner.get(address(film))).content

    @pytest.mark.parametrize("wanted", ["gif", "", "../x"])
    async def test_no_other_format_is_made(self, owner: httpx.AsyncClient, film: StoredOutput, wanted: str) -> None:
        answer = await owner.get(address(film), params={"as": wanted})
        assert (answer.status_code, answer.text) == (422, "There is no such format here.")
        assert {name: answer.headers[name] for name in INERT} == INERT

    async def test_nobody_else_starts_a_conversion(
        self, media: MediaService, formats: Formats, film: StoredOutput, storage: LocalStorage
    ) -> None:
        async with client_of(media, formats, STRANGER) as client:
            assert (await client.get(address(film) + "?as=webm")).status_code == 404
        assert not storage.exists(converted_key(film.storage_key, "webm"))


class TestBehindTheGuard:
    async def test_in_the_whole_app_only_the_owner_gets_it(self, app: App, make_user: MakeUser) -> None:
        ada, bob, visitor = await make_user("ada@example.com"), await make_user("bob@example.com"), await make_user()
        stored = await add_output(app.db, app.media, owner_id=await _id_of(app, "ada@example.com"), data=DATA)
        whole = await ada.http_client.get(address(stored))
        assert (whole.status_code, whole.headers["etag"]) == (200, f'"{stored.sha256[:32]}"')
        for answer in (whole, await bob.http_client.get(address(stored)), await visitor.http_client.get(address(stored))):
            assert answer.status_code == (200 if answer is whole else 404)
            assert [value for name, value in answer.headers.multi_items() if name in INERT] == [answer.headers[name] for name in INERT]
            assert {name: answer.headers[name] for name in INERT} == INERT


async def _id_of(app: App, email: str) -> str:
    async with app.db.read() as session:
        connection = await session.connection()
        return str((await connection.execute(text("SELECT id FROM app_user WHERE email = :email"), {"email": email})).scalar_one())


class TestInert:
    @pytest.mark.parametrize(
        ("path", "headers", "status"),
        [
            ("original", {}, 200),
            ("thumb", {}, 200),
            ("original", {"range": "bytes=0-9"}, 206),
            ("original", {"range": "bytes=0-3,10-13"}, 206),
            ("original", {"if-none-match": "*"}, 304),
            ("original", {"range": "bytes=999999999-"}, 416),
            ("original", {"range": "lines=1-2"}, 400),
            ("poster", {}, 404),
            ("original/more", {}, 404),
        ],
    )
    async def test_every_answer_is(
        self, owner: httpx.AsyncClient, output: StoredOutput, path: str, headers: dict[str, str], status: int
    ) -> None:
        for method in ("GET", "HEAD"):
            answer = await owner.request(method, address(output, path), headers=headers)
            assert answer.status_code == status
            assert {name: answer.headers[name] for name in INERT} == INERT
            assert [value for name, value in answer.headers.multi_items() if name in INERT] == [answer.headers[name] for name in INERT]

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
    async def test_nothing_can_be_written(self, owner: httpx.AsyncClient, output: StoredOutput, method: str) -> None:
        assert (await owner.request(method, address(output))).status_code == 405


_PIECES = ["..", ".", "%2e%2e", "%2f", "\\", "\x00", "//", "~", "original", "0" * 32, "tmp"]
hostile_tails = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(_PIECES), max_size=6).map("/".join))


class TestAddress:
    @given(tail=hostile_tails)
    @settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, derandomize=True)
    async def test_no_other_address_opens_anything(self, media: MediaService, formats: Formats, output: StoredOutput, tail: str) -> None:
        assert await ask(app_for(media, formats, OWNER), f"/media/{tail}") == 404


async def ask(app: ASGIApp, path: str) -> int:
    """The status of a GET of this path as a server would hand it over, however odd; a client would tidy it first."""
    started: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            started.append(message)

    raw = path.encode("utf-8", "surrogatepass")
    scope = {"type": "http", "method": "GET", "path": path, "raw_path": raw, "root_path": "", "query_string": b"", "headers": []}
    await app({**scope, "http_version": "1.1", "scheme": "http", "server": ("test", 80), "client": ("test", 1), "asgi": {}}, receive, send)
    return int(started[0]["status"])
