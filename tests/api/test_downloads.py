"""Archives and the files of shared collections over HTTP, behind the guard."""

from __future__ import annotations

import hashlib
import io
import zipfile
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from nyx.errors import Overloaded
from nyx.services.media.views import StoredOutput
from tests.services.media.kit import add_output, encoded, picture
from tests.support.app import MakeUser, client_of

if TYPE_CHECKING:
    import httpx
    from nicegui.testing import User

    from nyx.app import App

DATA = encoded(picture(320, 240))
INERT = {"x-content-type-options": "nosniff", "content-security-policy": "sandbox; default-src 'none'"}


@pytest.fixture
async def ada(make_user: MakeUser) -> User:
    return await make_user("ada@example.com")


async def make(app: App, count: int = 1) -> list[StoredOutput]:
    """Finished pictures of Ada's, with thumbnails."""
    async with app.db.read() as session:
        owner = (await (await session.connection()).execute(text("SELECT id FROM app_user WHERE email = 'ada@example.com'"))).scalar_one()
    made = [await add_output(app.db, app.media, owner_id=owner, data=DATA, prompt=f"fox {number}") for number in range(count)]
    await app.media.make_missing_thumbnails()
    return made


def owner_of(output: StoredOutput) -> str:
    return output.storage_key.split("/")[0]


