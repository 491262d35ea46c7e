"""The whole application in this process, and people who use it through NiceGUI's simulated browser."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi.dependencies import models as fastapi_models
from nicegui import ui
from nicegui.functions.download import download
from nicegui.functions.navigate import Navigate
from nicegui.functions.notify import notify
from nicegui.testing import User
from nicegui.testing.general import nicegui_reset_globals

if TYPE_CHECKING:
    from nyx.app import App
    from nyx.clock import Clock, Random

BASE_URL = "http://test"
PASSWORD = "a quiet lantern 42"
MakeUser = Callable[..., Awaitable[User]]


class SimulatedUser(User):
    """NiceGUI's simulated browser, until it leaves.

    Reading any attribute of NiceGUI's own puts its functions into ``ui``: whatever is left of one test, a task or the garbage
    collector, would catch the next one's ``ui.navigate``.
    """

    has_left = False

    def __getattribute__(self, name: str) -> Any:
        if object.__getattribute__(self, "has_left"):
            return object.__getattribute__(self, name)
        return super().__getattribute__(name)


@asynccontextmanager
async def running_app(data_dir: Path, *, clock: Clock | None = None, random: Random | None = None, **settings: Any) -> AsyncIterator[App]:
    """The application as main.py builds it, started and finally stopped. NiceGUI's own fixture would skip everything but its pages."""
    from nyx.app import build
    from nyx.config import Settings

    _settle_heap()
    ours = {name: module for name, module in sys.modules.items() if name == "nyx" or name.startswith("nyx.")}
    with nicegui_reset_globals():
        os.environ["NICEGUI_USER_SIMULATION"] = "true"
        _forget_simulated_users()
        try:
            app = build(Settings(_env_file=None, data_dir=data_dir, **settings), clock=clock, random=random)
            async with app.web.router.lifespan_context(app.web):
                yield app
        finally:
            os.environ.pop("NICEGUI_USER_SIMULATION", None)
            _forget_simulated_users()
            _forget_routes()
    sys.modules.update(ours)  # NiceGUI forgets the modules of pages and their parents; ours register nothing when imported


@cache
def _settle_heap() -> None:
    """Once: NiceGUI collects garbage around every app, and need not walk through every module each time."""
    gc.collect()
    gc.freeze()


def _forget_routes() -> None:
    """FastAPI remembers thousands of route functions, and each holds its whole app."""
    for remembered in (
        fastapi_models._is_gen_callable_cached,
        fastapi_models._is_async_gen_callable_cached,
        fastapi_models._is_coroutine_callable_cached,
    ):
        remembered.cache_clear()


def _forget_simulated_users() -> None:
    """A simulated user puts functions of its own into NiceGUI, and they outlive it."""
    ui.navigate, ui.notify, ui.download = Navigate(), notify, download


@pytest.fixture
async def app(tmp_path: Path, sqlite_template: Path) -> AsyncIterator[App]:
    """The running application on a fresh SQLite file, with a sandbox that answers at once."""
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    shutil.copy(sqlite_template, data_dir / "nyx.sqlite3")
    async with running_app(data_dir, sandbox_image_latency_s=0, sandbox_video_latency_s=0, sandbox_jitter=0) as app:
        yield app


@pytest.fixture
async def visitor(app: App) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without an account, over HTTP."""
    async with client_of(app) as client:
        yield client


@pytest.fixture
async def make_user(app: App) -> AsyncIterator[MakeUser]:
    """``await make_user("a@example.com")`` signs that person up, or in when they exist; without an address it is a visitor."""
    async with AsyncExitStack() as stack:

        async def make(email: str | None = None, *, password: str = PASSWORD) -> User:
            client = await stack.enter_async_context(client_of(app))
            if email is not None:
                await sign_up_or_in(client, email=email, password=password)
            return stack.enter_context(simulated_user(client))

        yield make


@contextmanager
def simulated_user(client: httpx.AsyncClient) -> Iterator[User]:
    """A browser's other half on top of ``client``."""
    user = SimulatedUser(client)
    # NiceGUI looks three times within 0.3 s by default: too little for a busy machine.
    user.should_see = partial(user.should_see, retries=60)  # type: ignore[method-assign]
    try:
        yield user
    finally:
        user.has_left = True


def client_of(app: App) -> httpx.AsyncClient:
    """A browser's HTTP half, talking to the whole application."""
    # A form post from our own pages carries this header, and the guard asks for it.
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app.asgi, raise_app_exceptions=False), base_url=BASE_URL, headers={"Sec-Fetch-Site": "same-origin"}
    )


async def sign_up_or_in(client: httpx.AsyncClient, *, email: str, password: str) -> None:
    """Post the sign-up form; for an address that is taken, the login form. The session cookie stays in ``client``."""
    form = {"email": email, "password": password}
    for route in ("/auth/signup", "/auth/login"):
        response = await client.post(route, data=form)
        if response.status_code == 303 and client.cookies:
            return
    said = f"{response.status_code} {response.headers.get('location', '')} {response.text[:300]}"
    raise AssertionError(f"{email} can neither sign up nor log in: {said}")
