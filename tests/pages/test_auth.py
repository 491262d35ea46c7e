"""The forms in front of the studio, as a person meets them."""

from __future__ import annotations

import httpx
from nicegui import ui

from tests.support.app import PASSWORD, MakeUser

FORM = {"email": "ann@example.com", "password": PASSWORD}


class TestSignUp:
    async def test_promises_the_bonus_and_asks_for_two_things(self, make_user: MakeUser) -> None:
        user = await make_user()
        await user.open("/signup")

        await user.should_see("Create your account")
        await user.should_see("15 credits, good for 14 days")
        await user.should_see(marker="email")
        await user.should_see(marker="password")

    async def test_lands_in_the_studio_logged_in(self, visitor: httpx.AsyncClient) -> None:
        answer = await visitor.post("/auth/signup", data=FORM)

        assert (answer.status_code, answer.headers["location"]) == (303, "/studio/text-to-image")
        page = await visitor.get("/studio/text-to-image")
        assert page.status_code == 200
        assert "ann@example.com" in page.text

    async def test_says_what_is_wrong_beside_the_field_and_keeps_the_address(self, make_user: MakeUser) -> None:
        user = await make_user()
        answer = await user.http_client.post("/auth/signup", data={"email": "ann@example.com", "password": "password"})
        await user.open(answer.headers["location"])

        await user.should_see("Anyone would guess that password")
        await user.should_see("ann@example.com")
        fields = {element.props["name"]: element for element in user.find(kind=ui.element, marker="email").elements}
        assert fields["email"].props.get("error") is None

    async def test_an_address_that_is_taken_leads_to_the_login(self, make_user: MakeUser) -> None:
        await make_user("ann@example.com")
        user = await make_user()
        answer = await user.http_client.post("/auth/signup", data=FORM)
        await user.open(answer.headers["location"])

        await user.should_see("There is an account with this address already")

    async def test_neither_address_nor_password_stand_in_the_url(self, visitor: httpx.AsyncClient) -> None:
        answer = await visitor.post("/auth/signup", data={"email": "ann@example.com", "password": "zq7!x"})

        assert "ann" not in answer.headers["location"]
        assert "zq7!x" not in (await visitor.get(answer.headers["location"])).text


class TestLogIn:
    async def test_a_wrong_login_never_says_which_part(self, make_user: MakeUser) -> None:
        await make_user("ann@example.com")
        user = await make_user()
        pages = []
        for form in ({**FORM, "password": "not this one"}, {**FORM, "email": "bob@example.com"}):
            answer = await user.http_client.post("/auth/login", data=form)
            await user.open(answer.headers["location"])
            await user.should_see("The e-mail address or the password isn't right.")
            pages.append((answer.status_code, answer.headers["location"].split("=")[0]))

        assert pages[0] == pages[1]

    async def test_goes_on_to_where_one_wanted_to_go(self, make_user: MakeUser, visitor: httpx.AsyncClient) -> None:
        await make_user("ann@example.com")

        wrong = await visitor.post("/auth/login", data={**FORM, "password": "x", "next": "/dashboard/gallery"})
        assert "next=%2Fdashboard%2Fgallery" in wrong.headers["location"]
        right = await visitor.post("/auth/login", data={**FORM, "next": "/dashboard/gallery"})
        assert right.headers["location"] == "/dashboard/gallery"

    async def test_is_nothing_for_people_who_are_logged_in(self, make_user: MakeUser) -> None:
        user = await make_user("ann@example.com")

        assert (await user.http_client.get("/login")).headers["location"] == "/studio/text-to-image"
        assert (await user.http_client.get("/signup?next=//evil.example")).headers["location"] == "/studio/text-to-image"

    async def test_too_many_wrong_tries_have_to_wait(self, make_user: MakeUser, visitor: httpx.AsyncClient) -> None:
        await make_user("ann@example.com")
        for _ in range(5):
            await visitor.post("/auth/login", data={**FORM, "password": "not this one"})

        answer = await visitor.post("/auth/login", data=FORM, headers={"Accept": "text/html"})

        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) >= 1
        assert "Please wait" in answer.text


class TestLogOut:
    async def test_ends_the_session_on_the_server(self, make_user: MakeUser) -> None:
        user = await make_user("ann@example.com")
        stolen = dict(user.http_client.cookies)

        answer = await user.http_client.post("/auth/logout")
        user.http_client.cookies.update(stolen)

        assert answer.headers["location"] == "/login"
        assert (await user.http_client.get("/studio/text-to-image")).headers["location"] == "/login?ended=1"

    async def test_who_had_not_pressed_it_reads_why_they_are_here_and_nobody_else_does(self, make_user: MakeUser) -> None:
        user = await make_user("ann@example.com")
        kept = dict(user.http_client.cookies)
        await user.http_client.post("/auth/logout")
        user.http_client.cookies.update(kept)
        for path, why in {
            "/studio/text-to-image": "You were logged out. Log in to go on; what you typed is kept.",
            "/dashboard/gallery": "You were logged out. Log in to go on.",
        }.items():
            await user.open((await user.http_client.get(path)).headers["location"])
            await user.should_see(why)

        user.http_client.cookies.clear()
        await user.open((await user.http_client.get("/studio/text-to-image")).headers["location"])
        await user.should_see("Welcome back.")


class TestTheme:
    async def test_is_kept_in_the_browser_and_in_the_account(self, make_user: MakeUser) -> None:
        user = await make_user("ann@example.com")

        answer = await user.http_client.post("/auth/theme", data={"theme": "light", "next": "/dashboard/gallery"})
        assert (answer.headers["location"], user.http_client.cookies["theme"]) == ("/dashboard/gallery", "light")
        assert (await user.http_client.post("/auth/theme", data={"theme": "neon"})).status_code == 422
