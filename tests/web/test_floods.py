"""What one socket may say, over the app itself: as much as a page does, and no more."""

from __future__ import annotations

import json

import httpx
import pytest

from nyx.app import App
from nyx.web import floods
from nyx.web.floods import Floods
from nyx.web.sockets import MAX_MESSAGE_BYTES
from tests.support.clock import FakeClock
from tests.web.socket import Socket, browser_headers, open_socket
from tests.web.test_sockets import ann as ann
from tests.web.test_sockets import button_on, eventually, page_of


@pytest.fixture
def time(app: App) -> FakeClock:
    """That of the bounds alone, which stands still."""
    clock = FakeClock()
    Floods(clock=clock).install()
    return clock


async def hung_up(socket: Socket) -> bool:
    """Whether the server closes the websocket itself, and does not only ask for it."""
    return await socket.hear("nothing begins like this", timeout_s=5) == ""


class TestMessages:
    async def test_as_many_as_a_page_says_are_heard(self, app: App, ann: httpx.AsyncClient, time: FakeClock) -> None:
        client_id = await page_of(ann)
        async with open_socket(app, client_id=client_id, headers=browser_headers(ann)) as socket:
            heard, click = button_on(client_id)
            for so_far in (100, 200, 300, 400):
                for _ in range(100):
                    await socket.emit("event", click)
                await eventually(lambda so_far=so_far: len(heard) == so_far)
                time.advance(100 / floods.MESSAGES_PER_S)

    async def test_whoever_says_more_is_hung_up_on(self, app: App, ann: httpx.AsyncClient, time: FakeClock) -> None:
        client_id = await page_of(ann)
        async with open_socket(app, client_id=client_id, headers=browser_headers(ann)) as socket:
            for _ in range(floods.MESSAGES + 50):
                await socket.emit("nobody listens to this", {})

            assert await hung_up(socket)

    async def test_large_ones_count_by_their_size(self, app: App, ann: httpx.AsyncClient, time: FakeClock) -> None:
        client_id = await page_of(ann)
        largest = "42" + json.dumps(["event", {"client_id": client_id, "padding": "x" * (MAX_MESSAGE_BYTES - 200)}])
        async with open_socket(app, client_id=client_id, headers=browser_headers(ann)) as socket:
            for _ in range(floods.BYTES // MAX_MESSAGE_BYTES + 2):
                await socket.say(largest)

            assert await hung_up(socket)

    @pytest.mark.parametrize("announced", ['4599999999-["event",{"_placeholder":true,"num":0}]', "46", '4{"no": "text"}'])
    async def test_a_binary_message_of_endless_parts_is_none_of_ours(
        self, app: App, ann: httpx.AsyncClient, time: FakeClock, announced: str
    ) -> None:
        async with open_socket(app, client_id=await page_of(ann), headers=browser_headers(ann)) as socket:
            await socket.say(announced)

            assert await hung_up(socket)

    async def test_one_that_floods_takes_nothing_from_another(self, app: App, ann: httpx.AsyncClient, time: FakeClock) -> None:
        calm_page = await page_of(ann)
        async with (
            open_socket(app, client_id=calm_page, headers=browser_headers(ann)) as calm,
            open_socket(app, client_id=await page_of(ann), headers=browser_headers(ann)) as wild,
        ):
            for _ in range(floods.MESSAGES + 1):
                await wild.emit("nobody listens to this", {})
            assert await hung_up(wild)
            heard, click = button_on(calm_page)
            await calm.emit("event", click)
            await eventually(lambda: heard == ["click"])
