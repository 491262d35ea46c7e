"""Sockets: only from our own pages, only for the session that got the page, and only as long as it lasts."""

from __future__ import annotations

import asyncio
import json
from itertools import cycle
from typing import Any

import httpx
import pytest
from nicegui import Client, ui

from nyx.app import App
from nyx.models.people import Role
from nyx.services.accounts import SessionView
from nyx.services.accounts.sessions import Sessions
from nyx.web import sockets
from nyx.web.sockets import PageSessions, prune_pages
from tests.support.app import PASSWORD, client_of, sign_up_or_in
from tests.web.socket import browser_headers, client_id_in, open_socket

STUDIO = "/studio/text-to-image"


@pytest.fixture
async def ann(app: App):
    async with client_of(app) as client:
        await sign_up_or_in(client, email="ann@example.com", password=PASSWORD)
        yield client


@pytest.fixture
async def eve(app: App, ann: httpx.AsyncClient):
    async with client_of(app) as client:
        await sign_up_or_in(client, email="eve@example.com", password=PASSWORD)
        yield client


async def page_of(person: httpx.AsyncClient, path: str = STUDIO) -> str:
    return client_id_in((await person.get(path)).text)


async def eventually(claim) -> None:
    for _ in range(100):
        if claim():
            return
        await asyncio.sleep(0.03)
    raise AssertionError("it never came true")


def button_on(client_id: str) -> tuple[list[str], dict[str, Any]]:
    """A button on an open page, what it heard, and the message of a click on it."""
    heard: list[str] = []
    with Client.instances[client_id]:
        button = ui.button(on_click=lambda: heard.append("click"))
    listener = next(iter(button._event_listeners.values()))
    return heard, {"client_id": client_id, "id": button.id, "listener_id": listener.id, "args": [json.dumps({})]}


class TestOrigin:
    async def test_our_own_page_gets_its_socket(self, app: App, ann: httpx.AsyncClient) -> None:
        async with open_socket(app, client_id=await page_of(ann), headers=browser_headers(ann)) as socket:
            assert socket.status == "open"

    @pytest.mark.parametrize("origin", ["http://evil.example", "http://test.evil.example", "http://test:8080", "null", "", "file://test"])
    async def test_a_page_of_another_site_does_not(self, app: App, ann: httpx.AsyncClient, origin: str) -> None:
        async with open_socket(app, client_id=await page_of(ann), headers=browser_headers(ann) | {"Origin": origin}) as socket:
            assert socket.status == "closed"

    async def test_nor_does_a_socket_that_names_no_page_of_origin(self, app: App, ann: httpx.AsyncClient) -> None:
        async with open_socket(app, client_id=await page_of(ann), headers=browser_headers(ann, origin=None)) as socket:
            assert socket.status == "closed"

    async def test_polling_is_no_way_around(self, ann: httpx.AsyncClient) -> None:
        path = f"/_nicegui_ws/socket.io/?EIO=4&transport=polling&client_id={await page_of(ann)}"

        assert (await ann.get(path, headers={"Origin": "http://evil.example"})).status_code == 403
        assert (await ann.post(path, headers={"Origin": "http://evil.example"})).status_code == 403
        assert (await ann.get(path, headers={"Sec-Fetch-Site": "cross-site"})).status_code == 403
        assert (await ann.get(path, headers={"Origin": "http://test"})).status_code == 200


