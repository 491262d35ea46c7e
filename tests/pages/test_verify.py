"""The page for reading a file: open to everybody, found by search engines, linked from every page."""

from __future__ import annotations

import httpx

from tests.support.app import MakeUser


class TestVerify:
    async def test_is_open_to_visitors_and_to_members(self, make_user: MakeUser) -> None:
        for email in (None, "ada@example.com"):
            user = await make_user(email)
            await user.open("/verify")
            await user.should_see("Where does this file come from?")
            await user.should_see("deleted at once")

    async def test_may_be_found(self, visitor: httpx.AsyncClient) -> None:
        page = (await visitor.get("/verify")).text

        assert '<meta name="robots" content="index,follow">' in page
        assert '<link rel="canonical" href="http://localhost:8080/verify">' in page
        assert "Verify a file · Nyx-Net" in page
        assert "Disallow: /verify" not in (await visitor.get("/robots.txt")).text

    async def test_is_linked_from_the_foot_of_other_pages(self, visitor: httpx.AsyncClient) -> None:
        assert 'href=\\"/verify\\"' in (await visitor.get("/login")).text
