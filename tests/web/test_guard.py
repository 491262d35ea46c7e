"""The guard on plain requests: forged forms, foreign names, redirects, and pages of people who are not logged in."""

from __future__ import annotations

import httpx
import pytest

from nyx.app import App
from nyx.web.addresses import HOME, Addresses, login_path, safe_next
from tests.support.app import PASSWORD, client_of, running_app, sign_up_or_in

ROUTES = ("/auth/signup", "/auth/login", "/auth/logout", "/auth/theme")
FORM = {"email": "ann@example.com", "password": PASSWORD, "theme": "light"}


class TestForgery:
    @pytest.mark.parametrize("route", ROUTES)
    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": "http://evil.example", "Sec-Fetch-Site": ""},
            {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
            {"Origin": "http://test.evil.example"},
            {"Sec-Fetch-Site": ""},
        ],
    )
    async def test_a_post_from_elsewhere_changes_nothing(self, app: App, visitor: httpx.AsyncClient, route: str, headers: dict) -> None:
        answer = await visitor.post(route, data=FORM, headers=headers)

        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
        assert await app.backend.people.list_people() == ()

    @pytest.mark.parametrize("headers", [{"Origin": "http://test", "Sec-Fetch-Site": ""}, {"Sec-Fetch-Site": "same-origin"}])
    async def test_a_post_from_our_own_page_works(self, visitor: httpx.AsyncClient, headers: dict) -> None:
        assert (await visitor.post("/auth/signup", data=FORM, headers=headers)).headers["location"] == HOME

    async def test_a_link_from_elsewhere_works(self, visitor: httpx.AsyncClient) -> None:
        assert (await visitor.get("/login", headers={"Sec-Fetch-Site": "cross-site"})).status_code == 200


class TestVisitors:
    @pytest.mark.parametrize("path", ["/studio/text-to-image", "/dashboard/gallery", "/admin"])
    async def test_are_sent_to_the_login(self, visitor: httpx.AsyncClient, path: str) -> None:
        answer = await visitor.get(path)

        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login")

    async def test_come_back_to_where_they_wanted_to_go(self, visitor: httpx.AsyncClient) -> None:
        login = await visitor.get("/dashboard/gallery?kind=image")
        page = await visitor.get(login.headers["location"])

        assert "/dashboard/gallery?kind=image" in page.text
        done = await visitor.post("/auth/signup", data={**FORM, "next": "/dashboard/gallery?kind=image"})
        assert done.headers["location"] == "/dashboard/gallery?kind=image"

    async def test_who_ask_for_too_many_pages_wait(self, app: App, visitor: httpx.AsyncClient) -> None:
        statuses = [(await visitor.get("/login")).status_code for _ in range(75)]

        assert statuses[0] == 200
        assert statuses[-1] == 429
        assert (await visitor.get("/healthz")).status_code == 200
        async with client_of(app) as member:
            await sign_up_or_in(member, email="ann@example.com", password=PASSWORD)
            assert (await member.get("/studio/text-to-image")).status_code == 200


class TestSafeNext:
    @pytest.mark.parametrize(
        "target",
        [
            "",
            "dashboard",
            "//evil.example",
            "///evil.example",
            "https://evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/ok\r\nSet-Cookie: a=b",
            "javascript:alert(1)",
            "/auth/logout",
            "/login",
            "/_nicegui/x",
        ],
    )
    def test_leads_home_from_anything_odd(self, target: str) -> None:
        assert safe_next(target) == HOME

    @pytest.mark.parametrize("target", ["/dashboard/gallery", "/studio/text-to-image?prompt=a%20fox", "/a//b"])
    def test_keeps_our_own_paths(self, target: str) -> None:
        assert safe_next(target) == target

    def test_a_login_for_home_needs_no_next(self) -> None:
        assert login_path(HOME) == "/login"
        assert login_path("/dashboard/gallery") == "/login?next=%2Fdashboard%2Fgallery"


class TestAddresses:
    @pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "nas.local:8080", "studio"])
    def test_any_name_will_do_without_a_public_one(self, host: str) -> None:
        assert Addresses("").is_our_host(host)

    @pytest.mark.parametrize("host", ["", "a/b", "a b", "user@host", "host#x"])
    def test_but_it_must_be_a_name(self, host: str) -> None:
        assert not Addresses("").is_our_host(host)

    @pytest.mark.parametrize(
        ("host", "is_ours"),
        [
            ("studio.example.com", True),
            ("STUDIO.example.com", True),
            ("127.0.0.1:8080", True),
            ("localhost:8080", True),
            ("evil.example", False),
        ],
    )
    def test_a_public_name_is_the_only_name(self, host: str, is_ours: bool) -> None:
        assert Addresses("https://studio.example.com").is_our_host(host) is is_ours

    def test_the_public_origin_counts_behind_a_proxy_that_renames_the_host(self) -> None:
        addresses = Addresses("https://studio.example.com")

        assert addresses.is_our_origin("https://studio.example.com", host="127.0.0.1:8080")
        assert not addresses.is_our_origin("https://evil.example", host="127.0.0.1:8080")

    async def test_a_foreign_host_name_is_refused(self, tmp_path) -> None:
        async with running_app(tmp_path, public_url="https://studio.example.com") as app, client_of(app) as client:
            assert (await client.get("/login", headers={"Host": "evil.example"})).status_code == 421
            assert (await client.get("/login", headers={"Host": "studio.example.com"})).status_code == 200