class TestBinding:
    async def test_a_page_is_worth_nothing_in_another_session(self, app: App, ann: httpx.AsyncClient, eve: httpx.AsyncClient) -> None:
        async with open_socket(app, client_id=await page_of(ann), headers=browser_headers(eve)) as socket:
            assert socket.status == "closed"

    async def test_nor_without_any(self, app: App, ann: httpx.AsyncClient, visitor: httpx.AsyncClient) -> None:
        async with open_socket(app, client_id=await page_of(ann), headers=browser_headers(visitor)) as socket:
            assert socket.status == "closed"

    async def test_a_socket_has_to_say_whose_it_is(self, app: App, ann: httpx.AsyncClient) -> None:
        async with open_socket(app, client_id=None, headers=browser_headers(ann)) as socket:
            assert socket.status == "closed"

    async def test_an_open_socket_can_not_shake_hands_for_another_page(
        self, app: App, ann: httpx.AsyncClient, eve: httpx.AsyncClient
    ) -> None:
        target = await page_of(ann)
        async with open_socket(app, client_id=await page_of(eve), headers=browser_headers(eve)) as socket:
            await socket.say('421["handshake",' + json.dumps({"client_id": target, "tab_id": "t", "document_id": "d"}) + "]")

            assert await socket.hear("431") == "431[false]"
        assert not Client.instances[target].has_socket_connection

    async def test_nor_speak_for_it(self, app: App, ann: httpx.AsyncClient, eve: httpx.AsyncClient) -> None:
        target = await page_of(ann)
        async with (
            open_socket(app, client_id=target, headers=browser_headers(ann)) as own,
            open_socket(app, client_id=await page_of(eve), headers=browser_headers(eve)) as foreign,
        ):
            heard, click = button_on(target)

            await foreign.emit("event", click)
            await asyncio.sleep(0.1)
            assert heard == []
            await own.emit("event", click)
            await eventually(lambda: heard == ["click"])

    async def test_uploads_of_a_page_are_bound_too(self, ann: httpx.AsyncClient, eve: httpx.AsyncClient) -> None:
        assert (await eve.post(f"/_nicegui/client/{await page_of(ann)}/upload/1")).status_code == 403


class TestEndOfASession:
    async def test_a_suspended_persons_page_is_sent_away_and_heard_no_more(self, app: App, ann: httpx.AsyncClient) -> None:
        client_id = await page_of(ann)
        user_id = Client.instances[client_id].request.state.user.id
        async with open_socket(app, client_id=client_id, headers=browser_headers(ann)) as socket:
            heard, click = button_on(client_id)

            await app.accounts.suspend(user_id)
            await socket.emit("event", click)

            assert "/login" in await socket.hear('42["open"')
            assert await socket.hear("1") == "1", "the server hung up"
            await socket.emit("event", click)
            await asyncio.sleep(0.1)
            assert heard == [], "whoever goes on speaking is not heard"
        await eventually(lambda: client_id not in Client.instances)
        assert (await ann.get(STUDIO)).headers["location"] == "/login?ended=1"

    async def test_logging_out_in_one_tab_closes_the_others(self, app: App, ann: httpx.AsyncClient) -> None:
        async with open_socket(app, client_id=await page_of(ann), headers=browser_headers(ann)) as socket:
            await ann.post("/auth/logout")

            assert "/login?ended=1" in await socket.hear('42["open"')

    async def test_another_device_stays(self, app: App, ann: httpx.AsyncClient) -> None:
        async with client_of(app) as phone:
            await phone.post("/auth/login", data={"email": "ann@example.com", "password": PASSWORD})
            client_id = await page_of(phone)
            async with open_socket(app, client_id=client_id, headers=browser_headers(phone)) as socket:
                await ann.post("/auth/logout")
                heard, click = button_on(client_id)
                await socket.emit("event", click)

                await eventually(lambda: heard == ["click"])

    async def test_a_session_that_ended_unheard_is_noticed_at_the_next_event(self, app: App, ann: httpx.AsyncClient) -> None:
        client_id = await page_of(ann)
        session_id = Client.instances[client_id].request.state.session.id
        async with open_socket(app, client_id=client_id, headers=browser_headers(ann)) as socket:
            heard, click = button_on(client_id)
            await app.db.write(lambda tx: tx.execute("DELETE FROM user_session"))
            app.accounts.sessions.forget(session_id)

            await socket.emit("event", click)

            assert "/login" in await socket.hear('42["open"')
            assert heard == []

    async def test_a_new_role_reloads_the_page(self, app: App, eve: httpx.AsyncClient) -> None:
        client_id = await page_of(eve)
        user_id = Client.instances[client_id].request.state.user.id
        async with open_socket(app, client_id=client_id, headers=browser_headers(eve)) as socket:
            await app.accounts.set_role(user_id, Role.ADMIN)

            assert await socket.hear('42["run_javascript"', about="history.go(0)")


