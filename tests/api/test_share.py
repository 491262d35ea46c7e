"""Shared files and their page over HTTP, through the whole application: what a stranger, a crawler and a revoked link get."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from PIL import Image
from sqlalchemy import text

from nyx.services.media.views import StoredOutput
from nyx.services.sharing.views import ShareLinkView
from tests.services.media.kit import add_output, clip, encoded, picture
from tests.support.app import MakeUser

if TYPE_CHECKING:
    from nyx.app import App

DATA = encoded(picture(1600, 1200))
PROMPT = 'a <b>fox</b> & "friends"'
BROWSER = {"user-agent": "Mozilla/5.0 Firefox/140.0", "accept": "text/html"}
INERT = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox; default-src 'none'",
    "cross-origin-resource-policy": "cross-origin",
    "x-robots-tag": "noindex",
}


async def id_of(app: App, email: str) -> str:
    async with app.db.read() as session:
        connection = await session.connection()
        return str((await connection.execute(text("SELECT id FROM app_user WHERE email = :email"), {"email": email})).scalar_one())


@pytest.fixture
async def owner_id(app: App, make_user: MakeUser) -> str:
    await make_user("ada@example.com")
    return await id_of(app, "ada@example.com")


@pytest.fixture
async def output(app: App, owner_id: str) -> StoredOutput:
    stored = await add_output(app.db, app.media, owner_id=owner_id, data=DATA, prompt=PROMPT)
    await app.media.make_thumbnails(stored.media_id)
    return stored


@pytest.fixture
async def link(app: App, owner_id: str, output: StoredOutput) -> ShareLinkView:
    return await app.backend.sharing.share(owner_id=owner_id, media_id=output.media_id)


@pytest.fixture
async def moving(app: App, owner_id: str, tmp_path: Path) -> ShareLinkView:
    stored = await add_output(app.db, app.media, owner_id=owner_id, data=clip(tmp_path / "a.mp4"), prompt="waves", expect="video")
    await app.media.make_thumbnails(stored.media_id)
    return await app.backend.sharing.share(owner_id=owner_id, media_id=stored.media_id, shows_prompt=True)


def facts(page: str) -> dict[str, str]:
    """What a reader of links finds in the head."""
    return dict(re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)">', page))


class TestPage:
    async def test_says_everything_in_its_first_html(self, app: App, visitor: httpx.AsyncClient, link: ShareLinkView) -> None:
        answer = await visitor.get(link.path, headers=BROWSER)
        assert answer.status_code == 200
        found = facts(answer.text)
        address = f"{app.settings.effective_public_url}{link.path}"
        assert found["og:url"] == address
        assert found["og:image"] == f"{address}/card.jpg"
        assert (found["og:image:width"], found["og:image:height"], found["twitter:card"]) == ("1200", "630", "summary_large_image")
        assert found["robots"].startswith("noindex")
        assert f'<img src="{link.path}/preview"' in answer.text
        assert "Make your own" in answer.text
        assert "1600 × 1200" in answer.text
        assert answer.text.count("<h1") == 1

    async def test_the_prompt_is_nowhere_until_its_owner_shows_it_and_then_it_is_text(
        self, app: App, visitor: httpx.AsyncClient, owner_id: str, output: StoredOutput, link: ShareLinkView
    ) -> None:
        hidden = await visitor.get(link.path, headers=BROWSER)
        assert "fox" not in hidden.text
        await app.backend.sharing.change(owner_id=owner_id, media_id=output.media_id, shows_prompt=True)
        shown = (await visitor.get(link.path, headers=BROWSER)).text
        assert "a &lt;b&gt;fox&lt;/b&gt; &amp; &quot;friends&quot;" in shown
        assert "<b>fox" not in shown

    async def test_a_download_is_offered_only_where_it_is_allowed(
        self, app: App, visitor: httpx.AsyncClient, owner_id: str, output: StoredOutput, link: ShareLinkView
    ) -> None:
        assert "download" not in (await visitor.get(link.path, headers=BROWSER)).text
        await app.backend.sharing.change(owner_id=owner_id, media_id=output.media_id, allows_download=True)
        assert f"{link.path}/original?download=1" in (await visitor.get(link.path, headers=BROWSER)).text

    async def test_of_a_clip_names_what_players_need(self, app: App, visitor: httpx.AsyncClient, moving: ShareLinkView) -> None:
        page = (await visitor.get(moving.path, headers=BROWSER)).text
        found = facts(page)
        address = f"{app.settings.effective_public_url}{moving.path}"
        assert (found["og:type"], found["og:video"], found["og:video:type"]) == ("video.other", f"{address}/original", "video/mp4")
        assert (found["og:video:width"], found["og:video:height"]) == ("320", "180")
        assert (found["twitter:card"], found["twitter:player"]) == ("player", f"{address}/player")
        assert f'<video src="{moving.path}/original"' in page
        assert found["og:title"] == "waves"

    async def test_the_player_may_stand_on_any_page_and_run_nothing(self, visitor: httpx.AsyncClient, moving: ShareLinkView) -> None:
        answer = await visitor.get(f"{moving.path}/player", headers=BROWSER)
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors *" in policy
        assert "script-src" not in policy
        assert "<video" in answer.text

    async def test_what_is_not_shared_is_a_page_that_says_so(self, visitor: httpx.AsyncClient) -> None:
        for path in ("/share/x", f"/share/{'a' * 43}", f"/share/{'a' * 43}/player"):
            answer = await visitor.get(path, headers=BROWSER)
            assert answer.status_code == 404
            assert "isn&#x27;t shared" in answer.text
            assert facts(answer.text)["robots"] == "noindex"

    async def test_a_member_finds_their_own_way_on(self, make_user: MakeUser, link: ShareLinkView) -> None:
        bob = await make_user("bob@example.com")
        page = (await bob.http_client.get(link.path, headers=BROWSER)).text
        assert "Open the studio" in page
        assert 'href="/signup"' not in page

    async def test_visitors_count_and_the_owner_does_not(
        self, app: App, make_user: MakeUser, visitor: httpx.AsyncClient, owner_id: str, output: StoredOutput, link: ShareLinkView
    ) -> None:
        ada = await make_user("ada@example.com")
        await ada.http_client.get(link.path, headers=BROWSER)
        await visitor.get(link.path, headers=BROWSER | {"sec-purpose": "prefetch"})
        for _ in range(2):
            await visitor.get(link.path, headers=BROWSER)
        await app.backend.sharing.flush()
        found = await app.backend.sharing.find_link(owner_id=owner_id, media_id=output.media_id)
        assert found is not None
        assert found.views == 1

    async def test_a_crowd_behind_one_address_is_not_turned_away(self, visitor: httpx.AsyncClient, link: ShareLinkView) -> None:
        answers = [(await visitor.get(f"{link.path}/thumb")).status_code for _ in range(100)]
        assert set(answers) == {200}


class TestFiles:
    async def test_are_for_everybody_for_a_short_while_and_inert(self, visitor: httpx.AsyncClient, link: ShareLinkView) -> None:
        for name, kind in (("thumb", "image/webp"), ("preview", "image/webp"), ("card.jpg", "image/jpeg")):
            answer = await visitor.get(f"{link.path}/{name}")
            assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
            assert answer.headers["cache-control"] == "public, max-age=300"
            assert {header: answer.headers[header] for header in INERT} == INERT
            held = await visitor.get(f"{link.path}/{name}", headers={"if-none-match": answer.headers["etag"]})
            assert (held.status_code, held.content) == (304, b"")

    async def test_the_card_is_the_picture(self, visitor: httpx.AsyncClient, link: ShareLinkView) -> None:
        answer = await visitor.get(f"{link.path}/card.jpg")
        with Image.open(io.BytesIO(answer.content), formats=("JPEG",)) as image:
            assert image.size == (1200, 630)

    async def test_a_clip_is_sent_in_parts(self, visitor: httpx.AsyncClient, moving: ShareLinkView) -> None:
        answer = await visitor.get(f"{moving.path}/original", headers={"range": "bytes=0-9"})
        assert (answer.status_code, len(answer.content)) == (206, 10)
        assert {header: answer.headers[header] for header in INERT} == INERT

    async def test_a_name_does_not_tell_a_hidden_prompt(
        self, app: App, visitor: httpx.AsyncClient, owner_id: str, output: StoredOutput, link: ShareLinkView
    ) -> None:
        await app.backend.sharing.change(owner_id=owner_id, media_id=output.media_id, allows_download=True)
        hidden = await visitor.get(f"{link.path}/original?download=1")
        assert hidden.headers["content-type"] == "image/jpeg"
        assert hidden.headers["content-disposition"].startswith(f'attachment; filename="nyx-net-{output.media_id[:6]}.jpg"')
        await app.backend.sharing.change(owner_id=owner_id, media_id=output.media_id, shows_prompt=True)
        assert "fox" in (await visitor.get(f"{link.path}/original?download=1")).headers["content-disposition"]

    async def test_nothing_is_saved_where_the_download_is_not_allowed(
        self, visitor: httpx.AsyncClient, link: ShareLinkView, moving: ShareLinkView
    ) -> None:
        assert (await visitor.get(f"{link.path}/original")).status_code == 404
        assert (await visitor.get(f"{moving.path}/original?download=1")).headers["content-disposition"].startswith("inline")

    async def test_revoking_ends_every_address(
        self, app: App, visitor: httpx.AsyncClient, owner_id: str, output: StoredOutput, link: ShareLinkView
    ) -> None:
        await app.backend.sharing.revoke(owner_id=owner_id, media_id=output.media_id)
        for path in ("", "/card.jpg", "/thumb", "/preview", "/original", "/player"):
            answer = await visitor.get(link.path + path)
            assert answer.status_code == 404
            assert answer.headers["cache-control"] == "no-store"

    async def test_other_addresses_open_nothing(self, visitor: httpx.AsyncClient, link: ShareLinkView) -> None:
        for tail in ("/poster", "/thumb/more", "/..%2f", "//", "/card.jpg/x"):
            assert (await visitor.get(link.path + tail)).status_code == 404
