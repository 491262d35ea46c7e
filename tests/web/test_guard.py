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


class TestAddressesThatNobodyHas:
    @pytest.mark.parametrize(
        "address",
        ["/c/%00", "/c/a%00b/media/x/thumb", "/api/downloads/%00", "/share/%00", "/studio?model=%00", "/c/x?after=%00"],
    )
    async def test_a_nul_never_gets_to_the_database(self, visitor: httpx.AsyncClient, address: str) -> None:
        assert (await visitor.get(address)).status_code == 400

    async def test_nor_in_a_form(self, visitor: httpx.AsyncClient) -> None:
        assert (await visitor.post("/auth/login", data=FORM | {"email": "a\x00@example.com"}, headers=SAME)).status_code == 422


SAME = {"Origin": "http://test"}


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
        assert login_path("/dashboard/gallery", was_in=True) == "/login?next=%2Fdashboard%2Fgallery&ended=1"


class TestAddresses:
    @pytest.mark.parametrize(
        "host",
        [
            "localhost:8080",
            "127.0.0.1:8080",
            "[::1]:8080",
            "192.168.1.20",
            "nas.local:8080",
            "NAS.local.",
            "studio.lan",
            "studio.home.arpa",
            "vm.internal",
            "studio",
            "box.example.com:8080",
        ],
    )
    def test_without_a_public_name_local_ones_and_the_machines_own_will_do(self, host: str) -> None:
        assert Addresses("", machine="box.example.com").is_our_host(host)

    @pytest.mark.parametrize(
        "host",
        [
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "nas.local.evil.example",
            "evillocal.com",
        ],
    )
    def test_a_strangers_name_that_leads_here_will_not(self, host: str) -> None:
        assert not Addresses("", machine="box").is_our_host(host)

    @pytest.mark.parametrize("host", ["", "a/b", "a b", "user@host", "host#x", ".", "[::1"])
    def test_it_must_be_a_name(self, host: str) -> None:
        assert not Addresses("").is_our_host(host)

    @pytest.mark.parametrize(
        ("host", "path", "is_ours"),
        [
            ("studio.example.com", "/login", True),
            ("STUDIO.example.com:443", "/login", True),
            ("127.0.0.1:8080", "/healthz", True),
            ("localhost:8080", "/readyz", True),
            ("127.0.0.1:8080", "/login", False),
            ("localhost:8080", "/", False),
            ("studio", "/healthz", False),
            ("evil.example", "/healthz", False),
        ],
    )
    def test_a_public_name_is_the_only_name_but_for_monitors(self, host: str, path: str, is_ours: bool) -> None:
        assert Addresses("https://studio.example.com").is_our_host(host, path=path) is is_ours

    async def test_a_foreign_host_name_is_refused(self, tmp_path) -> None:
        async with running_app(tmp_path, public_url="https://studio.example.com") as app, client_of(app) as client:
            refused = await client.get("/login", headers={"Host": "evil.example"})
            assert (refused.status_code, "studio.example.com" in refused.text) == (421, True)
            assert (await client.get("/login", headers={"Host": "studio.example.com"})).status_code == 200
            assert (await client.get("/healthz", headers={"Host": "10.0.0.7:8080"})).status_code == 200

    async def test_the_refusal_names_the_setting_that_is_missing(self, visitor: httpx.AsyncClient) -> None:
        refused = await visitor.get("/login", headers={"Host": "studio.example.com"})

        assert (refused.status_code, "NYX_PUBLIC_URL" in refused.text) == (421, True)