class SlowSessions(Sessions):
    """Takes another time for every look, as a busy database does."""

    pauses = cycle((0.004, 0.0, 0.002, 0.0, 0.001))

    async def find(self, session_id: str) -> SessionView | None:
        await asyncio.sleep(next(self.pauses))
        return await super().find(session_id)


class TestOrder:
    @pytest.fixture(autouse=True)
    def pages(self, app: App) -> PageSessions:
        pages = PageSessions(sessions=SlowSessions(database=app.db, clock=app.backend.clock), bus=app.bus)
        pages.install()
        return pages

    async def test_no_message_of_a_socket_overtakes_another(self, app: App, ann: httpx.AsyncClient, pages: PageSessions) -> None:
        client_id = await page_of(ann)
        heard: list[str] = []
        async with open_socket(app, client_id=client_id, headers=browser_headers(ann)) as socket:
            with Client.instances[client_id]:
                box = ui.element().on("typed", lambda event: heard.append(event.args)).on("submit", lambda event: heard.append(event.args))
            said = []
            for number in range(90):
                for listener in box._event_listeners.values():
                    said.append(f"{listener.type} {number}")
                    message = {"client_id": client_id, "id": box.id, "listener_id": listener.id, "args": [json.dumps(said[-1])]}
                    await socket.emit("event", message)

            await eventually(lambda: len(heard) == 180)

        assert heard == said
        assert pages._lines == {}, "nothing is kept of a socket that is silent"

    async def test_a_socket_that_floods_a_slow_studio_is_closed(
        self, app: App, ann: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sockets, "MAX_WAITING", 10)
        client_id = await page_of(ann)
        async with open_socket(app, client_id=client_id, headers=browser_headers(ann)) as socket:
            heard, click = button_on(client_id)
            for _ in range(40):
                await socket.emit("event", click)

            assert await socket.hear("41") == "41", "the server hung up"
            assert len(heard) < 40


class TestManyPages:
    @pytest.fixture
    def two(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sockets, "MAX_SOCKETS", 2)

    @pytest.mark.usefixtures("two")
    async def test_one_more_than_a_person_may_have_is_refused_in_words_until_another_closes(
        self, app: App, ann: httpx.AsyncClient, eve: httpx.AsyncClient
    ) -> None:
        headers = browser_headers(ann)
        one_too_many = await page_of(ann)
        async with open_socket(app, client_id=await page_of(ann), headers=headers):
            async with open_socket(app, client_id=await page_of(ann), headers=headers) as second:
                assert second.status == "open"
                refused = await ann.get(STUDIO, headers={"Accept": "text/html"})
                assert (refused.status_code, "Close one" in refused.text) == (429, True)
                async with open_socket(app, client_id=one_too_many, headers=headers) as third:
                    assert third.status == "refused"
                assert (await eve.get(STUDIO)).status_code == 200, "others are not concerned"
            await eventually_status(ann, 200)

    @pytest.mark.usefixtures("two")
    async def test_sockets_of_one_page_count_one_by_one(self, app: App, ann: httpx.AsyncClient) -> None:
        async with open_socket(app, client_id=await page_of(ann), headers=browser_headers(ann)):
            page = await page_of(ann)
            async with (
                open_socket(app, client_id=page, headers=browser_headers(ann)),
                open_socket(app, client_id=page, headers=browser_headers(ann)) as again,
            ):
                assert again.status == "refused"

    def test_a_prompt_of_the_longest_kind_fits_into_one_message(self) -> None:
        prompt = "\x01" * 5_000
        message = {"client_id": "0" * 36, "id": 1, "listener_id": "0" * 36, "args": [json.dumps(prompt)]}

        assert len("42" + json.dumps(["event", message])) < sockets.MAX_MESSAGE_BYTES


async def eventually_status(person: httpx.AsyncClient, status: int) -> None:
    for _ in range(100):
        if (await person.get(STUDIO)).status_code == status:
            return
        await asyncio.sleep(0.03)
    raise AssertionError(f"it never became {status}")


class TestForgottenPages:
    async def test_a_page_that_nobody_connects_to_is_dropped_after_twenty_seconds(self, ann: httpx.AsyncClient) -> None:
        young, old = await page_of(ann), await page_of(ann)
        Client.instances[old].created -= 21

        await prune_pages()

        assert young in Client.instances
        assert old not in Client.instances