class TestDownloads:
    async def test_an_archive_comes_whole_with_its_size_before_it_and_once(self, app: App, ada: User) -> None:
        made = await make(app, 3)
        offered = await ada.http_client.post("/api/downloads", data={"ids": [one.media_id for one in made]})
        assert offered.status_code == 303
        async with ada.http_client.stream("GET", offered.headers["location"]) as answer:
            announced = int(answer.headers["content-length"])
            data = b"".join([chunk async for chunk in answer.aiter_raw()])
        assert (answer.status_code, answer.headers["content-type"], len(data)) == (200, "application/zip", announced)
        assert answer.headers["content-disposition"].startswith("attachment; filename=")
        assert answer.headers["cache-control"] == "no-store"
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert {hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()} == {one.sha256 for one in made}
            assert len(archive.namelist()) == 3
        assert (await ada.http_client.get(offered.headers["location"])).status_code == 409

    async def test_is_for_its_owner_alone(self, app: App, ada: User, make_user: MakeUser) -> None:
        (made,) = await make(app)
        bob = (await make_user("bob@example.com")).http_client
        offered = await ada.http_client.post("/api/downloads", data={"ids": made.media_id})
        for client, status in ((bob, 404), (client_of(app), 403)):
            assert (await client.get(offered.headers["location"])).status_code == status
        assert (await bob.post("/api/downloads", data={"ids": made.media_id})).status_code == 404
        assert (await client_of(app).post("/api/downloads", data={"ids": made.media_id})).status_code == 403
        assert (await ada.http_client.head(offered.headers["location"])).status_code == 404  # and uses nothing up
        assert (await ada.http_client.get(offered.headers["location"])).status_code == 200

    async def test_a_studio_that_is_too_busy_says_when_to_come_back_and_the_address_still_works_then(
        self, app: App, ada: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (made,) = await make(app)
        offered = await ada.http_client.post("/api/downloads", data={"ids": made.media_id})

        async def busy(**_: str) -> str:
            raise Overloaded(retry_after_s=4.2)

        with monkeypatch.context() as patched:
            patched.setattr(app.backend.downloads, "_leaving_key", busy)
            refused = await ada.http_client.get(offered.headers["location"])
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert (await ada.http_client.get(offered.headers["location"])).status_code == 200

    async def test_another_site_can_not_make_one(self, app: App, ada: User) -> None:
        (made,) = await make(app)
        headers = {"sec-fetch-site": "cross-site", "origin": "http://elsewhere.example"}
        assert (await ada.http_client.post("/api/downloads", data={"ids": made.media_id}, headers=headers)).status_code == 403

    @pytest.mark.parametrize("form", [{}, {"ids": ""}, {"ids": ","}, {"collection": "x"}])
    async def test_nothing_chosen_is_refused_in_words(self, ada: User, form: dict[str, str]) -> None:
        answer = await ada.http_client.post("/api/downloads", data=form)
        assert (answer.status_code, answer.headers["content-type"]) == (422, "text/plain; charset=utf-8")


class TestSharedFiles:
    @pytest.fixture
    async def shared(self, app: App, ada: User) -> tuple[str, StoredOutput, StoredOutput]:
        """The address of a shared collection, what is in it and what is not."""
        inside, outside = await make(app, 2)
        owner = owner_of(inside)
        trip = await app.backend.collections.create(owner_id=owner, name="Trip", media_ids=[inside.media_id])
        return f"/c/{await app.backend.collections.publish(owner_id=owner, collection_id=trip)}", inside, outside

    async def test_anybody_sees_thumbnails_of_what_is_inside_and_nothing_else(
        self, visitor: httpx.AsyncClient, shared: tuple[str, StoredOutput, StoredOutput]
    ) -> None:
        address, inside, outside = shared
        for variant in ("thumb", "preview"):
            answer = await visitor.get(f"{address}/media/{inside.media_id}/{variant}")
            assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
            assert {name: answer.headers[name] for name in INERT} == INERT
            assert answer.headers["cache-control"] == "private, no-cache"
        for path in (
            f"{address}/media/{inside.media_id}/original",
            f"{address}/media/{outside.media_id}/thumb",
            f"/c/guessed/media/{inside.media_id}/thumb",
            f"{address}/media/x/thumb",
            f"/media/{inside.media_id}/thumb",
        ):
            assert (await visitor.get(path)).status_code == 404

    async def test_nothing_tells_a_prompt(self, visitor: httpx.AsyncClient, shared: tuple[str, StoredOutput, StoredOutput]) -> None:
        address, inside, _ = shared
        page = await visitor.get(address, headers={"user-agent": "Mozilla/5.0 Firefox/140.0"})
        assert ("Picture 1 of 1 in Trip" in page.text, "fox" in page.text.replace("Firefox", "")) == (True, False)
        answer = await visitor.get(f"{address}/media/{inside.media_id}/preview?download=1")
        assert f"nyx-net-{inside.media_id[:6]}.webp" in answer.headers["content-disposition"]

    async def test_without_a_thumbnail_the_original_is_not_given_away(
        self, app: App, visitor: httpx.AsyncClient, shared: tuple[str, StoredOutput, StoredOutput]
    ) -> None:
        address, inside, _ = shared
        await app.db.write(lambda tx: tx.execute("UPDATE media SET thumbnails = 'failed'"))
        assert (await visitor.get(f"{address}/media/{inside.media_id}/thumb")).status_code == 404

    async def test_a_wall_full_of_them_is_no_flood_of_pages(
        self, visitor: httpx.AsyncClient, shared: tuple[str, StoredOutput, StoredOutput]
    ) -> None:
        address, inside, _ = shared
        for _ in range(80):
            assert (await visitor.get(f"{address}/media/{inside.media_id}/thumb")).status_code == 200

    async def test_the_page_tells_search_engines_to_stay_away_and_ends_with_the_sharing(
        self, app: App, visitor: httpx.AsyncClient, shared: tuple[str, StoredOutput, StoredOutput]
    ) -> None:
        address, inside, _ = shared
        page = await visitor.get(address, headers={"user-agent": "Mozilla/5.0 Firefox/140.0"})
        assert (page.status_code, "noindex" in page.text, "ada@example.com" in page.text) == (200, True, False)
        assert (await visitor.get(f"{address}?after=nonsense")).status_code == 404
        owner = owner_of(inside)
        await app.backend.sharing.flush()
        (trip,) = await app.backend.collections.list(owner_id=owner)
        assert trip.views == 1
        await app.backend.collections.revoke(owner_id=owner, collection_id=trip.id)
        assert (await visitor.get(address)).status_code == 404
        assert (await visitor.get(f"{address}/media/{inside.media_id}/thumb")).status_code == 404
