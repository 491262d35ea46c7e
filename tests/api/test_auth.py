"""The cookies that the forms set: what is in them, how they are guarded, and when they change."""

from __future__ import annotations

from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest

from nyx.app import App
from nyx.clock import SystemClock, SystemRandom
from nyx.web.cookies import Cookies
from nyx.web.flash import LASTS_S, Flash, FlashBox
from tests.support.app import PASSWORD, client_of, running_app
from tests.support.clock import FakeClock

FORM = {"email": "ann@example.com", "password": PASSWORD}


def cookies_of(answer: httpx.Response) -> SimpleCookie:
    found = SimpleCookie()
    for line in answer.headers.get_list("set-cookie"):
        found.load(line)
    return found


class TestSessionCookie:
    async def test_is_out_of_reach_of_scripts_and_other_sites(self, visitor: httpx.AsyncClient) -> None:
        cookie = cookies_of(await visitor.post("/auth/signup", data=FORM))["nyx"]

        assert (cookie["httponly"], cookie["samesite"].lower(), cookie["path"], cookie["domain"]) == (True, "lax", "/", "")
        assert len(cookie.value) >= 43  # 256 bits

    async def test_belongs_to_this_host_alone_over_https(self, tmp_path: Path) -> None:
        async with running_app(tmp_path, public_url="https://test") as app, client_of(app) as client:
            answer = await client.post("/auth/signup", data=FORM)

            cookies = cookies_of(answer)
            assert {"__Host-nyx", "__Host-nyx-device"} == set(cookies)
            assert all(cookie["secure"] and cookie["path"] == "/" for cookie in cookies.values())
            assert answer.headers["strict-transport-security"] == "max-age=31536000", "other hosts of the domain stay as they are"

    async def test_is_new_after_every_login_and_the_old_one_is_dead(self, app: App, visitor: httpx.AsyncClient) -> None:
        before = cookies_of(await visitor.post("/auth/signup", data=FORM))["nyx"].value

        after = cookies_of(await visitor.post("/auth/login", data=FORM))["nyx"].value

        assert before != after
        assert await app.accounts.resolve(before) is None
        assert await app.accounts.resolve(after)

    async def test_given_twice_counts_for_nobody(self, visitor: httpx.AsyncClient) -> None:
        mine = cookies_of(await visitor.post("/auth/signup", data=FORM))["nyx"].value
        visitor.cookies.clear()

        answer = await visitor.get("/studio/text-to-image", headers={"Cookie": f"nyx=planted; nyx={mine}"})

        assert answer.headers["location"] == "/login"

    async def test_goes_at_logout(self, visitor: httpx.AsyncClient) -> None:
        await visitor.post("/auth/signup", data=FORM)

        cookie = cookies_of(await visitor.post("/auth/logout"))["nyx"]

        assert (cookie.value, cookie["max-age"]) == ("", "0")


class TestKnownDevice:
    async def test_is_not_slowed_down_by_wrong_tries_elsewhere(self, app: App, visitor: httpx.AsyncClient) -> None:
        await visitor.post("/auth/signup", data=FORM)
        async with client_of(app) as attacker:
            for _ in range(7):
                last = await attacker.post("/auth/login", data={**FORM, "password": "not this one"})
            assert last.status_code == 429

        assert (await visitor.post("/auth/login", data=FORM)).headers["location"] == "/studio/text-to-image"

    @pytest.mark.parametrize("proof", ["", "x", "0" * 64])
    def test_can_not_be_made_up(self, proof: str) -> None:
        cookies = Cookies(is_https=False, secret=b"secret")
        scope = {"headers": [(b"cookie", f"nyx-device={proof}".encode())]}

        assert not cookies.is_known_device(scope, email="ann@example.com")


class TestFlashBox:
    def test_keeps_a_message_for_a_few_minutes(self, clock: FakeClock) -> None:
        box = FlashBox(clock=clock, random=SystemRandom())
        key = box.put(Flash("No.", "email", "ann@example.com"))

        assert box.get(key) == Flash("No.", "email", "ann@example.com")
        clock.advance(LASTS_S + 1)
        assert box.get(key) is None

    def test_never_grows_beyond_its_bound(self) -> None:
        box = FlashBox(clock=SystemClock(), random=SystemRandom())
        keys = [box.put(Flash("No.")) for _ in range(2_001)]

        assert box.get(keys[0]) is None
        assert box.get(keys[-1])
